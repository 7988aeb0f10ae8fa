import Foundation
import KoinonNode
import SwiftProtobuf
import Synchronization

/// The servers of one etcd: asks one of them, and the next when it does not answer.
final class EtcdClient: Sendable {
    private struct State {
        var connections: [EtcdConnection]
        var current = 0
    }

    let endpoints: [String]
    private let state: Mutex<State>

    /// Attempts after which a call is given up: whoever calls says what is wrong, and may call
    /// again.
    private static let attemptsMinimum = 3
    /// What a server without a leader was asked is never answered, so short at first.
    private static let firstLimit = Duration.seconds(1)
    private static let longestLimit = Duration.seconds(8)
    /// What a call is given at first: several times what calls take, or a slow network would
    /// look like servers that do not answer, and each be left for the next.
    private let patience = Mutex(EtcdClient.firstLimit)

    /// - Parameter credentials: nil to speak without TLS.
    /// - Throws: ``HomeFault`` when the address or a file of it cannot be used.
    init(_ address: EtcdAddress, credentials: EtcdCredentials?) throws {
        try address.check()
        endpoints = address.endpoints
        let connections = try endpoints.map {
            try EtcdConnection(endpoint: $0, security: credentials?.security ?? .plaintext)
        }
        // Each until it is closed.
        for connection in connections { Task { await connection.run() } }
        state = Mutex(State(connections: connections))
    }

    convenience init(_ address: EtcdAddress, folder: URL) throws {
        try self.init(address, credentials: EtcdCredentials(of: address, in: folder))
    }

    /// The server that is asked now.
    var connection: EtcdConnection { state.withLock { $0.connections[$0.current] } }

    func close() {
        for connection in state.withLock({ $0.connections }) { connection.close() }
    }

    /// Goes on over the connections of another client to the same servers; its own end once
    /// what is asked over them is answered.
    func takeOver(_ other: EtcdClient) {
        let new = other.state.withLock { $0 }
        let old = state.withLock { state in
            defer { state = new }
            return state.connections
        }
        for connection in old { connection.close() }
    }

    /// The next server is asked from now on, unless another task has gone on already.
    func moveOn(from connection: EtcdConnection) {
        state.withLock { state in
            guard state.connections[state.current] === connection else { return }
            state.current = (state.current + 1) % state.connections.count
        }
    }

    /// Repeats what may succeed elsewhere or later, with growing pauses; only for calls that
    /// may be repeated.
    ///
    /// - Throws: ``EtcdFault``, `CancellationError`.
    func call<Request: Message, Response: Message>(
        _ method: EtcdMethod<Request, Response>, _ request: Request
    ) async throws -> Response {
        var reason = ""
        var limit = patience.withLock { $0 }
        let attempts = max(Self.attemptsMinimum, endpoints.count)
        for attempt in 0..<attempts {
            let connection = connection
            let begin = ContinuousClock.now
            do {
                let response = try await connection.call(method, request, within: limit)
                learn(begin.duration(to: .now))
                return response
            } catch {
                try Task.checkCancellation()
                switch EtcdVerdict(error) {
                case .final(let fault): throw fault
                case .transient(let text): reason = text
                }
                moveOn(from: connection)
                limit = min(limit * 2, Self.longestLimit)
                try await Task.sleep(for: Backoff.pause(afterFailures: attempt + 1))
            }
        }
        throw EtcdFault.unreachable(endpoints: endpoints, reason)
    }

    /// A call took so long.
    private func learn(_ elapsed: Duration) {
        patience.withLock { patience in
            patience = max(Self.firstLimit, elapsed * 4, patience * 0.9)
            patience = min(patience, Self.longestLimit)
        }
    }

    /// Of the server that is asked now.
    func status() async throws -> EtcdStatusResponse {
        try await call(.status, EtcdStatusRequest())
    }
}

/// Pauses between repetitions.
enum Backoff {
    private static let first = 50.0
    private static let longest = 2_000.0

    /// Twice as long each time, up to 2 s, and between half and all of that, so that those
    /// who failed together do not come back together.
    static func pause(afterFailures failures: Int) -> Duration {
        let whole = min(longest, first * Double(1 << min(max(failures - 1, 0), 10)))
        return .milliseconds(Int64(Double.random(in: whole / 2...whole)))
    }
}
