import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// Checked transactions that wait for a place in an entry, first come first served.
public final class Pool: Sendable {
    private let maximumCount: Int
    private let maximumBytes: Int

    private struct State {
        var waiting: [CheckedTransaction] = []
        var ids: Set<Hash256> = []
        var bytes = 0
    }

    private let state = Mutex(State())
    /// Woken when something comes in.
    let arrival = Signal()

    /// Bounds on what may wait; beyond them a node answers `poolFull`.
    public init(maximumCount: Int = 100_000, maximumBytes: Int = 256 * 1_048_576) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    public var count: Int { state.withLock { $0.waiting.count } }

    /// True also when it waits already: sending twice is harmless.
    func add(_ transaction: CheckedTransaction) -> Bool {
        let size = transaction.envelope.body.count + 96
        let added = state.withLock { state in
            if state.ids.contains(transaction.id) { return true }
            guard state.waiting.count < maximumCount, state.bytes + size <= maximumBytes else {
                return false
            }
            state.waiting.append(transaction)
            state.ids.insert(transaction.id)
            state.bytes += size
            return true
        }
        if added { arrival.wake() }
        return added
    }

    /// Takes what fits into one entry, in order.
    func take(maximumBytes: Int) -> [CheckedTransaction] {
        state.withLock { state in
            var taken = 0
            var size = 0
            while taken < state.waiting.count {
                let next =
                    state.waiting[taken].envelope.body.count + Proposer.transactionOverhead
                guard size + next <= maximumBytes else { break }
                size += next
                taken += 1
            }
            let transactions = Array(state.waiting.prefix(taken))
            state.waiting.removeFirst(taken)
            for transaction in transactions {
                state.ids.remove(transaction.id)
                state.bytes -= transaction.envelope.body.count + 96
            }
            return transactions
        }
    }
}
