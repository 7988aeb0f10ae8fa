import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// Checked transactions that wait for a place in an entry, first come first served.
public final class Pool: Sendable {
    /// As many may wait.
    public let maximumCount: Int
    private let maximumBytes: Int

    private struct State {
        /// From ``head`` on; those before are taken.
        var waiting: [CheckedTransaction] = []
        var head = 0
        /// Of those that wait, and of those taken whose outcome is not durable yet.
        var ids: Set<Hash256> = []
        var bytes = 0
        /// What comes in wakes nobody while fewer bytes wait.
        var worthwhileBytes = 0
    }

    private let state = Mutex(State())
    /// Woken when something comes in, and by whatever else the proposer has to look at.
    let arrival = Signal()

    /// Bounds on what may wait; beyond them a node answers `poolFull`.
    public init(maximumCount: Int = 100_000, maximumBytes: Int = 256 * 1_048_576) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    public var count: Int { state.withLock { $0.waiting.count - $0.head } }

    /// Those that wait, and those that were taken and are not settled.
    var unsettledCount: Int { state.withLock { $0.ids.count } }

    /// What waits, in bytes.
    var bytes: Int { state.withLock { $0.bytes } }

    /// How full it is, 0 to 100: what waits for an entry, by number or by bytes, whichever is
    /// nearer its limit. What was taken needs no room any more, and may come back beyond it.
    var percent: Int {
        state.withLock { state in
            min(
                100,
                max(
                    (state.waiting.count - state.head) * 100 / maximumCount,
                    state.bytes * 100 / maximumBytes))
        }
    }

    /// Adds what there is room for, in order; says of each whether it now waits, also when
    /// it did before: sending twice is harmless.
    func add(_ transactions: [CheckedTransaction]) -> [Bool] {
        let (added, wakes) = state.withLock { state in
            let added = transactions.map { transaction in
                if state.ids.contains(transaction.id) { return true }
                let size = transaction.envelope.body.count + 96
                guard state.waiting.count - state.head < maximumCount,
                    state.bytes + size <= maximumBytes
                else { return false }
                state.waiting.append(transaction)
                state.ids.insert(transaction.id)
                state.bytes += size
                return true
            }
            return (added, added.contains(true) && state.bytes >= state.worthwhileBytes)
        }
        if wakes { arrival.wake() }
        return added
    }

    /// Returns when ``arrival`` is woken; what comes in wakes it only once so many bytes wait.
    func untilWorthwhile(bytes: Int) async {
        state.withLock { $0.worthwhileBytes = bytes }
        await arrival.wait()
        state.withLock { $0.worthwhileBytes = 0 }
    }

    /// Whether it waits, or is taken and not settled.
    func holds(_ id: Hash256) -> Bool { state.withLock { $0.ids.contains(id) } }

    /// What became of these is known, or nothing will: they are forgotten.
    func settle(_ ids: some Sequence<Hash256>) {
        state.withLock { state in
            guard !state.ids.isEmpty else { return }
            for id in ids { state.ids.remove(id) }
        }
    }

    /// As if they had not been taken: they are the next.
    func putBack(_ transactions: [CheckedTransaction]) {
        state.withLock { state in
            state.waiting.replaceSubrange(0..<state.head, with: transactions)
            state.head = 0
            for transaction in transactions {
                state.ids.insert(transaction.id)
                state.bytes += transaction.envelope.body.count + 96
            }
        }
        if !transactions.isEmpty { arrival.wake() }
    }

    /// Takes what fits into one entry, in order; ``holds(_:)`` them until they are settled.
    func take(maximumBytes: Int) -> [CheckedTransaction] {
        state.withLock { state in
            var end = state.head
            var size = 0
            while end < state.waiting.count {
                let next = state.waiting[end].envelope.body.count + Proposer.transactionOverhead
                guard size + next <= maximumBytes else { break }
                size += next
                end += 1
            }
            let transactions = Array(state.waiting[state.head..<end])
            for transaction in transactions {
                state.bytes -= transaction.envelope.body.count + 96
            }
            state.head = end
            // What is taken goes when it is the larger part, so each is moved once or twice.
            if state.head * 2 >= state.waiting.count {
                state.waiting.removeFirst(state.head)
                state.head = 0
            }
            return transactions
        }
    }
}
