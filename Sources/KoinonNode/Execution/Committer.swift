import Dispatch
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Synchronization

/// Stores closed blocks and lets those know who wait; then signs them, and only when the
/// guards are raised lets anybody see that.
///
/// One SQLite transaction holds the entries, the blocks they closed, the changed state and
/// others' attestations. Those of the members hosted here follow by themselves, or with the next
/// one where that comes soon: a crash before it costs nothing, since the same key signs the same
/// block with the same bytes (docs/finality.md).
final class Committer: Sendable {
    private struct Signing {
        var attester: Attester
        /// The last block that is: those behind it are taken up, and not signed.
        var stored: Height
        /// Made and not stored yet.
        var unstored: [StoredAttestation] = []
        /// Who judges the last block, as its header tells.
        var membersHash: Hash256
    }

    private let chain: ChainID
    /// Of the order that is read.
    private let epoch: UInt64
    private let store: LedgerStore
    private let engine: any OrderingEngine
    private let outbox: AttestationOutbox
    private let outcomes: OutcomeBoard
    private let signing: Mutex<Signing>
    /// What is final as far as others may know; apart, so that they need not wait for signatures.
    private let published: Mutex<Height>
    private let guards: Mutex<GuardKeeper>
    private let hosted: HostedKeys
    private let closedEpochs: [MemberID: UInt64]
    private let news: OrderNews
    private let evidence: EvidenceFile
    private let pool: Pool
    private let progress: ProgressBoard
    private let logger: Logger
    let trimPoints: TrimPoints
    /// A thread of its own, since waiting for the disk would hold one of the few that all
    /// tasks share.
    private let disk = DispatchQueue(label: "koinon.committer")
    /// Guards are raised beside the next batch's way to the disk, for several batches at once
    /// when they are slower.
    private let attesting = DispatchQueue(label: "koinon.attester")
    private let isSigningDue = Mutex(false)
    private let fault = Mutex<(any Error)?>(nil)
    private let meter: Mutex<LoadMeter>

    /// Batches that are stored together, where the disk is what others wait for.
    private static let batchesAtOnce = 4
    /// Rows wait no longer after a large batch.
    static let patience = Duration.seconds(2)
    /// Transactions whose rows wait at most: after a crash they are executed again, within
    /// a few seconds.
    static let deferredTransactionsMaximum = 131_072
    /// Transactions whose rows are written between two commits, which wait meanwhile. While
    /// transactions come only whole parts are written: a row that changes again and again is
    /// written once in each.
    private static let partTransactions = 4_096

    init(
        store: LedgerStore, engine: any OrderingEngine, desk: OrderDesk, outcomes: OutcomeBoard,
        resumed: Resumption, hosted: HostedKeys, evidence: EvidenceFile, progress: ProgressBoard,
        retention: OrderRetention, patience: Duration = Committer.patience, logger: Logger
    ) {
        (chain, epoch) = resumed.replica.read { ($0.chain, $0.epoch) }
        self.store = store
        self.engine = engine
        outbox = desk.outbox
        news = desk.news
        pool = desk.pool
        self.outcomes = outcomes
        let tip = resumed.replica.read { $0.header }
        signing = Mutex(
            Signing(
                attester: resumed.attester, stored: tip.height, membersHash: tip.membersHash))
        published = Mutex(resumed.attester.finality.finalHeight)
        guards = Mutex(resumed.guards)
        self.hosted = hosted
        closedEpochs = resumed.closedEpochs
        self.evidence = evidence
        self.progress = progress
        trimPoints = TrimPoints(retention)
        meter = Mutex(LoadMeter(patience: patience))
        self.logger = logger
    }

    var finalHeight: Height { published.withLock { $0 } }

    /// How each hosted member stands to the chain.
    var standings: [MemberStanding] {
        signing.withLock { signing in
            signing.attester.standings.map {
                MemberStanding(member: $0.member, nodeKey: $0.nodeKey, standing: $0.standing)
            }
        }
    }

    /// Signs and stores what the members hosted here have not signed so far: blocks that
    /// were closed before this node hosted one of them.
    ///
    /// - Throws: the store's fault, or that of a guard.
    func signWhatIsLeft() throws { try sign(bars: []) }

    private var load: Load { meter.withLock { $0.load(at: .now) } }

    /// Whether the rows of what is stored now may wait for more, which makes them cheaper
    /// while much is going on: one that comes from few customers is found at once.
    private func mayDefer(_ batch: ExecutedBatch) -> Bool {
        let count = batch.transactionCount
        meter.withLock { $0.add(count, at: .now) }
        let waiting = store.deferredTransactions
        // Else a little load after much would write all that waits with its first block.
        return (load > .little || waiting > Self.partTransactions)
            && waiting + count <= Self.deferredTransactionsMaximum
    }

    /// Writes a part of the rows that have waited long enough; for a clock that calls now and
    /// then, so that between two parts blocks have the disk for a while.
    ///
    /// - Returns: whether there was one.
    func writeWaitingRows() async throws -> Bool {
        let load = load
        let least = load == .steady ? Self.partTransactions : 1
        guard load < .much, store.deferredTransactions >= least else { return false }
        try await onDisk { try self.store.writeDeferredRows(ofAtMost: Self.partTransactions) }
        return true
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
        while let batches = await input.drain(limit: Self.batchesAtOnce) {
            let batch = batches.dropFirst().reduce(into: batches[0]) { $0.append($1) }
            try await onDisk { try self.commit(batch, of: input) }
        }
        try await onDisk {
            self.attesting.sync {}
            if let fault = self.fault.withLock({ $0 }) { throw fault }
            let left = self.signing.withLock { $0.unstored }
            try self.store.commit(CommitBatch(attestations: left))
        }
    }

    private func commit(
        _ batch: ExecutedBatch, of input: BoundedQueue<ExecutedBatch>
    ) throws {
        if let fault = fault.withLock({ $0 }) { throw fault }
        let (attestations, bars, parted) = try count(batch)
        var stored = CommitBatch(
            log: batch.log, orderedThrough: batch.through.rawValue,
            blocks: batch.blocks.map {
                KoinonStore.ClosedBlock($0.block, closedAt: $0.closedAt)
            },
            attestations: attestations)
        // What stands behind the last block lacks entries: it is read anew.
        stored.endsWithLastBlock = parted is AttestedAhead
        try store.commit(stored, defersRows: parted == nil && mayDefer(batch))
        if let last = batch.blocks.last?.block.header.height {
            signing.withLock { $0.stored = last }
        }
        try noteLies(of: batch)
        // Stored all the same: where it parts from the others' is to be found.
        if let parted { throw parted }
        // Who asks whether all is done is not to believe it while signatures are on their way.
        outbox.expect()
        // First: who hears of a transaction's end and looks finds the chain to be that far.
        progress.post(
            ChainProgress(height: batch.blocks.last?.block.header.height, finalHeight: finalHeight))
        post(batch)
        for closed in batch.blocks {
            let block = closed.block
            trimPoints.add(
                block.header.height, at: closed.orderedAt,
                bytes: block.entries.reduce(0) { $0 + $1.body.count })
            pool.settle(closed.block.transactions.lazy.map(\.id))
            pool.settle(closed.ignored.keys)
        }
        engine.stored(through: batch.through)
        let isDue = isSigningDue.withLock { isDue in
            defer { isDue = true }
            return isDue
        }
        guard !isDue || !bars.isEmpty else { return }
        attesting.async {
            do { try self.sign(bars: bars) } catch {
                self.fault.withLock { $0 = $0 ?? error }
                // Nothing more is stored, and nobody waits for signatures.
                input.finish()
                self.outbox.add([], settling: self.outbox.expected)
                self.pool.arrival.wake()
            }
        }
    }

    /// Takes up the blocks of a batch and what its entries attest.
    ///
    /// - Returns: what is to be stored with it; the guards of hosted members that turned out to
    ///   be old copies; a quorum for another block, or signatures that show another order, after
    ///   which nothing is signed any more.
    private func count(_ batch: ExecutedBatch) throws -> (
        attestations: [StoredAttestation], bars: [GuardRecord], parted: (any Error)?
    ) {
        let carried = outbox.saw(batch.attestations)
        return try signing.withLock { signing in
            for closed in batch.blocks {
                signing.attester.add(
                    closed.block.header, judgedBy: closed.judges, silenced: closed.silenced)
                guard closed.block.header.membersHash != signing.membersHash else { continue }
                signing.membersHash = closed.block.header.membersHash
                try takeKeys(of: closed, &signing)
            }
            var attestations = signing.unstored
            var bars: [GuardRecord] = []
            for signed in batch.attestations {
                let seen = try signing.attester.count(carried: signed, inOrderOf: epoch) {
                    try hash(at: $0)
                }
                if let stored = seen.stored { attestations.append(stored) }
                if let bar = seen.guardRecord { bars.append(bar) }
            }
            for (key, height) in carried { signing.attester.carried(key, through: height) }
            signing.unstored = []
            let finality = signing.attester.finality
            return (attestations, bars, finality.quorumElsewhere ?? finality.attestedAhead)
        }
    }

    /// Takes up the keys that members hosted here have from a block on.
    ///
    /// Blocks of the batch at hand are not in the store yet, and need not be: a key that was not
    /// there when the node began has just been made, with a guard that has signed nothing, so no
    /// header is asked for. If somebody puts there by hand a key that has signed such a block, its
    /// member only follows.
    private func takeKeys(of closed: JudgedBlock, _ signing: inout Signing) throws {
        hosted.take(for: closed.judges)
        let held = Set(signing.attester.standings.map(\.nodeKey))
        for member in hosted.members where !held.contains(member.nodeKey.publicKey) {
            let record = try guards.withLock { guards in
                guards.add(member, home: hosted.home)
                return try guards.record(of: member)
            }
            var rule = try BranchRule(
                member: member.id, nodeKey: member.nodeKey.publicKey, record: record,
                tip: closed.block.header,
                headerAt: { height in try store.read { try $0.keptHeader(at: height) } })
            if let closed = closedEpochs[member.id] { rule.close(epoch: closed) }
            signing.attester.add(member, rule: rule)
        }
    }

    /// Signs what may be signed, and releases it once the guards are raised.
    ///
    /// - Parameter bars: of guards that turned out to be old copies.
    private func sign(bars: [GuardRecord]) throws {
        isSigningDue.withLock { $0 = false }
        let expected = outbox.expected
        var step = SigningStep()
        bars.forEach { step.add($0) }
        step.append(signing.withLock { $0.attester.sign(through: $0.stored) })
        try guards.withLock { $0 }.raise(step.guards)
        // While little goes on the next commit may be long in coming, and what is said to be
        // final is to be proven from the store.
        let isQuiet = load == .little
        let alone = signing.withLock { signing in
            signing.unstored += step.attestations
            guard isQuiet else { return [] as [StoredAttestation] }
            defer { signing.unstored = [] }
            return signing.unstored
        }
        if !alone.isEmpty {
            try store.commit(CommitBatch(attestations: alone), defersRows: true)
        }
        let (contradictions, final) = signing.withLock { signing in
            (
                signing.attester.takeContradictions(),
                // Others may have signed what is still on its way to the disk here.
                min(signing.attester.finality.finalHeight, signing.stored)
            )
        }
        published.withLock { $0 = final }
        outbox.add(step.attestations, settling: expected)
        try note(contradictions)
        progress.post(ChainProgress(height: nil, finalHeight: final))
        // Transactions may have waited for finality, and untilIdle for these signatures.
        pool.arrival.wake()
    }

    private func note(_ contradictions: [Contradiction]) throws {
        for found in contradictions {
            let file = try evidence.write(found)
            logger.error(
                "a key signed two blocks of one height",
                metadata: ["key": "\(found.publicKey)", "evidence": "\(file.path)"])
        }
        news.add(contradictions)
    }

    /// Keeps what shows that members lie: void entries, which silence nobody, and signatures on two
    /// branches, which are shown to all. The batch is stored.
    private func noteLies(of batch: ExecutedBatch) throws {
        for entry in batch.voids {
            let file = try evidence.write(void: entry)
            logger.error(
                "a member signed an entry that nobody could ever accept",
                metadata: ["author": "\(entry.author)", "evidence": "\(file.path)"])
        }
        for found in signing.withLock({ $0.attester.takeBranches() }) {
            guard
                let header = try store.read({ try $0.keptHeader(at: found.onChain.height) }),
                header.hash == found.onChain.blockHash
            else { continue }
            let ancestry = try store.ancestry(
                of: found.aside.height, in: found.onChain.height)
            let file = try evidence.write(found, header: header, ancestry: ancestry)
            logger.error(
                "a key signed on two branches",
                metadata: ["key": "\(found.publicKey)", "evidence": "\(file.path)"])
            news.add([Contradiction(found, header: header, ancestry: ancestry)])
            pool.arrival.wake()
        }
    }

    private func hash(at height: Height) throws -> (hash: Hash256, epoch: UInt64)? {
        // Where the ledger began later, nothing is told of signatures under blocks before.
        try store.read { try $0.keptHeader(at: height) }.map { ($0.hash, $0.epoch) }
    }

    private func post(_ batch: ExecutedBatch) {
        for closed in batch.blocks {
            let height = closed.block.header.height
            // Also when nobody waits: somebody may ask later.
            if !closed.ignored.isEmpty {
                outcomes.post(closed.ignored.map { ($0.key, .ignored(height, $0.value)) })
            }
            guard !outcomes.isEmpty else { continue }
            outcomes.post(
                closed.block.transactions.map { transaction in
                    let receipt = closed.block.receipts[transaction.leaf]
                    return (transaction.id, .executed(height, leaf: transaction.leaf, receipt))
                })
        }
    }
}
