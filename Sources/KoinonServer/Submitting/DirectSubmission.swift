import HTTPTypes
import Hummingbird
import HummingbirdCore
import KoinonProtocol
import Logging
import NIOCore
import NIOHTTPTypes

/// Takes transactions that come one a request, in protobuf's form, right where they come in,
/// without a task that waits for each; everything else goes on to the router.
///
/// On a busy node nearly all requests are of this kind, and a task and the router's ways cost as
/// much as its signature (docs/decisions/051-one-transaction-a-request.md).
///
/// `@unchecked Sendable`: everything is touched on the connection's event loop alone.
final class DirectSubmission: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What all connections share.
    struct Service: Sendable {
        let routes: SubmitRoutes
        let passage: Passage
        let date = DateHeader()
    }

    private enum State {
        /// What comes goes on to the router, which owes so many answers.
        case passing(owed: Int)
        case reading(head: HTTPRequest, SubmissionOrder, body: ByteBuffer)
        /// For what becomes of the transaction.
        case waiting
    }

    /// What came while a transaction was waited for.
    private enum Held {
        case part(HTTPRequestPart)
        case event(Any)
        case error(any Error)
    }

    private let service: Service
    private var state = State.passing(owed: 0)
    private var context: ChannelHandlerContext?
    private var held: [Held] = []
    private var holdsRead = false

    init(_ service: Service) { self.service = service }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    private var isWaiting: Bool { if case .waiting = state { true } else { false } }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(unwrapInboundIn(data), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !isWaiting else { return held.append(.event(event)) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isWaiting else { return held.append(.error(error)) }
        context.fireErrorCaught(error)
    }

    /// A client that sends on without its answer is read no further.
    func read(context: ChannelHandlerContext) {
        if isWaiting, !held.isEmpty { holdsRead = true } else { context.read() }
    }

    private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.waiting, _):
            held.append(.part(part))
        case (.passing(let owed), .head(let head)):
            if owed == 0, let order = service.routes.directOrder(head) {
                state = .reading(head: head, order, body: ByteBuffer())
            } else {
                state = .passing(owed: owed + 1)
                context.fireChannelRead(wrapInboundOut(part))
            }
        case (.passing, _):
            context.fireChannelRead(wrapInboundOut(part))
        case (.reading(let head, let order, var body), .body(var bytes)):
            if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
            state = .reading(head: head, order, body: body)
        case (.reading(let head, let order, let body), .end):
            state = .waiting
            submit(Request(head: head, body: RequestBody(buffer: body)), body, order, context)
        case (.reading, .head):
            preconditionFailure("a request's end comes before the next one's head")
        }
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), case .passing(let owed) = state {
            state = .passing(owed: max(0, owed - 1))
        }
        context.write(data, promise: promise)
    }

    private func submit(
        _ request: Request, _ body: ByteBuffer, _ order: SubmissionOrder,
        _ context: ChannelHandlerContext
    ) {
        let start = ContinuousClock.now
        var requestContext = service.routes.directContext(context.channel)
        service.passage.name(request, &requestContext)
        let finish: @Sendable (Result<WholeAnswer, any Error>) -> Void = { [requestContext] in
            self.finish($0, request, requestContext, start)
        }
        do {
            try service.passage.admit(request, requestContext)
            try service.routes.submit(body, order, on: context.eventLoop, tell: finish)
        } catch {
            finish(.failure(error))
        }
    }

    private func finish(
        _ result: Result<WholeAnswer, any Error>, _ request: Request,
        _ requestContext: KoinonRequestContext, _ start: ContinuousClock.Instant
    ) {
        var answer: WholeAnswer
        do { answer = try result.get() } catch {
            answer = service.passage.problem(of: error, in: request, requestContext)
                .answer(requestID: requestContext.requestID)
        }
        service.passage.complete(&answer.head, to: request, requestContext, since: start)
        answer.head.headerFields[.date] = service.date.text
        // Nil when the connection has ended meanwhile.
        guard let context else { return }
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        goOn(context)
    }

    /// Turns to what came meanwhile.
    private func goOn(_ context: ChannelHandlerContext) {
        state = .passing(owed: 0)
        let came = held
        held = []
        for one in came {
            switch one {
            case .part(let part): take(part, context)
            case .event(let event): userInboundEventTriggered(context: context, event: event)
            case .error(let error): errorCaught(context: context, error: error)
            }
        }
        if !came.isEmpty { context.fireChannelReadComplete() }
        if holdsRead, held.isEmpty {
            holdsRead = false
            context.read()
        }
    }
}
