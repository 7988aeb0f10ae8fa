import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// What one member's node puts into the order: by the node's own rule for when, with what
/// waits. One entry is under way at a time; it is brought again, byte for byte, until the order
/// shows it, or other bytes in its place.
struct EntryAuthor: Sendable {
    private let member: MemberID
    private var rule: EntryRule
    private var writer: EntryWriter
    private var uncarried: UncarriedAttestations
    /// Transactions that wait for a place, first come first served.
    private var waiting: [CheckedTransaction] = []
    /// Of those that wait or are under way.
    private var held: Set<Hash256> = []
    /// Of members that contradicted themselves, to be shown to all.
    private var evidence: [Contradiction] = []
    private(set) var underWay: UnderWay?
    private var clockIsWanted = false

    struct UnderWay: Sendable {
        var envelope: Envelope
        var sequence: UInt64
        var transactions: [CheckedTransaction]
        var attestations: [Signed]
        var evidence: [Contradiction]
        var broughtAtMs: UInt64
    }

    /// When an entry that nobody has answered for is brought again.
    private static let patienceMs: UInt64 = 500
    private static let transactionsPerEntry = 50
    private static let attestationsPerEntry = 200

    /// - Parameter hosted: the member, with each node key that it has.
    init(_ member: MemberID, hosted: [HostedMember], replica: ReplicaView, rules: AllianceRules) {
        self.member = member
        writer = EntryWriter(replica: replica, hosted: hosted)
        rule = EntryRule(rules: rules)
        uncarried = UncarriedAttestations(rules: rules)
    }

    mutating func add(_ transaction: CheckedTransaction) {
        guard held.insert(transaction.id).inserted else { return }
        waiting.append(transaction)
    }

    mutating func add(_ attestations: [StoredAttestation]) { uncarried.add(attestations) }

    mutating func add(_ found: [Contradiction]) { evidence += found }

    /// What became of these is known.
    mutating func settle(_ ids: some Sequence<Hash256>) {
        let ids = Set(ids)
        held.subtract(ids)
        waiting.removeAll { ids.contains($0.id) }
    }

    /// An entry of the order, in the order in which they come.
    ///
    /// - Parameter counts: whether it did more than use its sequence.
    /// - Returns: up to which height the order has shown all attestations of a key.
    mutating func saw(
        _ entry: CheckedEntry, hadEffect: Bool, counts: Bool
    ) -> [PublicKey: Height] {
        let through = uncarried.saw(entry.attestations)
        guard entry.author == member else {
            if !entry.isBare { clockIsWanted = true }
            return through
        }
        guard hadEffect else { return through }
        clockIsWanted = false
        guard let own = underWay, entry.sequence >= own.sequence else { return through }
        underWay = nil
        // Other bytes, or signed with a key that another has replaced.
        if entry.envelope != own.envelope || !counts { giveBack(own) }
        return through
    }

    /// Other bytes have the place of the entry under way: its content goes into the next.
    mutating func placeTaken(sequence: UInt64) {
        guard let own = underWay, own.sequence == sequence else { return }
        underWay = nil
        giveBack(own)
    }

    private mutating func giveBack(_ own: UnderWay) {
        waiting = own.transactions.filter { held.contains($0.id) } + waiting
        uncarried.lost(own.attestations)
        evidence = own.evidence + evidence
    }

    /// The entry to bring to the engine now, if there is one.
    mutating func next(
        at now: Timestamp, nowMs: UInt64, final: Height, _ view: ReplicaView
    ) -> UnderWay? {
        if var own = underWay {
            guard nowMs >= own.broughtAtMs + Self.patienceMs else { return nil }
            own.broughtAtMs = nowMs
            underWay = own
            return own
        }
        settle(waiting.filter { $0.body.expiresAtMs < now.milliseconds }.map(\.id))
        let known = EntryWriter.Known(view)
        writer.membersChanged(known)
        writer.observe(known)
        guard writer.canWrite else { return takeLeave(at: now, nowMs) }
        guard case .append(let contents) = rule.decide(situation(now, nowMs, final, view)) else {
            return nil
        }
        let count = contents.takesTransactions ? min(waiting.count, Self.transactionsPerEntry) : 0
        let transactions = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        let written = writer.block(
            transactions, attestations: uncarried.take(limit: Self.attestationsPerEntry), at: now,
            toleranceMilliseconds: .max, asksForClocks: contents.asksForClocks,
            contradictions: evidence)
        guard let entry = written.first else { return nil }
        return bring(entry, evidence, nowMs)
    }

    private mutating func takeLeave(at now: Timestamp, _ nowMs: UInt64) -> UnderWay? {
        guard writer.takesLeave, uncarried.waitingCount > 0,
            let entry = writer.farewell(
                uncarried.take(limit: Self.attestationsPerEntry), at: now)
        else { return nil }
        return bring(entry, [], nowMs)
    }

    private mutating func bring(
        _ written: EntryWriter.Written, _ shown: [Contradiction], _ nowMs: UInt64
    ) -> UnderWay {
        let own = UnderWay(
            envelope: written.envelope, sequence: written.checked.sequence,
            transactions: written.checked.transactions,
            attestations: written.checked.attestations, evidence: shown, broughtAtMs: nowMs)
        evidence.removeAll(where: shown.contains)
        underWay = own
        return own
    }

    private func situation(
        _ now: Timestamp, _ nowMs: UInt64, _ final: Height, _ view: ReplicaView
    ) -> EntryRule.Situation {
        let carries = uncarried.waitingCount > 0 || !evidence.isEmpty
        return EntryRule.Situation(
            now: now, uptimeMilliseconds: nowMs, height: view.header.height, finalHeight: final,
            blockTime: view.header.time, clocks: writer.clocks, speakers: writer.speakers,
            nextTimer: view.nextTimer, hasTransactions: !waiting.isEmpty,
            hasAttestations: carries, clockIsWanted: clockIsWanted)
    }
}
