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

    /// - Parameter next: the place of the first entry to come; what was logged before
    ///   is read from the store by the node when it starts.
    public init(next: OrderPosition) {
        state = Mutex(State(next: next))
        (stream, continuation) = AsyncThrowingStream.makeStream()
    }

    public func append(_ entries: [Envelope]) -> PendingAppend {
        let append = PendingAppend()
        let result = state.withLock { state -> Result<Void, any Error>? in
            if let failure = state.failure { return .failure(failure) }
            guard !entries.isEmpty else { return .success(()) }
            for envelope in entries {
                continuation.yield(OrderedEntry(position: state.next, envelope: envelope))
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
    public func entries(from position: OrderPosition) -> AsyncThrowingStream<
        OrderedEntry, any Error
    > {
        stream
    }

    /// Nothing to do: the log is part of the ledger's own file.
    public func trim(before position: OrderPosition) async throws {}

    /// Nothing to do: only this process appends.
    public func membersChanged(to members: [MemberID]) async throws {}

    /// Told by the committer: everything up to `position` is durable.
    func committed(through position: OrderPosition) {
        let done = state.withLock { state in
            let done = state.waiting.filter { $0.last <= position }
            state.waiting.removeAll { $0.last <= position }
            return done
        }
        for waiting in done { waiting.append.end(.success(())) }
    }

    /// Ends the order: nothing further is accepted, who waits gets `error`.
    func stop(_ error: any Error) {
        let left = state.withLock { state in
            state.failure = error
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in left { waiting.append.end(.failure(error)) }
        continuation.finish()
    }
}
