import KoinonLedger
import KoinonProtocol

/// The vote on a base where no rule finds one: the statements lead to blocks that contradict
/// each other, and no quorum that was shown settles it.
///
/// It holds only where the rule finds such a conflict, only for one of the blocks in it, and
/// only where one set of members judges all of them and is named by all: else quorums of two
/// sets could begin one epoch on two bases.
public struct VotedBase: Sendable {
    /// What the vote gives up: a block that may be final, with the blocks that go with it.
    public struct Lost: Sendable, Equatable {
        public var top: BlockHeader
        /// On its branch and not on the base's, ascending, the top last.
        public var blocks: [BlockHeader]
        /// Whether a quorum of one of them was shown: it is final, and a newer epoch may have
        /// begun off it all the same, by a vote of those who did not know that.
        public var isShown = false
    }

    public let base: BlockHeader
    /// Ascending by hash of the tops.
    public let lost: [Lost]
    /// Which statements would have settled it.
    public let settling: Settling
    /// From when to when anyone's quorum was awaited, as whoever proposed says.
    public let awaited: ClosedRange<Timestamp>

    /// - Parameter tree: the headers of all statements.
    /// - Throws: ``RecoveryFault`` where the base is not to be voted on.
    init(
        _ vote: BaseVote, on base: BlockHeader, _ decision: BaseDecision, _ tree: BlockTree
    ) throws(RecoveryFault) {
        let (from, until) = (vote.awaitedFromMs, vote.awaitedUntilMs)
        guard from > 0, from <= until, until <= Timestamp.maximum.milliseconds else {
            throw RecoveryFault(
                "the vote does not say from when to when a quorum was awaited",
                remedy: "propose it again with --awaited-since")
        }
        guard case .conflict(let tops, let settling) = decision.outcome else {
            throw RecoveryFault(
                "the statements lead to no blocks that contradict each other, so there is nothing to vote on",
                remedy: "propose without --voted; the rule says what is missing or finds the base")
        }
        guard tops.contains(base) else {
            throw RecoveryFault(
                "block \(base.height), \(base.hash.hex.prefix(16))…, is none of the blocks that contradict each other",
                remedy: "vote on one of those that `koinon alliance recover propose` names")
        }
        guard
            tops.allSatisfy({
                $0.membersHash == base.membersHash && $0.nextMembersHash == base.membersHash
            })
        else {
            throw RecoveryFault(
                "the blocks that contradict each other are judged by different members, or name others, so no quorum decides between them",
                remedy:
                    "gather the statements or the quorum that settles it; else begin a new chain")
        }
        self.base = base
        self.settling = settling
        awaited = Timestamp(milliseconds: from)...Timestamp(milliseconds: until)
        lost = tops.filter { $0 != base }.map { top in
            let blocks = tree.path(from: top.hash).map(\.header)
                .prefix { !tree.isAncestor($0.hash, of: base.hash) }
            return Lost(
                top: top, blocks: blocks.isEmpty ? [top] : blocks.reversed(),
                // What stands beside those that may be final is the one that was shown.
                isShown: decision.isShown(top) ?? true
                    || blocks.contains { decision.isShown($0) == true })
        }
    }
}

extension BaseDecision {
    /// Nil for a block that is none of those that may be final.
    fileprivate func isShown(_ header: BlockHeader) -> Bool? {
        possible.first { $0.header == header }?.isShown
    }
}
