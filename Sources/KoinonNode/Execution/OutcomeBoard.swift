import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Synchronization

/// What became of a transaction.
public enum TransactionOutcome: Sendable {
    /// In a block, executed; the receipt's code is 0 or that of the rejection.
    case executed(Height, leaf: Int, Receipt)
    /// In an entry only, without effect.
    case ignored(Height, IgnoredReason)
    /// Expired before it found a place in a block.
    case expired
}

extension LedgerReader {
    /// What became of an executed transaction; nil when no block holds it.
    public func outcome(of id: Hash256) throws -> TransactionOutcome? {
        guard let location = try location(ofTransaction: id),
            let bytes = try result(at: location.height)
        else { return nil }
        let result = try BlockResult(serializedBytes: bytes)
        guard result.receipts.indices.contains(location.leaf) else {
            throw StoreFault.damaged(
                what: "the receipt of transaction \(id) is missing", height: location.height,
                cause: nil)
        }
        return .executed(location.height, leaf: location.leaf, result.receipts[location.leaf])
    }
}

/// Tells those who wait for transactions once the outcome is durable.
final class OutcomeBoard: Sendable {
    private typealias Waiter = CheckedContinuation<TransactionOutcome?, Never>
    private let waiters = Mutex<[Hash256: [Waiter]]>([:])

    var isEmpty: Bool { waiters.withLock { $0.isEmpty } }

    /// Waits; `start` runs once the waiting is set up, so that no outcome is missed,
    /// and may cancel it. Nil when cancelled or when the node stops first.
    func outcome(
        of id: Hash256, start: (_ cancel: () -> Void) -> Void
    ) async -> TransactionOutcome? {
        await withCheckedContinuation { waiter in
            waiters.withLock { $0[id, default: []].append(waiter) }
            start { self.cancel(id) }
        }
    }

    private func cancel(_ id: Hash256) {
        for waiter in waiters.withLock({ $0.removeValue(forKey: id) }) ?? [] {
            waiter.resume(returning: nil)
        }
    }

    func post(_ outcomes: [(Hash256, TransactionOutcome)]) {
        for (id, outcome) in outcomes {
            for waiter in waiters.withLock({ $0.removeValue(forKey: id) }) ?? [] {
                waiter.resume(returning: outcome)
            }
        }
    }

    /// Tells everyone that nothing more comes.
    func close() {
        for waiter in waiters.withLock({ all in
            defer { all = [:] }
            return all.values.flatMap { $0 }
        }) { waiter.resume(returning: nil) }
    }
}
