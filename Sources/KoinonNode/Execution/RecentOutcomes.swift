import KoinonLedger
import KoinonProtocol
import Synchronization

/// What became of transactions that no block executed: they leave no trace on the ledger, so
/// whoever asks later would not learn why. The last ones are remembered, until the node stops.
final class RecentOutcomes: Sendable {
    private struct State {
        var outcomes: [Hash256: TransactionOutcome] = [:]
        /// A ring of their ids in the order of their coming; `next` is overwritten next.
        var order: [Hash256] = []
        var next = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// About 150 bytes each.
    static let standardCapacity = 65_536

    init(capacity: Int = standardCapacity) { self.capacity = capacity }

    /// Takes those that are ignored or expired; a later one of the same id counts.
    func add(_ outcomes: [(Hash256, TransactionOutcome)]) {
        let kept = outcomes.filter { _, outcome in
            switch outcome {
            case .executed: false
            case .ignored, .expired: true
            }
        }
        guard !kept.isEmpty else { return }
        state.withLock { state in
            for (id, outcome) in kept {
                guard state.outcomes.updateValue(outcome, forKey: id) == nil else { continue }
                if state.order.count < capacity {
                    state.order.append(id)
                } else {
                    state.outcomes[state.order[state.next]] = nil
                    state.order[state.next] = id
                    state.next = (state.next + 1) % capacity
                }
            }
        }
    }

    func outcome(of id: Hash256) -> TransactionOutcome? { state.withLock { $0.outcomes[id] } }
}
