import NIOCore
import NIOPosix
import Testing

@testable import KoinonBench

@Suite("a load by HTTP")
struct LoadClientTests {
    @Test("goes on when the node closes connections", arguments: [nil, 2_000.0])
    func reopens(_ perSecond: Double?) async throws {
        let outcome = try await Self.load(
            of: 12, perSecond: perSecond, answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(outcome.latencies.count == 12)
    }

    @Test("ends when the node closes connections instead of answering")
    func noAnswer() async throws {
        await #expect(throws: BenchFault("the node closed a connection")) {
            try await Self.load(of: 12, answer: nil)
        }
    }

    @Test("ends when the node closes a connection inside an answer")
    func halfAnAnswer() async throws {
        await #expect(throws: BenchFault("the node closed a connection")) {
            try await Self.load(
                of: 12, answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        }
    }

    /// Sends requests over two connections to a server that closes each behind its first answer.
    @discardableResult
    private static func load(
        of count: Int, perSecond: Double? = nil, answer: String?
    ) async throws -> LoadDriver.Outcome {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(OneAnswer(answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await LoadClient(port: server.localAddress?.port ?? 0, connections: 2)
        let result: Result<LoadDriver.Outcome, any Error>
        do {
            result = .success(
                try await client.run(
                    .pages(of: ["/"], count: count, expected: "ok", perSecond: perSecond)))
        } catch {
            result = .failure(error)
        }
        try await client.close()
        try await server.close()
        return try result.get()
    }
}

/// Answers the first bytes that come, if at all, and closes the connection.
private final class OneAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String?

    init(answer: String?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let answer {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        }
        context.close(promise: nil)
    }
}
