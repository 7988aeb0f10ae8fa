import KoinonProtocol

/// Why a text is no genesis document: where, what, and what to write instead.
public struct GenesisFault: Error, Equatable, CustomStringConvertible {
    /// From the outermost object inward, for instance "members[0].node_key"; empty for
    /// the document as a whole.
    public var path: String
    public var problem: String
    public var remedy: String
    /// As it was named; nil for a text that is in no file.
    public var file: String?

    public init(path: String, problem: String, remedy: String) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String {
        let start = "\(file ?? "the genesis document"): "
        return start + "\(path.isEmpty ? "the document" : path) \(problem); \(remedy)"
    }
}
