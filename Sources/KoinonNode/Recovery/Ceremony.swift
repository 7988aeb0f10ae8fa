import Foundation
import KoinonLedger
import KoinonProtocol

/// One computation of a base from files that came from anybody.
public struct Ceremony: Sendable {
    public let closes: UInt64
    public let decision: BaseDecision
    /// Statements and quorums that were not taken, and why.
    public let refused: [RecoveryFault]
    /// Whose statements were taken, ascending.
    public let stated: [MemberID]
    /// Sets that the statements name, by hash.
    public let sets: [Hash256: MemberSet]
    let statements: [CheckedStatement]
    /// Of these, and of the records of earlier epochs.
    let headers: [BlockHeader]
    private let quorums: [SignedHeader]
    private let chain: ChainID

    /// - Parameters:
    ///   - closes: the epoch that ends.
    ///   - quorums: final headers that somebody shows beside the statements.
    ///   - records: of earlier epochs since the last one with a quorum.
    /// - Throws: ``RecoveryFault`` for an earlier record that does not hold.
    public init(
        closes: UInt64, statements: [Signed], quorums: [SignedHeader] = [],
        sets: [MemberList] = [], records: [RecoveryRecord] = [], knowledge: RecoveryKnowledge,
        rule: some BaseRule = MayBeFinalRule(), depth: Int = 0
    ) throws(RecoveryFault) {
        self.closes = closes
        chain = knowledge.chain
        var beginning = RecoveryGathering(closes: closes, knowledge: knowledge)
        var refused: [RecoveryFault] = []
        var earlier: [BlockHeader] = []
        for record in records {
            let valid = try CheckedRecord(record, knowledge: knowledge, rule: rule, depth: depth)
            beginning.add(valid: valid)
            earlier += valid.headers + [valid.header]
        }
        let lists = try sets.prefix(RecoveryLimits.sets).map { (list) throws(RecoveryFault) in
            try list.set()
        }
        var shown: [SignedHeader] = []
        for header in quorums.prefix(RecoveryLimits.quorums) {
            do throws(RecoveryFault) {
                let checked = try CheckedHeader(header, epoch: nil, chain: knowledge.chain)
                let named = [checked.header.membersHash, checked.header.nextMembersHash]
                // No others, since the record holds no others.
                beginning.add(quorum: checked, sets: lists.filter { named.contains($0.hash) })
                shown.append(header)
            } catch { refused.append(error) }
        }
        self.quorums = shown
        var checked: [CheckedStatement] = []
        for signed in statements.prefix(RecoveryLimits.statements) {
            do throws(RecoveryFault) {
                guard let envelope = try? Envelope(signed) else {
                    throw .malformed("a statement has no signature")
                }
                checked.append(try CheckedStatement(envelope, chain: knowledge.chain))
            } catch { refused.append(error) }
        }
        // The same whichever order they came in.
        checked.sort {
            ($0.position.member, $0.envelope.bodyHash)
                < ($1.position.member, $1.envelope.bodyHash)
        }
        // Again without those that are refused, until none is: nothing in them may count, since
        // the record holds only what was taken, and must lead everybody to the same base.
        var recovery: RecoveryCase
        while true {
            var gathering = beginning
            for statement in checked { gathering.add(statement) }
            recovery = gathering.recovery()
            if gathering.refusedBodies.isEmpty { break }
            refused += gathering.refused
            checked.removeAll { gathering.refusedBodies.contains($0.envelope.bodyHash) }
        }
        decision = rule.decide(recovery)
        self.refused = refused
        self.statements = checked
        // A member whose node key was renewed may state with each.
        stated = Set(recovery.statements.map(\.member)).sorted()
        self.sets = recovery.sets
        headers = earlier + checked.flatMap(\.headers)
    }

    /// The record that begins the next epoch on the base, without a signature.
    ///
    /// - Parameters:
    ///   - earlier: the records that the statements name.
    ///   - vote: where the base is one of several that contradict each other.
    public func record(
        on base: BlockHeader, earlier: [RecoveryRecord], vote: BaseVote? = nil
    ) -> RecoveryRecord {
        var record = RecoveryRecord()
        if let vote { record.vote = vote }
        record.beginning.epoch = closes + 1
        record.beginning.base = SignedHeader(base, [])
        record.statements = statements.map(\.envelope.message)
        record.earlier = earlier
        record.quorums = quorums
        let headers = [base] + quorums.compactMap { try? BlockHeader(encoded: Array($0.header)) }
        let hashes = Set(headers.flatMap { [$0.membersHash, $0.nextMembersHash] }).sorted()
        record.sets = hashes.compactMap { sets[$0].map { MemberList($0) } }
        return record
    }
}
