/// Why a text is not the JSON form of a message: where, what, and what to write instead.
public struct JSONFormFault: Error, Equatable, CustomStringConvertible {
    /// From the outermost object inward, for instance "actions[0].money.transfer.to";
    /// empty for the text as a whole.
    public var path: String
    /// What is wrong, for instance "has 19 bytes".
    public var problem: String
    /// What to write instead.
    public var remedy: String

    public init(path: String, problem: String, remedy: String) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String {
        "\(path.isEmpty ? "the JSON text" : path) \(problem); \(remedy)"
    }
}

/// A place inside a JSON text, built while walking into it.
struct JSONPath: CustomStringConvertible {
    var description = ""

    func member(_ name: String) -> JSONPath {
        let shown = JSONText.short(name)
        return JSONPath(description: description.isEmpty ? shown : "\(description).\(shown)")
    }

    func element(_ index: Int) -> JSONPath {
        JSONPath(description: "\(description)[\(index)]")
    }

    func fault(_ problem: String, _ remedy: String) -> JSONFormFault {
        JSONFormFault(path: description, problem: problem, remedy: remedy)
    }
}
