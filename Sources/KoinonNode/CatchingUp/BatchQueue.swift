import Dispatch
import KoinonStore
import Synchronization

/// Stores batches in their order, one while the next is made.
///
/// On a thread of its own, since waiting for the disk would hold one of the few that all
/// tasks share.
final class BatchQueue: Sendable {
    private let store: LedgerStore
    private let disk = DispatchQueue(label: "koinon.catching-up")
    private let underWay = Mutex<Task<Void, any Error>?>(nil)

    /// As many transactions wait for their rows by key, which are cheaper written together.
    private static let deferredMaximum = 131_072

    init(store: LedgerStore) { self.store = store }

    /// Takes a batch once the one before is durable.
    ///
    /// - Throws: the fault of the one before.
    func commit(_ batch: CommitBatch) async throws {
        try await wait()
        let store = store
        let defers = !batch.blocks.isEmpty && store.deferredTransactions < Self.deferredMaximum
        underWay.withLock { underWay in
            underWay = Task { [disk] in
                try await withCheckedThrowingContinuation { done in
                    disk.async {
                        done.resume(with: Result { try store.commit(batch, defersRows: defers) })
                    }
                }
            }
        }
    }

    /// Everything is durable on return, with its rows by key.
    func finish() async throws {
        try await wait()
        guard store.deferredTransactions > 0 else { return }
        try await commit(CommitBatch())
        try await wait()
    }

    private func wait() async throws {
        let task = underWay.withLock { $0.take() }
        try await task?.value
    }
}
