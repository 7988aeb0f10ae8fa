/// Why a node.json cannot be taken: where, what, and what to write instead.
public struct NodeFileFault: Error, CustomStringConvertible {
    public var file: String
    /// From the outermost object inward, for instance "engine.etcd.endpoints".
    public var field: String
    public var problem: String
    public var remedy: String

    public var description: String { "\(file): \(field) \(problem); \(remedy)" }

    init(_ error: DecodingError, file: String) {
        let path: [any CodingKey]
        switch error {
        case .keyNotFound(let key, let context):
            (path, problem) = (context.codingPath + [key], "is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            (path, problem) = (context.codingPath, "has another form")
        case .dataCorrupted(let context):
            path = context.codingPath
            problem = path.isEmpty ? "is no JSON" : "is none of its values"
        @unknown default: (path, problem) = ([], "cannot be taken")
        }
        self.file = file
        field =
            path.isEmpty
            ? "the file"
            : path.reduce("") { text, key in
                if let index = key.intValue { return "\(text)[\(index)]" }
                return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
            }
        remedy = "\(Self.form(of: path.first?.stringValue)) (docs/formats/home.md)"
    }

    /// What a field takes.
    private static func form(of field: String?) -> String {
        switch field {
        case "hosts": "give a list of members' names, for instance [\"harbour\"], or [] for none"
        case "clock": "write \"system\" or \"after-last-block\""
        case "engine":
            "write {\"etcd\": {\"endpoints\": [\"10.0.0.5:2379\"]}}, or leave it out"
        case "peers":
            "give a list of addresses, for instance [\"http://10.0.0.5:8080\"], or leave it out"
        default: "write {\"hosts\": [\"harbour\"], \"clock\": \"system\"}, or copy it from a backup"
        }
    }
}
