import NIOCore
import NIOPosix
import Synchronization

/// Carries bytes between clients and one server, each way as late as the test wants; not every
/// kernel can delay packets.
final class DelayRelay: Sendable {
    private let delay = Delay()
    private let listener: any Channel

    struct Address: Sendable {
        var host: String
        var port: Int
    }

    /// Listens at one address of this machine for the server at another one.
    init(at address: Address, for server: Address) async throws {
        let delay = delay
        listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .connect(host: server.host, port: server.port)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(
                            DelayedPipe(to: server, delay))
                        try server.pipeline.syncOperations.addHandler(
                            DelayedPipe(to: client, delay))
                        for channel in [client, server] {
                            try channel.syncOptions?.setOption(.autoRead, value: true)
                        }
                    }
            }
            .bind(host: address.host, port: address.port).get()
    }

    deinit { listener.close(promise: nil) }

    /// What is sent from now on takes so much longer, each way.
    func set(_ delay: Duration) {
        let (seconds, atto) = delay.components
        self.delay.nanoseconds.store(
            seconds * 1_000_000_000 + atto / 1_000_000_000, ordering: .relaxed)
    }
}

private final class Delay: Sendable {
    let nanoseconds = Atomic<Int64>(0)
}

/// One direction of a connection.
private final class DelayedPipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: any Channel
    private let delay: Delay
    /// Nothing overtakes what was sent before.
    private var last = NIODeadline.now()

    init(to target: any Channel, _ delay: Delay) {
        self.target = target
        self.delay = delay
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        later { $0.writeAndFlush(bytes, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        later { $0.close(promise: nil) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func later(_ body: @escaping @Sendable (any Channel) -> Void) {
        last = max(last, .now() + .nanoseconds(delay.nanoseconds.load(ordering: .relaxed)))
        target.eventLoop.scheduleTask(deadline: last) { [target] in body(target) }
    }
}
