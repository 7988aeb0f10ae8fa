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
    private let engine: EmbeddedEngine
    private let outbox: AttestationOutbox
    private let outcomes: OutcomeBoard
    private let attester: Mutex<Attester>
    private let arrival: Signal

    init(
        store: LedgerStore, engine: EmbeddedEngine, outbox: AttestationOutbox,
        outcomes: OutcomeBoard, attester: Attester, arrival: Signal
    ) {
        self.store = store
        self.engine = engine
        self.outbox = outbox
        self.outcomes = outcomes
        self.attester = Mutex(attester)
        self.arrival = arrival
    }

    var finalHeight: Height { attester.withLock { $0.finality.finalHeight } }

    /// Signs and stores what the members hosted here have not signed so far: blocks that
    /// were closed before this node hosted one of them.
    ///
    /// - Throws: the store's fault.
    func signWhatIsLeft() throws {
        let attestations = attester.withLock { $0.sign() }
        guard !attestations.isEmpty else { return }
        try store.commit(CommitBatch(attestations: attestations))
        outbox.add(attestations.map(\.envelope.message))
    }

    /// Stores batch after batch until the executor ends.
    ///
    /// - Throws: the store's fault; nothing is acknowledged then.
    func run(_ input: BoundedQueue<ExecutedBatch>) async throws {
        while let batches = await input.drain(limit: 1) {
            for batch in batches { try commit(batch) }
        }
    }

    private func commit(_ batch: ExecutedBatch) throws {
        let (own, others) = try attester.withLock { attester in
            for closed in batch.blocks {
                attester.add(closed.block.header, judgedBy: closed.judges)
            }
            let own = attester.sign()
            let others = try batch.attestations.compactMap { signed in
                try attester.count(carried: signed) { try hash(at: $0) }
            }
            // A quorum that others completed may allow more.
            return (own + attester.sign(), others)
        }
        try store.commit(
            CommitBatch(
                log: batch.log,
                blocks: batch.blocks.map {
                    KoinonStore.ClosedBlock($0.block, closedAt: $0.closedAt)
                },
                attestations: own + others))
        outbox.add(own.map(\.envelope.message))
        engine.committed(through: batch.through)
        post(batch)
        if !own.isEmpty { arrival.wake() }
    }

    private func hash(at height: Height) throws -> Hash256? {
        try store.read { try $0.block(at: height)?.hash }
    }

    private func post(_ batch: ExecutedBatch) {
        guard !outcomes.isEmpty else { return }
        for closed in batch.blocks {
            let height = closed.block.header.height
            outcomes.post(closed.ignored.map { ($0.key, .ignored(height, $0.value)) })
            // Written by the machine a moment ago, so it decodes.
            guard let result = try? BlockResult(serializedBytes: closed.block.result) else {
                continue
            }
            outcomes.post(
                closed.block.transactions.map { transaction in
                    let receipt = result.receipts[transaction.leaf]
                    return (transaction.id, .executed(height, leaf: transaction.leaf, receipt))
                })
        }
    }
}
