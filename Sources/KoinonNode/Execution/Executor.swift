import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Synchronization

/// Applies the order to the replica, entry by entry, and hands closed blocks on.
///
/// The only task that changes the replica. Execution runs ahead of storage by a
/// bounded number of batches; nothing is acknowledged before ``Committer`` stored it.
struct Executor: Sendable {
    /// Entries applied before a batch is handed on.
    static let entriesPerBatch = 512
    /// Transactions after which it is handed on before, so that one batch is stored while
    /// the next is executed.
    private static let transactionsPerBatch = 2_048

    let chain: ChainID
    let replica: SharedReplica
    /// The last place of the stored log: what comes next goes behind it.
    let lastPosition: LogPosition
    let ownEntries: OwnEntries
    let hosted: Set<MemberID>
    /// Told what the proposer has to know of the order.
    let desk: OrderDesk
    let input: BoundedQueue<OrderedEntry>
    let output: BoundedQueue<ExecutedBatch>
    let logger: Logger

    /// - Throws: `UnknownProtocol` at the first entry of a block that this software cannot
    ///   execute; what comes before it is handed on, and nothing of it.
    func run() async throws {
        defer { output.finish() }
        var position = lastPosition
        while let entries = await input.drain(limit: Self.entriesPerBatch) {
            var batch = ExecutedBatch()
            for entry in entries {
                // Before it is parsed: its form may be a later one too.
                let (epoch, unknown) = replica.read { ($0.epoch, $0.unknownProtocol) }
                if let unknown {
                    if !batch.log.isEmpty { await output.push(batch) }
                    throw unknown
                }
                position = position.next
                apply(entry, at: position, epoch, to: &batch)
                guard batch.transactionCount >= Self.transactionsPerBatch else { continue }
                await output.push(batch)
                batch = ExecutedBatch()
            }
            if !batch.log.isEmpty { await output.push(batch) }
        }
    }

    private func apply(
        _ ordered: OrderedEntry, at position: LogPosition, _ epoch: UInt64,
        to batch: inout ExecutedBatch
    ) {
        batch.through = ordered.position
        let entry: CheckedEntry
        var isOwn = false
        do throws(EntryFault) {
            if let own = ownEntries.take(ordered.envelope) {
                entry = own
                isOwn = true
            } else {
                entry = try CheckedEntry(ordered.envelope, chain: chain, epoch: epoch)
            }
        } catch {
            logger.warning("entry without effect", metadata: ["reason": "\(error)"])
            batch.log.append(
                LogEntry(position: position, envelope: ordered.envelope, hasEffect: false))
            return
        }
        let applied = replica.apply(entry)
        var hasEffect = true
        switch applied.outcome {
        case .noEffect(let reason):
            logger.warning("entry without effect", metadata: ["reason": "\(reason)"])
            hasEffect = false
        case .waiting: break
        case .unknownProtocol(let fault):
            preconditionFailure("looked for before the entry was taken: \(fault)")
        case .closed(let block, let ignored):
            batch.blocks.append(
                JudgedBlock(
                    block: block, judges: applied.judges, silenced: applied.silenced,
                    ignored: ignored, closedAt: position, orderedAt: ordered.position))
        }
        if let reason = entry.void {
            logger.warning(
                "void entry", metadata: ["author": "\(entry.author)", "reason": "\(reason)"])
            // Without effect it may come from anybody.
            if hasEffect { batch.voids.append(entry) }
        }
        tell(of: entry, isOwn: isOwn, hasEffect: hasEffect, counts: applied.counts)
        batch.log.append(
            LogEntry(position: position, envelope: ordered.envelope, hasEffect: hasEffect))
        batch.attestations += entry.attestations
    }
}

extension Executor {
    /// What the proposer has to know of an entry of the order.
    private func tell(of entry: CheckedEntry, isOwn: Bool, hasEffect: Bool, counts: Bool) {
        if isOwn {
            var lost: [CheckedEntry] = []
            if !hasEffect, let missing = gap(before: entry) {
                desk.news.miss(missing)
                // Its author's entries come one behind the other: what was not given is lost.
                lost = ownEntries.overtake(entry.author, at: entry.sequence)
            }
            // Another entry had its sequence, or its author has another key now.
            if !hasEffect || !counts { lost.append(entry) }
            desk.lost(lost)
        } else if hosted.contains(entry.author) {
            if hasEffect { desk.lost(ownEntries.overtake(entry.author, at: entry.sequence)) }
        } else if hasEffect {
            desk.cameFromElsewhere(isBare: entry.isBare)
        }
    }

    private func gap(before entry: CheckedEntry) -> EntrySlot? {
        let next = replica.read { $0.lastSequence(of: entry.author) } + 1
        return entry.sequence > next ? EntrySlot(author: entry.author, sequence: next) : nil
    }
}

/// A closed block with what is needed to sign it and to tell who waits.
struct JudgedBlock: Sendable {
    var block: ExecutedBlock
    /// The members who judge it.
    var judges: MemberSet
    /// Those whose attestations of it do not count.
    var silenced: Set<MemberID> = []
    var ignored: [Hash256: IgnoredReason]
    var closedAt: LogPosition
    /// The engine's place of the entry that closed it.
    var orderedAt: OrderPosition
}

/// What one run of the executor hands to the committer.
struct ExecutedBatch: Sendable {
    var log: [LogEntry] = []
    var blocks: [JudgedBlock] = []
    /// Carried by the entries, of whichever members.
    var attestations: [Signed] = []
    /// Entries that are void, each its author's next.
    var voids: [CheckedEntry] = []
    /// The engine's place of the last entry.
    var through = OrderPosition.start

    var transactionCount: Int { blocks.reduce(0) { $0 + $1.block.transactions.count } }

    /// Adds what follows in the order.
    mutating func append(_ next: ExecutedBatch) {
        log += next.log
        blocks += next.blocks
        attestations += next.attestations
        voids += next.voids
        through = next.through
    }
}
