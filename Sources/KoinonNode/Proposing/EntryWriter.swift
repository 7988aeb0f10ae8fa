import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// Writes the entries of the members hosted here: sequence numbers, clocks, signatures.
///
/// Owned by the proposer, the only one that appends.
package struct EntryWriter: Sendable {
    /// An entry with the checked form that the executor may use instead of parsing it again.
    package struct Written: Sendable {
        package var envelope: Envelope
        package var checked: CheckedEntry
    }

    private let chain: ChainID
    private let epoch: UInt64
    private var hosted: [HostedMember]
    /// Those of them who are members now, and heard; all members while none of them is.
    private var authors: [HostedMember] = []
    /// Those who are members no more. What removed them is judged by them too, so what they
    /// signed as members still has to be carried.
    private var leavers: [HostedMember] = []
    private var sequences: [MemberID: UInt64]
    /// The last clock that each member of the alliance has stated in the order.
    package private(set) var clocks: [MemberID: Timestamp]
    package private(set) var blockTime: Timestamp

    /// What the replica knows of the members.
    package struct Known: Sendable {
        var nodeKeys: [MemberID: PublicKey] = [:]
        /// Of former members.
        var formerKeys: [MemberID: PublicKey] = [:]
        var sequences: [MemberID: UInt64] = [:]
        var clocks: [MemberID: Timestamp] = [:]
        /// Whose entries are void.
        var silenced: Set<MemberID> = []
        /// Whose entries have no effect behind one that the order has lost.
        var unheard: Set<MemberID> = []
        /// Of the last block.
        var time: Timestamp

        package init(_ replica: ReplicaView) {
            time = replica.header.time
            silenced = Set(replica.silenced.keys)
            for member in replica.members.members {
                nodeKeys[member.id] = member.nodeKey
                sequences[member.id] = replica.lastSequence(of: member.id)
                clocks[member.id] = replica.lastClock(of: member.id)
            }
            for (id, author) in CoreRows.authors.rows(in: replica.state)
            where nodeKeys[id] == nil {
                formerKeys[id] = PublicKey(author.nodeKey)
                sequences[id] = replica.lastSequence(of: id)
            }
        }
    }

    package init(replica: ReplicaView, hosted: [HostedMember]) {
        chain = replica.chain
        epoch = replica.epoch
        self.hosted = hosted
        blockTime = replica.header.time
        let known = Known(replica)
        clocks = known.clocks
        sequences = known.sequences
        authors = Self.authors(among: hosted, known)
        leavers = Self.leavers(among: hosted, known)
    }

    private static func leavers(among hosted: [HostedMember], _ known: Known) -> [HostedMember] {
        hosted.filter { known.formerKeys[$0.id] == $0.nodeKey.publicKey }
    }

    private static func authors(among hosted: [HostedMember], _ known: Known) -> [HostedMember] {
        let authors = hosted.filter {
            known.nodeKeys[$0.id] == $0.nodeKey.publicKey && !known.silenced.contains($0.id)
        }
        let heard = authors.filter { !known.unheard.contains($0.id) }
        // The signatures that they carry count nevertheless.
        return heard.isEmpty ? authors : heard
    }

    /// Members came or went, or are heard no more: go on with what the replica knows of the new ones.
    ///
    /// - Parameter hosted: with the keys that are held now; nil for those from before.
    package mutating func membersChanged(_ known: Known, hosted: [HostedMember]? = nil) {
        if let hosted { self.hosted = hosted }
        let hosted = self.hosted
        clocks = known.clocks.merging(clocks.filter { known.clocks[$0.key] != nil }) { max($0, $1) }
        sequences = known.sequences.merging(sequences) { max($0, $1) }
        authors = Self.authors(among: hosted, known)
        leavers = Self.leavers(among: hosted, known)
    }

    /// What the order has brought since: entries of others, and of one's own that another
    /// process or an earlier life of this one wrote.
    package mutating func observe(_ known: Known) {
        for (member, sequence) in known.sequences where sequence > sequences[member] ?? 0 {
            sequences[member] = sequence
        }
        // One's own clock may have been set back since; what is under way says it already.
        let own = Set(authors.map(\.id))
        for (member, clock) in known.clocks where !own.contains(member) {
            clocks[member] = clock
        }
        blockTime = BlockClock.time(
            previous: max(blockTime, known.time), clocks: Array(clocks.values))
    }

    /// The members for which entries can be written now.
    package var speakers: [MemberID] { authors.map(\.id) }

    /// Whether any member of the alliance is hosted here; without one nothing can be written.
    package var canWrite: Bool { !authors.isEmpty }

    /// Entries that close one block with these transactions at `clock`; none while
    /// nothing can be written.
    ///
    /// The hosted members take turns as authors, by how many entries they wrote, so that a
    /// node that starts again goes on as if it had not stopped. While block time would stay
    /// more than `tolerance` behind the clock, others state theirs in bare entries first.
    package mutating func block(
        _ transactions: [CheckedTransaction], attestations: [Signed], at clock: Timestamp,
        toleranceMilliseconds tolerance: UInt64, asksForClocks: Bool = false,
        contradictions: [Contradiction] = []
    ) -> [Written] {
        guard !authors.isEmpty else { return [] }
        let written = authors.reduce(0) { $0 + (sequences[$1.id] ?? 0) }
        let author = authors[Int(written % UInt64(authors.count))]
        state(clock, for: author.id)
        var entries: [Written] = []
        for other in authors where other.id != author.id {
            guard clock > blockTime,
                clock.milliseconds - blockTime.milliseconds > tolerance
            else { break }
            state(clock, for: other.id)
            entries.append(write(other, clock, Content()))
        }
        let content = Content(
            transactions: transactions, attestations: attestations, asksForClocks: asksForClocks,
            contradictions: contradictions)
        entries.append(write(author, clock, content))
        return entries
    }

    /// An entry of a former member with what it signed as a member; nil while somebody else
    /// hosted here can carry that, or nobody.
    package mutating func farewell(_ attestations: [Signed], at clock: Timestamp) -> Written? {
        guard authors.isEmpty, let leaver = leavers.first, !attestations.isEmpty else {
            return nil
        }
        return write(leaver, clock, Content(attestations: attestations))
    }

    /// Whether ``farewell(_:at:)`` writes something.
    package var takesLeave: Bool { authors.isEmpty && !leavers.isEmpty }

    private mutating func state(_ clock: Timestamp, for member: MemberID) {
        clocks[member] = clock
        blockTime = BlockClock.time(previous: blockTime, clocks: Array(clocks.values))
    }

    private struct Content {
        var transactions: [CheckedTransaction] = []
        var attestations: [Signed] = []
        var asksForClocks = false
        var contradictions: [Contradiction] = []
    }

    private mutating func write(
        _ author: HostedMember, _ clock: Timestamp, _ content: Content
    ) -> Written {
        let transactions = content.transactions
        let sequence = (sequences[author.id] ?? 0) + 1
        sequences[author.id] = sequence
        var body = EntryBody()
        body.chain = Data(chain.bytes)
        body.epoch = epoch
        body.author = author.id.rawValue
        body.sequence = sequence
        body.clockMs = clock.milliseconds
        body.attestations = content.attestations
        body.asksForClocks = content.asksForClocks
        body.contradictions = content.contradictions.map(\.message)
        // Fields may stand in any order; what is encoded already is put behind the others.
        var encoded = body.encoded
        encoded.reserveCapacity(
            transactions.reduce(encoded.count) { $0 + $1.envelope.body.count + 112 })
        for transaction in transactions {
            transaction.envelope.appendMessage(asField: 7, to: &encoded)
        }
        let envelope = author.nodeKey.sign(encoded, as: .entry)
        return Written(
            envelope: envelope,
            checked: CheckedEntry(
                own: envelope, author: author.id, sequence: sequence, clock: clock,
                transactions: transactions, attestations: content.attestations,
                asksForClocks: content.asksForClocks,
                contradictors: Set(content.contradictions.map(\.publicKey)).sorted()))
    }
}
