import Foundation
import KoinonLedger
import KoinonProtocol

/// A record that begins an epoch: its statements lead to its base, whoever computes, or leave
/// it to a vote.
public struct CheckedRecord: Sendable {
    public let message: RecoveryRecord
    public let epoch: UInt64
    let base: CheckedHeader
    let sets: [MemberSet]
    /// Of all statements in it and in the records of earlier epochs that it holds.
    let headers: [BlockHeader]
    public let decision: BaseDecision
    /// What whoever signs it votes for; nil where the statements lead to the base.
    public let vote: VotedBase?

    /// Of the base.
    public var header: BlockHeader { base.header }

    /// - Throws: ``RecoveryFault`` when it is malformed, or its statements lead elsewhere.
    public init(
        _ message: RecoveryRecord, knowledge: RecoveryKnowledge, rule: some BaseRule, depth: Int = 0
    ) throws(RecoveryFault) {
        guard message.hasBeginning, message.beginning.epoch > 0,
            message.statements.count <= RecoveryLimits.statements,
            message.sets.count <= RecoveryLimits.sets,
            message.quorums.count <= RecoveryLimits.quorums,
            message.earlier.count <= RecoveryLimits.earlierRecords,
            depth <= RecoveryLimits.earlierRecords
        else { throw .malformed("a record holds less or more than it may") }
        self.message = message
        epoch = message.beginning.epoch
        base = try CheckedHeader(
            message.beginning.base, epoch: epoch, chain: knowledge.chain)
        sets = try message.sets.map { (list) throws(RecoveryFault) in try list.set() }
        let ceremony = try Ceremony(
            closes: epoch - 1, statements: message.statements, quorums: message.quorums,
            sets: message.sets, records: message.earlier, knowledge: knowledge, rule: rule,
            depth: depth + 1)
        if let fault = ceremony.refused.first { throw fault }
        decision = ceremony.decision
        headers = ceremony.headers
        if message.hasVote {
            vote = try VotedBase(
                message.vote, on: base.header, decision, BlockTree(ceremony.headers + [base.header])
            )
            return
        }
        vote = nil
        guard decision.outcome == .base(base.header) else {
            throw RecoveryFault(
                "the record of epoch \(epoch) begins on block \(base.header.height), "
                    + "which its statements do not lead to",
                remedy: "do not sign it; compute the base with `koinon alliance recover propose`")
        }
    }

    /// Of one set concerned: who has signed, and how many must.
    public struct Signing: Sendable {
        public var members: MemberSet
        public var signed: [MemberID]
        public var isComplete: Bool { signed.count >= members.quorum }
        public var missing: [MemberID] {
            members.members.map(\.id).filter { !signed.contains($0) }
        }
    }

    /// The sets whose quorums the record needs: who judge the base, and whom it names.
    public var signings: [Signing] {
        var hashes = [header.membersHash]
        if header.nextMembersHash != header.membersHash { hashes.append(header.nextMembersHash) }
        return hashes.map { hash in
            let set = sets.first { $0.hash == hash } ?? MemberSet([])
            return Signing(
                members: set,
                signed: set.members.filter { base.attestations[$0.nodeKey] != nil }.map(\.id))
        }
    }

    /// Whether the epoch may begin.
    public var hasQuorums: Bool { signings.allSatisfy(\.isComplete) }
}
