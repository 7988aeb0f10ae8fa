/// Why a node gave no answer that can be used; says what to do.
public enum NodeClientFault: Error, CustomStringConvertible {
    /// The text is no address of a node.
    case badAddress(String)
    /// No file in the home names a running node.
    case notRunning(home: String)
    /// Nobody answers there.
    case unreachable(String, cause: any Error)
    /// The node says no, as problem details.
    case problem(NodeProblem)
    /// The answer has another form than this client knows.
    case badAnswer(String)

    public var description: String {
        switch self {
        case .badAddress(let text):
            "\"\(text)\" is no address of a node; give one such as http://127.0.0.1:8080"
        case .notRunning(let home):
            "no node runs on \(home); start it with `koinon node --home \(home)`, or name one with --node"
        case .unreachable(let address, let cause):
            "no node answers at \(address) (\(Self.reason(cause))); is it running?"
        case .problem(let problem): problem.description
        case .badAnswer(let what):
            "the node's answer cannot be read (\(what)); is there a node at this address, and is it of this version?"
        }
    }

    /// The usual causes of no answer in words; the others' as they are.
    package static func reason(_ cause: any Error) -> String {
        let text = "\(cause)"
        return text.contains("onnection refused") ? "nobody listens there" : text
    }
}

/// Problem details of a node (RFC 9457).
public struct NodeProblem: Hashable, Sendable, Decodable, CustomStringConvertible {
    public var status: Int
    public var code: String
    public var title: String
    public var detail: String
    public var field: String?
    public var remedy: String
    public var requestID: String?

    enum CodingKeys: String, CodingKey {
        case status, code, title, detail, field, remedy
        case requestID = "request_id"
    }

    public var description: String {
        "\(code): \(detail); \(remedy)\(requestID.map { " (request \($0))" } ?? "")"
    }
}
