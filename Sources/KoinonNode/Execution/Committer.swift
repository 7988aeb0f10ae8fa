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
    private let attester: Attester
    private let finality: Mutex<Finality>
    private let arrival: Signal

    init(
        store: LedgerStore, engine: EmbeddedEngine, outbox: AttestationOutbox,
        outcomes: OutcomeBoard, attester: Attester, finality: Finality, arrival: Signal
    ) {
        self.store = store
        self.engine = engine
        self.outbox = outbox
        self.outcomes = outcomes
        self.attester = attester
        self.finality = Mutex(finality)
        self.arrival = arrival
    }

    var finalHeight: Height { finality.withLock { $0.finalHeight } }

    /// Stores batch after batch until the executor ends.
    ///
    /// - Throws: the store's fault; nothing is acknowledged then.
    func run(_ input: BoundedQueue<ExecutedBatch>) async throws {
        while let batches = await input.drain(limit: 1) {
            for batch in batches { try commit(batch) }
        }
    }

    private func commit(_ batch: ExecutedBatch) throws {
        let attestations = finality.withLock { finality in
            for signed in batch.attestations { count(signed, in: &finality) }
            return batch.blocks.flatMap { attest($0, in: &finality) }
        }
        try store.commit(
            CommitBatch(
                log: batch.log,
                blocks: batch.blocks.map {
                    KoinonStore.ClosedBlock($0.block, closedAt: $0.closedAt)
                },
                attestations: attestations.map {
                    StoredAttestation(height: $0.height, member: $0.member, envelope: $0.envelope)
                }))
        outbox.add(attestations.map(\.envelope.message))
        engine.committed(through: batch.through)
        post(batch)
        if !attestations.isEmpty { arrival.wake() }
    }

    /// Our own were counted when they were made; what others' say counts wherever it is seen.
    private func count(_ signed: Signed, in finality: inout Finality) {
        guard let envelope = try? Envelope(signed),
            let attestation = try? AttestationBody(strict: envelope.body),
            let hash = Hash256(attestation.blockHash),
            let member = finality.awaited(
                envelope.publicKey, at: Height(attestation.height), hash: hash),
            envelope.isAuthentic(as: .attestation)
        else { return }
        finality.count(member, at: Height(attestation.height))
    }

    private func attest(_ closed: JudgedBlock, in finality: inout Finality) -> [Attestation] {
        let mayAttest = finality.mayAttestNext
        let header = closed.block.header
        finality.add(header, judgedBy: closed.judges)
        guard mayAttest else { return [] }
        let attestations = attester.attest(header, judgedBy: closed.judges)
        for attestation in attestations { finality.count(attestation.member, at: header.height) }
        return attestations
    }

    private func post(_ batch: ExecutedBatch) {
        guard !outcomes.isEmpty else { return }
        for closed in batch.blocks {
            let height = closed.block.header.height
            outcomes.post(closed.ignored.map { ($0.key, .ignored(height, $0.value)) })
            // Written by the machine a moment ago, so it decodes.
            guard let result = try? BlockResult(serializedBytes: closed.block.result) else { continue }
            outcomes.post(
                closed.block.transactions.map { transaction in
                    let receipt = result.receipts[transaction.leaf]
                    return (transaction.id, .executed(height, leaf: transaction.leaf, receipt))
                })
        }
    }
}
