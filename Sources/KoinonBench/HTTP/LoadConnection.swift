import NIOCore
import NIOPosix

/// One HTTP/1.1 connection of a benchmark, with one request under way at a time; opened anew
/// when the node has closed it, as it does with connections that nobody uses.
///
/// It reads no more of an answer than its status and its length, so that a benchmark measures
/// the node and not its own client.
///
/// `@unchecked Sendable`: everything is touched on the one event loop alone.
final class LoadConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Answer {
        var status: Int
        var body: ByteBuffer
    }

    private struct UnderWay {
        var request: ByteBuffer
        /// Once already, on a connection that the node closed.
        var wasSent = false
        var onAnswer: (Result<Answer, any Error>) -> Void
    }

    private let address: SocketAddress
    private let loop: any EventLoop
    private var context: ChannelHandlerContext?
    private var received = ByteBuffer()
    private var underWay: UnderWay?

    init(to address: SocketAddress, on loop: any EventLoop) {
        self.address = address
        self.loop = loop
    }

    func open() -> EventLoopFuture<Void> {
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(self)
                }
            }
            .connect(to: address).map { _ in }
    }

    func close() { context?.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        received.clear()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // Perhaps another one is open already.
        if self.context === context { self.context = nil }
    }

    /// - Parameter onAnswer: is called once, on the event loop.
    func send(_ request: ByteBuffer, onAnswer: @escaping (Result<Answer, any Error>) -> Void) {
        guard underWay == nil else {
            onAnswer(.failure(BenchFault("a connection has a request under way already")))
            return
        }
        underWay = UnderWay(request: request, onAnswer: onAnswer)
        write()
    }

    private func write() {
        guard let context else {
            open().whenComplete { result in
                switch result {
                case .success: self.write()
                case .failure(let error): self.finish(.failure(error))
                }
            }
            return
        }
        guard let request = underWay?.request else { return }
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        do {
            guard let answer = try whole() else { return }
            finish(.success(answer))
        } catch {
            finish(.failure(error))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost(context, BenchFault("the node closed a connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lost(context, error)
        context.close(promise: nil)
    }

    /// The node may close a connection at the very moment at which a request is sent on it:
    /// that one is sent again, once. A transaction that came twice is executed once.
    private func lost(_ context: ChannelHandlerContext, _ error: any Error) {
        guard self.context === context else { return }
        self.context = nil
        guard underWay?.wasSent == false, received.readableBytes == 0 else {
            return finish(.failure(error))
        }
        underWay?.wasSent = true
        write()
    }

    private func finish(_ result: Result<Answer, any Error>) {
        let answer = underWay?.onAnswer
        underWay = nil
        answer?(result)
    }

    /// The answer, once all of it is there.
    private func whole() throws -> Answer? {
        let head = received.withUnsafeReadableBytes { bytes -> (end: Int, length: Int?, Int)? in
            guard let end = ByteSearch.first(Self.headEnd, in: bytes), end >= 12 else { return nil }
            let head = bytes[..<(end + Self.headEnd.count)]
            return (head.count, Self.length(head), Self.number(bytes[9..<12]) ?? 0)
        }
        guard let (end, length, status) = head else { return nil }
        guard let length else {
            throw BenchFault("the node answered \(status) without a Content-Length")
        }
        guard received.readableBytes >= end + length else { return nil }
        received.moveReaderIndex(forwardBy: end)
        let body = received.readSlice(length: length) ?? ByteBuffer()
        return Answer(status: status, body: body)
    }

    private static let headEnd = Array("\r\n\r\n".utf8)

    private static func length(_ head: Slice<UnsafeRawBufferPointer>) -> Int? {
        let name: StaticString = "\r\ncontent-length:"
        let size = name.utf8CodeUnitCount
        var place = head.startIndex
        while place + size < head.endIndex {
            let isIt = (0..<size).allSatisfy {
                head[place + $0] | 0x20 == name.utf8Start[$0] | 0x20
            }
            if isIt { return number(head[(place + size)...]) }
            place += 1
        }
        return nil
    }

    /// The digits at the beginning, behind spaces.
    private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        let digits = text.drop { $0 == UInt8(ascii: " ") }
            .prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty || digits.count > 18
            ? nil : digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
