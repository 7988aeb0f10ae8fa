import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// A block to be closed at a stated time with these transactions.
public struct ProposedBlock: Sendable {
    public var time: Timestamp
    public var transactions: [CheckedTransaction]

    public init(time: Timestamp, transactions: [CheckedTransaction]) {
        self.time = time
        self.transactions = transactions
    }
}

/// Blocks that cannot be closed as proposed; none of them was.
public enum ProposalFault: Error, Equatable, CustomStringConvertible {
    /// The node hosts no member of the alliance.
    case hostsNoMember
    case timeFalls(Timestamp, after: Timestamp)
    case tooLarge(time: Timestamp, bytes: Int)
    case sameTransactionTwice(time: Timestamp, Hash256)

    public var description: String {
        switch self {
        case .hostsNoMember:
            "this node hosts no member of the alliance; name members in node.json"
        case .timeFalls(let time, let before):
            "a block at \(time) cannot follow one at \(before); propose blocks in order of time"
        case .tooLarge(let time, let bytes):
            "the block at \(time) has \(bytes) bytes of transactions, at most \(Proposer.blockBytes) fit; make two of it"
        case .sameTransactionTwice(let time, let id):
            "the block at \(time) holds transaction \(id) twice; an entry takes it once"
        }
    }
}

/// Puts waiting transactions, due timers' clocks and fresh attestations into entries.
///
/// The only one that appends; owned by one task. While appends are under way, what comes in
/// gathers until another one is worth its cost, and for some milliseconds where much has just
/// come, so a node with little to do answers at once and a busy one never stands still.
struct Proposer {
    /// How far block time may stay behind a member's clock before others state theirs too.
    private static let toleranceMilliseconds: UInt64 = 1_000
    /// Attestations that one entry carries at most; about 250 bytes each.
    private static let attestationsPerEntry = 1_000
    private static let attestationBytes = 256
    /// Of a field that holds a message.
    private static let fieldOverhead = 8
    /// Appends that have no durable places yet, at most.
    private static let appendsUnderWay = 64
    /// So many bytes are worth an append while others are under way: a thousand payments.
    private static let worthwhileBytes = blockBytes / 4
    /// Entries that a node which is to stop still writes for attestations and clocks alone: where
    /// others go on there is always a block to sign. What is not carried then is after the next
    /// start.
    private static let lastEntries = 8
    /// Room left in an entry for its own fields.
    private static let entryOverhead = 4_096
    /// What one transaction costs in an entry beyond its body.
    static let transactionOverhead = 96 + 16
    /// Transactions of one block, each with its overhead.
    static let blockBytes = EntryLimits.bytes - entryOverhead

    private let engine: any OrderingEngine
    private let pool: Pool
    private let script: ProposalScript
    private let outbox: AttestationOutbox
    private let news: OrderNews
    private let finalHeight: @Sendable () -> Height
    private let uptime: @Sendable () -> UInt64
    private let ownEntries: OwnEntries
    private let replica: SharedReplica
    private let outcomes: OutcomeBoard
    private let hosted: HostedKeys
    private var writer: EntryWriter
    private var writerMembers: Hash256
    private var writerSilenced: Set<MemberID>
    private var writerUnheard: Set<MemberID> = []
    private var underWay: [PendingAppend] = []
    /// Whether the engine has taken what came of former members, as far as any did.
    private var isLetIn = true

    private var rule = EntryRule()
    private var gathering = Gathering()
    private var lastEntriesLeft = Proposer.lastEntries

    /// - Parameters:
    ///   - finalHeight: the highest final block, asked each time.
    ///   - uptime: milliseconds that only go forward.
    init(
        engine: any OrderingEngine, desk: OrderDesk, script: ProposalScript,
        ownEntries: OwnEntries, outcomes: OutcomeBoard, hosted: HostedKeys,
        finalHeight: @escaping @Sendable () -> Height, uptime: @escaping @Sendable () -> UInt64
    ) {
        self.engine = engine
        pool = desk.pool
        outbox = desk.outbox
        news = desk.news
        replica = desk.replica
        self.script = script
        self.ownEntries = ownEntries
        self.outcomes = outcomes
        self.hosted = hosted
        self.finalHeight = finalHeight
        self.uptime = uptime
        (writer, writerMembers, writerSilenced) = desk.replica.read { replica in
            (
                EntryWriter(replica: replica, hosted: hosted.members), replica.members.hash,
                Set(replica.silenced.keys)
            )
        }
    }

    /// Whether there was something to do.
    private enum Progress { case done, underWay, gathering(Duration), idle }

    /// Appends what waits, and what comes in meanwhile; returns once all of it is durable and
    /// nothing is left that may be proposed now.
    ///
    /// - Parameter isPatient: whether to wait for others' clocks where block time lags; asked again
    ///   whenever ``Pool/arrival`` is woken.
    /// - Throws: the engine's fault, or `CancellationError`.
    mutating func proposeEverything(
        isPatient: () -> Bool, at now: () -> Timestamp
    ) async throws {
        while true {
            try Task.checkCancellation()
            switch try await propose(at: now(), isPatient: isPatient()) {
            case .done: continue
            case .underWay:
                // An append's end wakes too.
                await pool.untilWorthwhile(bytes: underWay.isEmpty ? 0 : Self.worthwhileBytes)
            case .gathering(let rest): try await Task.sleep(for: rest)
            case .idle: return
            }
        }
    }

    private mutating func propose(at now: Timestamp, isPatient: Bool) async throws -> Progress {
        while let first = underWay.first, first.hasEnded {
            underWay.removeFirst()
            do { try await settle(first) } catch {
                // What former members still had to say is theirs alone.
                refreshMembers()
                guard writer.takesLeave else { throw error }
                isLetIn = false
            }
        }
        writer.observe(refreshMembers())
        if let scripted = script.take() {
            try await propose(scripted)
            return .done
        }
        guard
            underWay.isEmpty
                || underWay.count < Self.appendsUnderWay
                    && pool.bytes >= Self.worthwhileBytes
        else { return .underWay }
        if isPatient, (1..<Self.worthwhileBytes).contains(pool.bytes),
            let rest = gathering.rest(at: uptime())
        {
            return .gathering(rest)
        }
        guard writer.canWrite else {
            let ids = pool.take(maximumBytes: .max).map(\.id)
            outcomes.giveUp(ids)
            pool.settle(ids)
            return takeLeave(at: now) ?? progressWithNothingToAppend
        }
        news.waitsUntil = nil
        switch rule.decide(situation(at: now)) {
        case .nothing: return progressWithNothingToAppend
        case .wait(let until):
            if !isPatient { return append(.init(takesTransactions: true), at: now) }
            news.waitsUntil = until
            return .underWay
        case .append(let contents):
            if !isPatient, contents == EntryRule.Contents() {
                guard lastEntriesLeft > 0 else { return underWay.isEmpty ? .idle : .underWay }
                lastEntriesLeft -= 1
            }
            return append(contents, at: now)
        }
    }

    /// Nobody hosted here is a member any more: what they signed as members is still carried.
    private mutating func takeLeave(at now: Timestamp) -> Progress? {
        guard isLetIn, writer.takesLeave, outbox.count > 0,
            let entry = writer.farewell(
                outbox.take(limit: Self.attestationsPerEntry), at: now)
        else { return nil }
        let append = append([entry])
        append.whenEnded { [pool] _ in pool.arrival.wake() }
        underWay.append(append)
        return .done
    }

    private var progressWithNothingToAppend: Progress {
        underWay.isEmpty && !outbox.isExpecting ? .idle : .underWay
    }

    private func situation(at now: Timestamp) -> EntryRule.Situation {
        let contradictors = news.contradictors
        let missing = news.missing
        // A clock without effect makes no timer fall due: it would be stated again and again.
        let isHeard = writer.speakers.contains { missing[$0] == nil }
        let (header, nextTimer, settled) = replica.read { replica in
            (
                replica.header, replica.nextTimer,
                contradictors.filter { replica.isSilenced($0) ?? true }
            )
        }
        news.settle(settled)
        return EntryRule.Situation(
            now: now, uptimeMilliseconds: uptime(), height: header.height,
            finalHeight: finalHeight(), blockTime: header.time, clocks: writer.clocks,
            speakers: writer.speakers, nextTimer: isHeard ? nextTimer : nil,
            hasTransactions: pool.count > 0 && isHeard,
            hasAttestations: outbox.count > 0
                || news.hasContradictions(isIdle: underWay.isEmpty),
            clockIsWanted: news.takeWish() && isHeard)
    }

    private mutating func append(_ contents: EntryRule.Contents, at now: Timestamp) -> Progress {
        let attestations = outbox.take(limit: Self.attestationsPerEntry)
        let contradictions = news.takeContradictions(limit: EntryLimits.contradictions)
        let carried = attestations.count + contradictions.count
        let room =
            Self.blockBytes - attestations.count * Self.attestationBytes
            - contradictions.reduce(0) { $0 + $1.message.encoded.count + Self.fieldOverhead }
        let taken = contents.takesTransactions ? pool.take(maximumBytes: room) : []
        let late = taken.filter { $0.body.expiresAtMs < now.milliseconds }
        outcomes.post(late.map { ($0.id, .expired) })
        pool.settle(late.lazy.map(\.id))
        let transactions = taken.filter { $0.body.expiresAtMs >= now.milliseconds }
        let isForNothing = transactions.isEmpty && carried == 0 && !contents.isForTimer
        // All that waited has expired meanwhile.
        if contents.takesTransactions, isForNothing { return .done }
        gathering.began(transactions.count, at: uptime())
        let append = self.append(
            writer.block(
                transactions, attestations: attestations, at: now,
                toleranceMilliseconds: contents.isForTimer ? 0 : Self.toleranceMilliseconds,
                asksForClocks: contents.asksForClocks, contradictions: contradictions))
        append.whenEnded { [pool] _ in pool.arrival.wake() }
        underWay.append(append)
        return .done
    }

    private mutating func propose(_ scripted: ProposalScript.Part) async throws {
        do throws(ProposalFault) {
            try check(scripted.blocks)
        } catch {
            return scripted.done.resume(throwing: error)
        }
        do {
            try await close(scripted.blocks)
            scripted.done.resume()
        } catch {
            scripted.done.resume(throwing: error)
            throw error
        }
    }

    /// Everything before the first entry is written: written entries must be appended, or
    /// their authors' sequences would have gaps.
    private func check(_ blocks: [ProposedBlock]) throws(ProposalFault) {
        guard writer.canWrite else { throw .hostsNoMember }
        var time = writer.blockTime
        for block in blocks {
            guard block.time >= time else { throw .timeFalls(block.time, after: time) }
            time = block.time
            let bytes = block.transactions.reduce(0) {
                $0 + $1.envelope.body.count + Self.transactionOverhead
            }
            guard bytes <= Self.blockBytes else { throw .tooLarge(time: time, bytes: bytes) }
            var ids: Set<Hash256> = []
            for transaction in block.transactions where !ids.insert(transaction.id).inserted {
                throw .sameTransactionTwice(time: time, transaction.id)
            }
        }
    }

    /// Closes the blocks at their times; then carries their attestations in entries of
    /// their own at the last of those times, so that the order depends on the script alone.
    private mutating func close(_ blocks: [ProposedBlock]) async throws {
        var entries: [EntryWriter.Written] = []
        for block in blocks {
            entries += writer.block(
                block.transactions, attestations: [], at: block.time, toleranceMilliseconds: 0)
        }
        try await append(entries).durable()
        // Their attestations follow at once.
        while outbox.isExpecting {
            try Task.checkCancellation()
            await pool.arrival.wait()
        }
        refreshMembers()
        guard let last = blocks.last?.time, writer.canWrite else { return }
        while true {
            let attestations = outbox.take(limit: Self.attestationsPerEntry)
            guard !attestations.isEmpty else { return }
            try await append(
                writer.block(
                    [], attestations: attestations, at: last, toleranceMilliseconds: .max)
            ).durable()
        }
    }

    private func append(_ entries: [EntryWriter.Written]) -> PendingAppend {
        ownEntries.add(entries.map(\.checked))
        return engine.append(
            entries.map {
                SignedEntry(
                    author: $0.checked.author, sequence: $0.checked.sequence,
                    envelope: $0.envelope)
            })
    }

    /// Puts back what could not have its place, because other bytes of the same author have
    /// it: it goes into the next entry.
    private func settle(_ append: PendingAppend) async throws {
        do {
            try await append.durable()
        } catch OrderFault.sequencesTaken(let entries) {
            for entry in entries.reversed() {
                guard let written = ownEntries.take(entry.envelope) else { continue }
                pool.putBack(written.transactions)
                outbox.putBack(written.attestations)
            }
        }
    }

    /// - Returns: what the replica knows now.
    @discardableResult
    private mutating func refreshMembers() -> EntryWriter.Known {
        let unheard = Set(news.missing.keys)
        let (members, known) = replica.read { replica in
            var known = EntryWriter.Known(replica)
            known.unheard = unheard
            return (replica.members, known)
        }
        guard
            members.hash != writerMembers || known.silenced != writerSilenced
                || known.unheard != writerUnheard
        else { return known }
        hosted.take(for: members)
        writer.membersChanged(known, hosted: hosted.members)
        writerMembers = members.hash
        writerSilenced = known.silenced
        writerUnheard = known.unheard
        return known
    }
}
