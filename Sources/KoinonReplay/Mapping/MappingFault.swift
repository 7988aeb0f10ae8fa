/// What is wrong with a mapping file, where in it, and what to do about it.
public struct MappingFault: Error, Hashable, Sendable, CustomStringConvertible {
    public var file: String
    /// The place within the file, for instance `columns.start`; empty for the whole.
    public var path: String
    /// One sentence or two, the remedy among them.
    public var message: String

    public init(file: String = "", path: String, message: String) {
        self.file = file
        self.path = path
        self.message = message
    }

    public var description: String {
        [file, path].filter { !$0.isEmpty }.joined(separator: ", ") + ": " + message
    }
}

extension MappingFault {
    /// What JSONDecoder found, in words that name the field and the remedy.
    init(_ error: DecodingError, document: String) {
        func path(_ keys: [any CodingKey]) -> String {
            keys.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(
                path: path(context.codingPath + [key]),
                message: "it is missing. \(document) lists what a mapping says.")
        case .valueNotFound(_, let context), .typeMismatch(_, let context):
            self.init(
                path: path(context.codingPath),
                message: "\(context.debugDescription) \(document) says what belongs here.")
        case .dataCorrupted(let context):
            let cause = context.underlyingError.map { " (\($0))" } ?? ""
            self.init(
                path: path(context.codingPath),
                message: "\(context.debugDescription)\(cause) Correct it there.")
        @unknown default:
            self.init(path: "", message: "\(error)")
        }
    }
}
