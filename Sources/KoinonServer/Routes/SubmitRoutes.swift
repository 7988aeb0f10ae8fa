import HTTPTypes
import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol
import NIOCore

/// Takes signed transactions.
struct SubmitRoutes {
    let context: ServerContext
    /// Of one request that is not streamed.
    static let most = 1_000

    func add(to router: Router<KoinonRequestContext>) {
        router.post("/v1/transactions") { try await submit($0, $1) }
        router.post("/v1/transactions/bulk") { try await submitMany($0, $1) }
    }

    private var submitter: Submitter {
        Submitter(node: context.node, metrics: context.metrics)
    }

    /// What the query says about waiting.
    private func waiting(_ query: Query) throws -> (Waiting, Duration) {
        let longest = context.configuration.limits.waitMilliseconds
        let limit = try query.number("timeout_ms", 0...longest, default: min(10_000, longest))
        return (try query.choice("wait", default: .none), .milliseconds(limit))
    }

    private func submit(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) async throws -> Response {
        let query = Query(request, requestContext)
        let (waiting, limit) = try waiting(query)
        let type = try ContentKind(request)
        let (isOne, envelopes) = try await context.bodies.collect(
            request, requestContext, upTo: context.configuration.limits.bodyBytes
        ) { bytes in
            switch type {
            case .protobuf: (true, [try SubmissionForm.message(Array(buffer: bytes))])
            case .json: try SubmissionForm.json(bytes, maximum: Self.most)
            }
        }
        let verdicts = try await submitter.submit(envelopes, waiting: waiting, limit: limit)
        if verdicts.allSatisfy(\.isPoolFull) { throw Problem.poolFull }
        let progress = context.node.progress.current
        let isOpen = verdicts.contains { verdict in
            verdict.status == .pending
                || waiting == .final && (verdict.height.map { $0 > progress.finalHeight } ?? false)
        }
        let values = verdicts.map {
            $0.value(finalHeight: progress.finalHeight, showsReceipt: waiting != .none)
        }
        let answer: JSONValue =
            isOne
            ? values[0]
            : ["height": .number(progress.height.rawValue), "transactions": .array(values)]
        return Answer.json(answer, status: isOpen ? .accepted : .ok)
    }

    /// Reads length-delimited `Signed` messages and answers a line of JSON for each, in their
    /// order, while the request is still being read.
    private func submitMany(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) async throws -> Response {
        let query = Query(request, requestContext)
        let (waiting, limit) = try waiting(query)
        guard try ContentKind(request) == .protobuf else { throw ContentKind.unsupported }
        let stream = BulkSubmission(
            submitter: submitter, waiting: waiting, limit: limit, memory: context.bodies,
            client: requestContext.client, requestID: requestContext.requestID)
        let body = request.body
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await stream.run(body, writer: &writer)
                try await writer.finish(nil)
            })
    }
}

/// In which form a request's body comes.
enum ContentKind {
    case protobuf, json

    static let unsupported = Problem(
        status: .unsupportedMediaType, code: "unsupportedMediaType",
        title: "The body is of another type",
        detail: "Content-Type names no form that this path takes", field: "Content-Type",
        remedy: "use application/x-protobuf, or application/json where the path takes it")

    /// - Throws: ``unsupported``.
    init(_ request: Request) throws {
        let text = request.headers[.contentType] ?? ""
        switch text.prefix(while: { $0 != ";" }).lowercased() {
        case "application/x-protobuf", "application/protobuf", "application/octet-stream":
            self = .protobuf
        case "application/json": self = .json
        default: throw Self.unsupported
        }
    }
}

extension Problem {
    static let poolFull = Problem(
        status: .serviceUnavailable, code: "poolFull", title: "The pool is full",
        detail: "more transactions wait for a block than the node keeps",
        remedy: "send the same bytes again after the seconds of Retry-After", retryAfter: 1)
}
