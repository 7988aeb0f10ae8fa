import KoinonLedger
import KoinonProtocol
import Synchronization

/// Order within one process: places are given in the order of calls, and the log is
/// a table of `ledger.sqlite`, committed together with the blocks that it closes.
///
/// One operator holds the keys of every member that is hosted here, and can order
/// and sign as it likes: good for one platform, a demonstration, a test.
public final class EmbeddedEngine: OrderingEngine {
    private struct Waiting {
        var last: OrderPosition
        var append: PendingAppend
    }

    private struct State {
        var next: OrderPosition
        var waiting: [Waiting] = []
        var failure: (any Error)?
    }

    private let state: Mutex<State>
    private let stream: AsyncThrowingStream<OrderedEntry, any Error>
    private let continuation: AsyncThrowingStream<OrderedEntry, any Error>.Continuation

    /// - Parameter last: the place of the last entry that was logged; the node reads it from
    ///   the store when it starts.
    public init(after last: OrderPosition) {
        state = Mutex(State(next: OrderPosition(rawValue: last.rawValue + 1)))
        (stream, continuation) = AsyncThrowingStream.makeStream()
    }

    public func append(_ entries: [SignedEntry]) -> PendingAppend {
        let append = PendingAppend()
        let result = state.withLock { state -> Result<Void, any Error>? in
            if let failure = state.failure { return .failure(failure) }
            guard !entries.isEmpty else { return .success(()) }
            for entry in entries {
                continuation.yield(
                    OrderedEntry(position: state.next, envelope: entry.envelope))
                state.next.rawValue += 1
            }
            let last = OrderPosition(rawValue: state.next.rawValue - 1)
            state.waiting.append(Waiting(last: last, append: append))
            return nil
        }
        if let result { append.end(result) }
        return append
    }

    /// The live order; there is one reader, the node of this process.
    public func entries(
        after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
    ) -> AsyncThrowingStream<OrderedEntry, any Error> {
        stream
    }

    /// Nothing to do: the log is part of the ledger's own file.
    public func mark(_ height: Height, among members: [MemberID]) async throws -> Height { height }

    /// Nothing to do, as with marks.
    public func trim(before position: OrderPosition) async throws {}

    /// Nothing to do: only this process appends.
    public func membersChanged(to members: [MemberID]) async throws {}

    public var report: EngineReport { EngineReport(name: "embedded") }

    public func stored(through position: OrderPosition) {
        let done = state.withLock { state in
            let done = state.waiting.filter { $0.last <= position }
            state.waiting.removeAll { $0.last <= position }
            return done
        }
        for waiting in done { waiting.append.end(.success(())) }
    }

    public func stop(_ error: any Error) {
        let left = state.withLock { state in
            state.failure = error
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in left { waiting.append.end(.failure(error)) }
        continuation.finish()
    }
}
