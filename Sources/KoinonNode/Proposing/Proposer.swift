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
/// gathers until another one is worth its cost, so a node with little to do answers at once
/// and a busy one never stands still.
struct Proposer {
    /// How far block time may stay behind a member's clock before others state theirs too.
    private static let toleranceMilliseconds: UInt64 = 1_000
    /// Attestations that one entry carries at most; about 250 bytes each.
    private static let attestationsPerEntry = 1_000
    private static let attestationBytes = 256
    /// Appends that have no durable places yet, at most.
    private static let appendsUnderWay = 16
    /// So many bytes are worth an append while others are under way: a thousand payments.
    private static let worthwhileBytes = blockBytes / 4
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
    private let ownEntries: OwnEntries
    private let replica: SharedReplica
    private let outcomes: OutcomeBoard
    private var writer: EntryWriter
    private var writerMembers: Hash256
    private var underWay: [PendingAppend] = []

    init(
        engine: any OrderingEngine, pool: Pool, script: ProposalScript, outbox: AttestationOutbox,
        ownEntries: OwnEntries, replica: SharedReplica, outcomes: OutcomeBoard,
        hosted: [HostedMember]
    ) {
        self.engine = engine
        self.pool = pool
        self.script = script
        self.outbox = outbox
        self.ownEntries = ownEntries
        self.replica = replica
        self.outcomes = outcomes
        (writer, writerMembers) = replica.read { replica in
            (EntryWriter(replica: replica, hosted: hosted), replica.members.hash)
        }
    }

    /// Whether there was something to do.
    private enum Progress { case done, underWay, idle }

    /// Appends what waits, and what comes in meanwhile; returns once all of it is durable and
    /// nothing is left.
    ///
    /// - Throws: the engine's fault.
    mutating func proposeEverything(at now: () -> Timestamp) async throws {
        while true {
            switch try await propose(at: now()) {
            case .done: continue
            case .underWay: await pool.arrival.wait()
            case .idle: return
            }
        }
    }

    private mutating func propose(at now: Timestamp) async throws -> Progress {
        while let first = underWay.first, first.hasEnded {
            underWay.removeFirst()
            try await settle(first)
        }
        refreshMembers()
        writer.observe(replica.read { EntryWriter.Known($0) })
        if let scripted = script.take() {
            try await propose(scripted)
            return .done
        }
        guard
            underWay.isEmpty
                || underWay.count < Self.appendsUnderWay
                    && pool.bytes >= Self.worthwhileBytes
        else { return .underWay }
        guard writer.canWrite else {
            let ids = pool.take(maximumBytes: .max).map(\.id)
            outcomes.giveUp(ids)
            pool.settle(ids)
            return underWay.isEmpty ? .idle : .underWay
        }
        let attestations = outbox.take(limit: Self.attestationsPerEntry)
        let room = Self.blockBytes - attestations.count * Self.attestationBytes
        let taken = pool.take(maximumBytes: room)
        let late = taken.filter { $0.body.expiresAtMs < now.milliseconds }
        outcomes.post(late.map { ($0.id, .expired) })
        pool.settle(late.lazy.map(\.id))
        let transactions = taken.filter { $0.body.expiresAtMs >= now.milliseconds }
        // A timer that the clocks of the members hosted here cannot reach has to wait for
        // the others'.
        let reachable = writer.timeReachable(at: now)
        let timerIsDue = replica.read { $0.nextTimer }.map { $0 <= now && $0 <= reachable } ?? false
        guard !transactions.isEmpty || timerIsDue || !attestations.isEmpty else {
            if !late.isEmpty { return .done }
            return underWay.isEmpty ? .idle : .underWay
        }
        let append = append(
            writer.block(
                transactions, attestations: attestations, at: now,
                toleranceMilliseconds: timerIsDue ? 0 : Self.toleranceMilliseconds))
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

    private mutating func refreshMembers() {
        let (hash, sequencesAndClocks) = replica.read { replica in
            (replica.members.hash, EntryWriter.Known(replica))
        }
        guard hash != writerMembers else { return }
        writer.membersChanged(sequencesAndClocks)
        writerMembers = hash
    }
}

/// Blocks whose times are given, for replaying recorded data.
final class ProposalScript: Sendable {
    struct Part: Sendable {
        var blocks: [ProposedBlock]
        var done: CheckedContinuation<Void, any Error>
    }

    private let parts = Mutex<[Part]>([])

    func add(_ part: Part) { parts.withLock { $0.append(part) } }
    func take() -> Part? { parts.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    /// Nothing more will be proposed.
    func fail(_ error: any Error) {
        while let part = take() { part.done.resume(throwing: error) }
    }
}

/// Entries written here, by signature, so that the executor need not parse them again.
final class OwnEntries: Sendable {
    private let entries = Mutex<[Signature: CheckedEntry]>([:])

    func add(_ written: [CheckedEntry]) {
        entries.withLock { entries in
            for entry in written { entries[entry.envelope.signature] = entry }
        }
    }

    /// The checked form of exactly these bytes, once.
    func take(_ envelope: Envelope) -> CheckedEntry? {
        entries.withLock { entries in
            guard let entry = entries.removeValue(forKey: envelope.signature),
                entry.envelope == envelope
            else { return nil }
            return entry
        }
    }
}

/// Attestations that are durable and wait to be carried in an entry.
final class AttestationOutbox: Sendable {
    private let waiting = Mutex<[Signed]>([])

    var count: Int { waiting.withLock { $0.count } }

    func add(_ attestations: [Signed]) {
        waiting.withLock { $0 += attestations }
    }

    /// As if they had not been taken: they are the next.
    func putBack(_ attestations: [Signed]) {
        waiting.withLock { $0.insert(contentsOf: attestations, at: 0) }
    }

    func take(limit: Int) -> [Signed] {
        waiting.withLock { waiting in
            let taken = Array(waiting.prefix(limit))
            waiting.removeFirst(taken.count)
            return taken
        }
    }
}
