import HTTPTypes
import Hummingbird
import KoinonNode
import KoinonProtocol
import KoinonStore
import NIOCore
import ServiceLifecycle

/// The ledger's events, live and from any height on.
struct EventRoutes {
    let context: ServerContext
    let blocks: EventBlocks

    init(context: ServerContext) {
        self.context = context
        blocks = EventBlocks(store: context.store)
    }

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/events") { try stream($0, $1) }
    }

    private func stream(
        _ request: Request, _ requestContext: KoinonRequestContext
    ) throws -> Response {
        let query = Query(request, requestContext)
        let start = try start(request, query)
        let base = try context.store.read { try $0.baseHeight() }
        if base > .genesis, start.height <= base {
            throw StoreFault.notKept(height: start.height, base: base)
        }
        let stream = EventStream(
            blocks: blocks, progress: context.node.progress, filter: try EventFilter(query),
            start: start, end: try query.height("until"),
            metrics: context.metrics)
        let metrics = context.metrics
        let most = context.configuration.limits.eventStreams
        guard metrics.openEventStreams.load(ordering: .relaxed) < most || most == 0 else {
            throw Problem(
                status: .serviceUnavailable, code: "tooManyStreams",
                title: "Too many streams are open",
                detail: "as many readers as are allowed follow the events",
                remedy: "come again later, or read /v1/blocks/HEIGHT/receipts", retryAfter: 10)
        }
        let channel = requestContext.channel
        let progress = context.node.progress.current
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store",
                .koinonHeight: "\(progress.height)",
                .koinonFinalHeight: "\(progress.finalHeight)",
            ],
            body: ResponseBody { writer in
                // Here, since a HEAD request has no body to write.
                metrics.openEventStreams.add(1, ordering: .relaxed)
                defer { metrics.openEventStreams.subtract(1, ordering: .relaxed) }
                try await request.body.consumeWithCancellationOnInboundClose { body in
                    // The request's end first. Work that is over before it was looked at is no
                    // harm on a connection; in the tests' own, where cancelling ends the parts
                    // without a fault, Hummingbird then stops the process.
                    for try await _ in body {}
                    try await withGracefulShutdownHandler {
                        // Reads blocks from the disk.
                        try await withTaskExecutorPreference(globalConcurrentExecutor) {
                            try await stream.run(&writer)
                        }
                    } onGracefulShutdown: {
                        stream.stop()
                        // A reader that takes nothing does not keep the node from stopping.
                        channel.eventLoop.scheduleTask(in: .seconds(2)) {
                            channel.close(promise: nil)
                        }
                    }
                }
                try await writer.finish(nil)
            })
    }

    /// After `Last-Event-ID`, or at the block `from`, or behind the last block.
    private func start(_ request: Request, _ query: Query) throws -> EventPosition {
        if let text = request.headers[.lastEventID] ?? query.text("last_event_id") {
            guard let start = EventPosition(behind: text) else {
                throw Problem.badField(
                    "Last-Event-ID", "\"\(text.prefix(80))\" is neither an event's id nor a height",
                    remedy: "give the last id of the stream, for instance 17.0.2 or 17")
            }
            return start
        }
        if let from = try query.height("from") { return EventPosition(height: from) }
        return EventPosition(height: context.node.progress.current.height.next)
    }
}
