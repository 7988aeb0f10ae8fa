import GRPCCore

/// What etcd refused, or that it cannot be reached; says what to do.
public enum EtcdFault: Error, Equatable, CustomStringConvertible {
    /// No server answered, each tried several times.
    case unreachable(endpoints: [String], String)
    /// The certificate's name has no role for this.
    case denied(String)
    /// The servers' space is used up: they take nothing more until somebody makes room.
    case outOfSpace
    /// The history before `revision` is gone. Readers begin anew with what is there.
    case compacted
    /// Something else that a repetition does not mend.
    case refused(String)

    public var description: String {
        switch self {
        case .unreachable(let endpoints, let reason):
            "etcd: none of \(endpoints.joined(separator: ", ")) answers (\(reason)); see that a majority of the servers run, and that node.json names them"
        case .denied(let reason):
            "etcd: \(reason); the name in this node's certificate needs the role of its member: etcd's operator gives it as docs/operate.md says. Was the member expelled while its node was away? Then stop the node for good, or let it serve what other members' nodes have: name them as peers in node.json and start it again"
        case .outOfSpace:
            "etcd: its space is used up (NOSPACE); compact, defragment and disarm the alarm as docs/operate.md says"
        case .compacted: "etcd: the history that was asked for is compacted"
        case .refused(let reason): "etcd: \(reason)"
        }
    }
}

/// What to do about an error of a call.
enum EtcdVerdict: Equatable {
    /// Another server, or the same a little later, may well answer.
    case transient(String)
    case final(EtcdFault)

    init(_ error: any Error) {
        guard let error = error as? RPCError else {
            self = .transient("\(error)")
            return
        }
        switch error.code {
        case .permissionDenied, .unauthenticated:
            self = .final(.denied(error.message))
        case .outOfRange where error.message.contains("compacted"):
            self = .final(.compacted)
        case .resourceExhausted where error.message.contains("space exceeded"):
            self = .final(.outOfSpace)
        case .invalidArgument where error.message.contains("revision of auth store is old"):
            self = .transient(error.message)
        case .invalidArgument, .unimplemented, .failedPrecondition:
            self = .final(.refused(error.message))
        default: self = .transient(error.message)
        }
    }
}
