import HTTPTypes
import Hummingbird
import KoinonNode
import KoinonProtocol
import KoinonStore
import NIOCore

extension Problem {
    /// Every fault of every layer below, as what a client is told; the one place where this is
    /// decided. What is nobody's fault but the node's is told without its particulars: they
    /// stand in the log under the same request id.
    public init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let fault as JSONFormFault:
            self = .badField(
                fault.path.isEmpty ? "body" : fault.path, fault.problem, remedy: fault.remedy)
        case let fault as ProofMakingFault: self = Self.problem(of: fault)
        case StoreFault.notKept(let height, let base):
            self.init(
                status: .gone, code: "blockNotKept", title: "This node does not keep the block",
                detail: "block \(height): this node has whole blocks from \(base.next) on",
                remedy: "ask a node that keeps all blocks")
        case SnapshotFault.unknown(let height):
            self = .notFound(
                "a snapshot of block \(height)", remedy: "/v1/sync/snapshots names those there are")
        case is NIOTooManyBytesError: self = .bodyTooLarge
        case let error as HTTPError: self.init(error)
        case is NodeStopped, is CancellationError:
            self.init(
                status: .serviceUnavailable, code: "stopping", title: "The node is stopping",
                detail: "the node takes no more requests",
                remedy: "send it again once the node runs again, or to another node",
                retryAfter: 5)
        default:
            self.init(
                status: .internalServerError, code: "internal", title: "The node met a fault",
                detail: "the request was sound, the node could not answer it",
                remedy: "try again; if it stays, give the node's operator the request_id")
        }
    }

    private init(_ error: HTTPError) {
        let status = error.status
        let detail = error.body ?? status.reasonPhrase
        switch status {
        case .notFound:
            self.init(
                status: status, code: "noSuchPath", title: "Nothing is there",
                detail: "no such path", remedy: "see /openapi.yaml for what there is")
        case .contentTooLarge:
            self = .bodyTooLarge
        default:
            self.init(
                status: status, code: status.code < 500 ? "badRequest" : "internal",
                title: status.code < 500 ? "The request cannot be read" : "The node met a fault",
                detail: detail, remedy: "see /openapi.yaml for what this path takes")
        }
    }

    static let bodyTooLarge = Problem(
        status: .contentTooLarge, code: "bodyTooLarge", title: "The body is too large",
        detail: "the body of this request is larger than this path takes", field: "body",
        remedy: "send less at once; docs/http-api.md names the limits")

    private static func problem(of fault: ProofMakingFault) -> Problem {
        switch fault {
        case .unknownTransaction(let id):
            .notFound(
                "transaction \(id)", remedy: "check the id; it is 64 hexadecimal digits")
        case .notFinal(let height):
            Problem(
                status: .conflict, code: "notFinal", title: "Not final yet",
                detail: "block \(height): no quorum of members has signed it or a later one yet",
                remedy: "ask again in a moment", retryAfter: 1)
        case .unknownBlock(let height):
            .notFound(
                "block \(height)", remedy: "give heights up to the last block, and two ascending")
        case .present:
            Problem(
                status: .conflict, code: "present", title: "Something stands under this key",
                detail: "the absence of a key that is present cannot be proven",
                field: "expect", remedy: "ask for its presence, or leave expect out")
        case .absent:
            Problem(
                status: .conflict, code: "absent", title: "Nothing stands under this key",
                detail: "the presence of a key that is absent cannot be proven", field: "expect",
                remedy: "ask for its absence, or leave expect out")
        }
    }
}
