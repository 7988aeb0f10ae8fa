import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// HTTP/1.1 connections, in TLS when there are certificates, as many as are allowed.
struct LimitedChannel: ServerChildChannel {
    let base: HTTP1Channel
    let connections: ConnectionCounter
    let certificates: Certificates?
    let direct: DirectSubmission.Service

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let client = channel.remoteAddress?.client ?? "unknown"
        guard connections.open(client) else {
            // Nobody else closes a channel whose setup failed.
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        channel.closeFuture.whenComplete { _ in connections.close(client) }
        guard let certificates else { return setUpHTTP(channel, logger) }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: certificates.current))
        }.flatMap { setUpHTTP(channel, logger) }
    }

    private func setUpHTTP(
        _ channel: any Channel, _ logger: Logger
    ) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            // Behind what counts requests under way, before what hands them to the router.
            let counting = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            try pipeline.addHandler(DirectSubmission(direct), position: .after(counting))
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }

    struct TooManyConnections: Error {}
}

/// Open connections, over all and for each address.
final class ConnectionCounter: Sendable {
    private let limits: ServerConfiguration.Limits
    private let metrics: ServerMetrics
    private let open = Mutex<(all: Int, byClient: [String: Int])>((0, [:]))

    init(limits: ServerConfiguration.Limits, metrics: ServerMetrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// Counts one, unless there are too many.
    func open(_ client: String) -> Bool {
        let isOpen = open.withLock { open in
            let own = open.byClient[client] ?? 0
            guard limits.connections == 0 || open.all < limits.connections,
                limits.connectionsPerAddress == 0 || own < limits.connectionsPerAddress
            else { return false }
            open.all += 1
            open.byClient[client] = own + 1
            return true
        }
        if isOpen {
            metrics.openConnections.add(1, ordering: .relaxed)
        } else {
            metrics.requestsTurnedAway.add(1, ordering: .relaxed)
        }
        return isOpen
    }

    func close(_ client: String) {
        open.withLock { open in
            open.all -= 1
            let left = (open.byClient[client] ?? 1) - 1
            open.byClient[client] = left == 0 ? nil : left
        }
        metrics.openConnections.subtract(1, ordering: .relaxed)
    }
}
