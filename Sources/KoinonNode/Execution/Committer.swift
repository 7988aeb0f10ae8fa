import Dispatch
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Synchronization

/// Signs closed blocks, stores them, and only then lets anybody know.
///
/// One SQLite transaction holds the entries, the blocks they closed, the changed
/// state and the attestations, so a crash leaves whole blocks with their signatures.
final class Committer: Sendable {
    private let store: LedgerStore
    private let engine: any OrderingEngine
    private let outbox: AttestationOutbox
    private let outcomes: OutcomeBoard
    private let attester: Mutex<Attester>
    private let pool: Pool
    private let progress: ProgressBoard
    let trimPoints = TrimPoints()
    /// A thread of its own, since waiting for the disk would hold one of the few that all
    /// tasks share.
    private let disk = DispatchQueue(label: "koinon.committer")
    /// When a batch last showed that much is going on.
    private let lastBusy = Mutex<ContinuousClock.Instant?>(nil)

    /// A batch of so many transactions shows that much is going on, and that rows may wait.
    private static let busyTransactions = 256
    /// Rows wait no longer after that.
    private static let patience = Duration.seconds(2)
    /// Transactions whose rows wait at most: after a crash they are executed again, within
    /// a few seconds.
    static let deferredTransactionsMaximum = 131_072

    init(
        store: LedgerStore, engine: any OrderingEngine, outbox: AttestationOutbox,
        outcomes: OutcomeBoard, attester: Attester, pool: Pool, progress: ProgressBoard
    ) {
        self.store = store
        self.engine = engine
        self.outbox = outbox
        self.outcomes = outcomes
        self.attester = Mutex(attester)
        self.pool = pool
        self.progress = progress
    }

    var finalHeight: Height { attester.withLock { $0.finality.finalHeight } }

    /// Signs and stores what the members hosted here have not signed so far: blocks that
    /// were closed before this node hosted one of them.
    ///
    /// - Throws: the store's fault.
    func signWhatIsLeft() throws {
        let step = attester.withLock { $0.sign() }
        guard !step.isEmpty else { return }
        try store.commit(CommitBatch(attestations: step.attestations))
        outbox.add(step.attestations.map(\.envelope.message))
    }

    /// Whether the rows of what is stored now may wait for more, which makes them cheaper
    /// while much is going on: one that comes from few customers is found at once.
    private func mayDefer(_ batch: ExecutedBatch) -> Bool {
        let now = ContinuousClock.now
        let isBusy = lastBusy.withLock { last in
            if batch.transactionCount >= Self.busyTransactions { last = now }
            return last.map { $0.duration(to: now) < Self.patience } ?? false
        }
        return isBusy
            && store.deferredTransactions + batch.transactionCount
                <= Self.deferredTransactionsMaximum
    }

    /// Writes rows that have waited long enough; for a clock that calls now and then.
    func writeWaitingRows() async throws {
        let isDue = lastBusy.withLock { $0.map { $0.duration(to: .now) >= Self.patience } ?? true }
        if isDue { try await writeRows() }
    }

    /// Writes rows that wait, if any do.
    func writeRows() async throws {
        guard store.deferredTransactions > 0 else { return }
        try await onDisk { try self.store.commit(CommitBatch()) }
    }

    private func onDisk(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { done in
            disk.async { done.resume(with: Result { try body() }) }
        }
    }

    /// Stores batch after batch until the executor ends; then nothing waits any more.
    ///
    /// - Throws: the store's fault; nothing is acknowledged then.
    func run(_ input: BoundedQueue<ExecutedBatch>) async throws {
        while let batches = await input.drain(limit: 1) {
            for batch in batches {
                try await onDisk { try self.commit(batch) }
            }
        }
        try await onDisk { try self.store.commit(CommitBatch()) }
    }

    private func commit(_ batch: ExecutedBatch) throws {
        let (step, others, elsewhere) = try attester.withLock { attester in
            for closed in batch.blocks {
                attester.add(closed.block.header, judgedBy: closed.judges)
            }
            var step = attester.sign()
            let others = try batch.attestations.compactMap { signed in
                try attester.count(carried: signed) { try hash(at: $0) }.stored
            }
            // A quorum that others completed may allow more.
            step.append(attester.sign())
            return (step, others, attester.finality.quorumElsewhere)
        }
        // Of a chain that is not the alliance's nothing is signed any more.
        let own = elsewhere == nil ? step.attestations : []
        try store.commit(
            CommitBatch(
                log: batch.log, orderedThrough: batch.through.rawValue,
                blocks: batch.blocks.map {
                    KoinonStore.ClosedBlock($0.block, closedAt: $0.closedAt)
                },
                attestations: own + others),
            defersRows: elsewhere == nil && mayDefer(batch))
        // Stored all the same: where it parts from the others' is to be found.
        if let elsewhere { throw elsewhere }
        outbox.add(own.map(\.envelope.message))
        // With an engine apart the entry has its place long before.
        if !own.isEmpty { pool.arrival.wake() }
        engine.stored(through: batch.through)
        post(batch)
        for closed in batch.blocks {
            let block = closed.block
            trimPoints.add(
                block.header.height, at: closed.orderedAt,
                bytes: block.entries.reduce(0) { $0 + $1.body.count })
            pool.settle(closed.block.transactions.lazy.map(\.id))
            pool.settle(closed.ignored.keys)
        }
        progress.post(
            ChainProgress(height: batch.blocks.last?.block.header.height, finalHeight: finalHeight))
    }

    private func hash(at height: Height) throws -> (hash: Hash256, epoch: UInt64)? {
        try store.read { try $0.block(at: height) }.map { ($0.hash, $0.header.epoch) }
    }

    private func post(_ batch: ExecutedBatch) {
        guard !outcomes.isEmpty else { return }
        for closed in batch.blocks {
            let height = closed.block.header.height
            outcomes.post(closed.ignored.map { ($0.key, .ignored(height, $0.value)) })
            outcomes.post(
                closed.block.transactions.map { transaction in
                    let receipt = closed.block.receipts[transaction.leaf]
                    return (transaction.id, .executed(height, leaf: transaction.leaf, receipt))
                })
        }
    }
}
