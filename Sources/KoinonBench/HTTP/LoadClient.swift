import Foundation
import KoinonLedger
import KoinonProtocol
import NIOCore
import NIOPosix

/// Requests of a benchmark, and what must come back.
struct LoadRequests: Sendable {
    /// The next request with head and body; nil when there is no more.
    var next: @Sendable () throws -> ByteBuffer?
    /// Bytes that the body of every answer has to contain.
    var expected: [UInt8]
    /// How often one is due, whether earlier ones have their answer or not; nil: each
    /// connection sends the next as soon as it has an answer.
    var perSecond: Double?

    /// - Parameter body: nil for a GET.
    static func request(_ path: String, body: [UInt8]? = nil) -> ByteBuffer {
        let method = body == nil ? "GET" : "POST"
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if let body {
            text += "Content-Type: application/x-protobuf\r\nContent-Length: \(body.count)\r\n"
        }
        var buffer = ByteBuffer(string: text + "\r\n")
        if let body { buffer.writeBytes(body) }
        return buffer
    }

    /// A transaction each, whose answer is to wait until it is durable.
    static func payments(
        perSecond: Double? = nil, _ next: @escaping @Sendable () throws -> Envelope?
    ) -> LoadRequests {
        LoadRequests(
            next: {
                try next().map {
                    request("/v1/transactions?wait=durable", body: $0.message.encoded)
                }
            }, expected: Array("\"status\":\"done\"".utf8), perSecond: perSecond)
    }

    static func pages(
        of paths: [String], count: Int, expected: String, perSecond: Double? = nil
    ) -> LoadRequests {
        let place = Counter()
        return LoadRequests(
            next: {
                let number = place.next()
                return number < count ? request(paths[number % paths.count]) : nil
            }, expected: Array(expected.utf8), perSecond: perSecond)
    }
}

/// Connections that send requests, all on one thread of their own: as wrk does, and unlike a
/// client that a program would use, they cost the cores that they share with the node little.
final class LoadClient: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private let connections: [LoadConnection]

    /// Opens all connections.
    init(port: Int, connections count: Int) async throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let loop = group.next()
        self.loop = loop
        connections = (0..<count).map { _ in LoadConnection(to: address, on: loop) }
        for connection in connections {
            try await loop.flatSubmit { connection.open() }.get()
        }
    }

    func close() async throws {
        try await loop.submit { [connections] in connections.forEach { $0.close() } }.get()
        try await group.shutdownGracefully()
    }

    /// Sends all requests and waits for all answers.
    ///
    /// - Returns: milliseconds until each answer, ascending; with a pace from when it was due.
    /// - Throws: ``BenchFault`` for an answer that is not as expected.
    func run(_ requests: LoadRequests) async throws -> LoadDriver.Outcome {
        let done = loop.makePromise(of: LoadDriver.Outcome.self)
        let run = LoadRun(requests, on: connections, loop: loop, done: done)
        loop.execute { run.begin() }
        return try await done.futureResult.get()
    }
}

/// One run of a ``LoadClient``.
///
/// `@unchecked Sendable`: everything behind `begin()` happens on the one event loop.
private final class LoadRun: @unchecked Sendable {
    private let requests: LoadRequests
    private let loop: any EventLoop
    private let done: EventLoopPromise<LoadDriver.Outcome>
    private var idle: [LoadConnection]
    private let connectionCount: Int
    private var latencies: [Double] = []
    private var start = NIODeadline.now()
    private var begun = 0
    private var isExhausted = false
    private var hasEnded = false
    private var pace: RepeatedTask?
    /// Due, and waiting for a connection: from `head` on.
    private var waiting: [(request: ByteBuffer, due: NIODeadline)] = []
    private var head = 0

    init(
        _ requests: LoadRequests, on connections: [LoadConnection], loop: any EventLoop,
        done: EventLoopPromise<LoadDriver.Outcome>
    ) {
        self.requests = requests
        self.loop = loop
        self.done = done
        idle = connections
        connectionCount = connections.count
    }

    func begin() {
        start = .now()
        if requests.perSecond != nil {
            pace = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { _ in
                self.addDue()
                self.dispatch()
            }
        } else {
            dispatch()
        }
    }

    private func addDue() {
        guard let perSecond = requests.perSecond else { return }
        let now = NIODeadline.now()
        while !isExhausted {
            let due = start + .nanoseconds(Int64(Double(begun) / perSecond * 1e9))
            guard due <= now else { return }
            guard let request = take() else { return }
            waiting.append((request, due))
        }
    }

    private func take() -> ByteBuffer? {
        do {
            if let request = try requests.next() {
                begun += 1
                return request
            }
            isExhausted = true
        } catch {
            end(.failure(error))
        }
        return nil
    }

    private func dispatch() {
        while !hasEnded, let connection = idle.last {
            let next: (request: ByteBuffer, due: NIODeadline)?
            if requests.perSecond != nil {
                next = head < waiting.count ? waiting[head] : nil
                if next != nil { head += 1 }
                if head == waiting.count {
                    waiting.removeAll(keepingCapacity: true)
                    head = 0
                }
            } else {
                next = isExhausted ? nil : take().map { ($0, .now()) }
            }
            guard let (request, due) = next else { break }
            idle.removeLast()
            connection.send(request) { result in
                self.answered(result, due: due)
                self.idle.append(connection)
                self.dispatch()
            }
        }
        if isExhausted, idle.count == connectionCount, waiting.isEmpty {
            end(.success(latencies))
        }
    }

    private func answered(_ result: Result<LoadConnection.Answer, any Error>, due: NIODeadline) {
        switch result {
        case .failure(let error): end(.failure(error))
        case .success(let answer):
            guard answer.status == 200, contains(answer.body, requests.expected) else {
                let text = String(buffer: answer.body).prefix(500)
                end(.failure(BenchFault("the node answered \(answer.status): \(text)")))
                return
            }
            latencies.append(Double((NIODeadline.now() - due).nanoseconds) / 1e6)
        }
    }

    private func contains(_ buffer: ByteBuffer, _ bytes: [UInt8]) -> Bool {
        buffer.withUnsafeReadableBytes { ByteSearch.first(bytes, in: $0) != nil }
    }

    private func end(_ result: Result<[Double], any Error>) {
        guard !hasEnded else { return }
        hasEnded = true
        pace?.cancel()
        done.completeWith(
            result.map { latencies in
                let nanoseconds = (NIODeadline.now() - start).nanoseconds
                return LoadDriver.Outcome(
                    elapsed: .nanoseconds(nanoseconds), latencies: latencies.sorted())
            })
    }
}
