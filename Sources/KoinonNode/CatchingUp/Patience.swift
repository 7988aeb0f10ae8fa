import KoinonProtocol
import Synchronization

/// How long a peer may take: some time without a byte, and some more for bytes that come
/// slowly. Only the time counts that is spent waiting for the peer.
final class Patience: Sendable {
    struct Limits: Sendable {
        /// Waiting that is allowed for each piece that is asked for, whatever comes.
        var base: Duration = .seconds(10)
        /// Bytes a second, on the average of a piece, below which a peer is too slow.
        var bytesPerSecond = 16_384
    }

    private struct State {
        var waited = Duration.zero
        var waitingSince: ContinuousClock.Instant?
        var bytes = 0
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(_ limits: Limits = Limits()) { self.limits = limits }

    /// The reading task asks for bytes now.
    func waits() { state.withLock { $0.waitingSince = .now } }

    /// So many came.
    func got(_ bytes: Int) {
        state.withLock { state in
            if let since = state.waitingSince { state.waited += since.duration(to: .now) }
            state.waitingSince = nil
            state.bytes += bytes
        }
    }

    /// A piece is whole: the next one has its own time.
    func pieceIsWhole() {
        state.withLock { state in
            state.waited = .zero
            state.bytes = 0
        }
    }

    private func isExhausted(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            let waited = state.waited + (state.waitingSince?.duration(to: now) ?? .zero)
            let earned = Duration.milliseconds(state.bytes * 1000 / max(limits.bytesPerSecond, 1))
            return waited > limits.base + earned
        }
    }

    /// Returns once the peer has used up its time.
    ///
    /// - Throws: `CancellationError`.
    private func untilExhausted() async throws {
        let pause = min(limits.base / 8, .milliseconds(500))
        while !isExhausted(at: .now) { try await Task.sleep(for: pause) }
    }

    private enum Ending { case read, exhausted }

    /// Gives each piece of a peer's answer to `body`, as long as the peer keeps up.
    ///
    /// - Parameter ask: sends the request.
    /// - Throws: ``PeerFault/Kind/stalled``, what `ask`, the answer or `body` throws.
    func read(
        of peer: String, _ ask: @escaping @Sendable () async throws -> PeerBytes,
        _ body: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask {
                self.waits()
                for try await piece in try await ask() {
                    self.got(piece.count)
                    try await body(piece)
                    self.waits()
                }
                return .read
            }
            group.addTask {
                try await self.untilExhausted()
                return .exhausted
            }
            // Whichever is left ends by its cancellation.
            defer { group.cancelAll() }
            if try await group.next() == .exhausted {
                throw PeerFault(peer: peer, kind: .stalled)
            }
        }
    }
}
