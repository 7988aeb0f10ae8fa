import HTTPTypes
import Hummingbird
import HummingbirdCore
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

    private func order(_ query: Query) throws -> SubmissionOrder {
        try SubmissionOrder(query, longest: context.configuration.limits.waitMilliseconds)
    }

    private func submit(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) async throws -> Response {
        let order = try order(Query(request, requestContext))
        let type = try ContentKind(request)
        let (isOne, envelopes) = try await context.bodies.collect(
            request, requestContext, upTo: context.configuration.limits.bodyBytes
        ) { bytes in
            switch type {
            case .protobuf: (true, [try SubmissionForm.message(Array(buffer: bytes))])
            case .json: try SubmissionForm.json(bytes, maximum: Self.most)
            }
        }
        let verdicts = try await submitter.submit(
            envelopes, waiting: order.waiting, limit: order.limit)
        return try answer(verdicts, isOne: isOne, order.waiting).response
    }

    /// - Throws: ``Problem/poolFull`` when nothing was taken for that reason.
    private func answer(
        _ verdicts: [Verdict], isOne: Bool, _ waiting: Waiting
    ) throws(Problem) -> WholeAnswer {
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
            : .answer(
                at: progress.height, final: progress.finalHeight,
                [("transactions", .array(values))])
        return WholeAnswer(answer, status: isOpen ? .accepted : .ok)
    }

    /// Reads length-delimited `Signed` messages and answers a line of JSON for each, in their
    /// order, while the request is still being read.
    private func submitMany(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) async throws -> Response {
        let order = try order(Query(request, requestContext))
        guard try ContentKind(request) == .protobuf else { throw ContentKind.unsupported }
        let stream = BulkSubmission(
            submitter: submitter, waiting: order.waiting, limit: order.limit,
            memory: context.bodies,
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

/// For ``DirectSubmission``.
extension SubmitRoutes {
    private static let path = "/v1/transactions"

    /// How a request wants to be answered that is one transaction in protobuf's form and may be
    /// answered without a task; nil for all others, also those that are wrong.
    func directOrder(_ head: HTTPRequest) -> SubmissionOrder? {
        guard head.method == .post, head.path?.hasPrefix(Self.path) == true else { return nil }
        let (uri, headers) = (URI(head.path ?? ""), head.headerFields)
        let most = min(BodyMemory.freeBytes, context.configuration.limits.bodyBytes)
        guard uri.path == Self.path, QueryNames.unknown(in: uri, at: Self.path) == nil,
            headers[.contentType] == "application/x-protobuf",
            let length = headers[.contentLength].flatMap({ Int($0) }), length <= most,
            headers[.connection] != "close", headers[.expect] == nil,
            let order = try? order(Query(uri)), order.waiting != .final
        else { return nil }
        return order
    }

    func directContext(_ channel: any Channel) -> KoinonRequestContext {
        let context = KoinonRequestContext(
            source: .init(channel: channel, logger: context.logger))
        context.coreContext.endpointPath.value = Self.path
        return context
    }

    /// - Parameter tell: is called once, on the event loop.
    /// - Throws: what is wrong with the body; then nobody is told.
    func submit(
        _ body: ByteBuffer, _ order: SubmissionOrder, on loop: any EventLoop,
        tell: @escaping @Sendable (Result<WholeAnswer, any Error>) -> Void
    ) throws {
        let envelope = try SubmissionForm.message(Array(buffer: body))
        submitter.submit(
            envelope, waits: order.waiting != .none, limit: order.limit, on: loop
        ) { verdict in
            tell(Result { try answer([verdict], isOne: true, order.waiting) })
        }
    }
}

/// What a request's query says about waiting.
struct SubmissionOrder: Sendable {
    var waiting: Waiting
    var limit: Duration

    /// - Parameter longest: milliseconds that a client may wait.
    /// - Throws: ``Problem``.
    init(_ query: Query, longest: Int) throws {
        let milliseconds = try query.number(
            "timeout_ms", 0...longest, default: min(10_000, longest))
        limit = .milliseconds(milliseconds)
        waiting = try query.choice("wait", default: .none)
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
