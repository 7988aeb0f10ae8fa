import Glibc

/// Why a node could not be asked through its socket, or could not open it.
public enum LocalSocketFault: Error, Equatable, CustomStringConvertible {
    case noNode(path: String)
    /// Another process answers on this socket.
    case inUse(path: String)
    case pathTooLong(path: String)
    case timedOut(waitingFor: String)
    /// The other side ended the connection in the middle.
    case closed
    case tooLarge(bytes: Int, limit: Int)
    case malformed(String)
    case system(operation: String, path: String, code: Int32)

    public var description: String {
        switch self {
        case .noNode(let path):
            "no node listens on \(path); start it with `koinon node --home DIR`"
        case .inUse(let path):
            "another node listens on \(path); stop it first, or use another --home"
        case .pathTooLong(let path):
            "the path of the socket, \(path), is longer than \(LocalAddress.pathMaximum) bytes; "
                + "use a shorter --home, for instance a symbolic link to it"
        case .timedOut(let what):
            "timed out waiting for \(what); see the node's log, and look up what you sent with "
                + "`koinon query transaction ID` before sending it again"
        case .closed:
            "the connection ended before the answer came; see the node's log, and look up what "
                + "you sent with `koinon query transaction ID` before sending it again"
        case .tooLarge(let bytes, let limit):
            "a message of \(bytes) bytes is more than the \(limit) that are taken; "
                + "send fewer transactions at a time"
        case .malformed(let problem):
            "the message is malformed: \(problem); use the same version of koinon on both sides"
        case .system(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code))); "
                + "check the path and its permissions"
        }
    }
}
