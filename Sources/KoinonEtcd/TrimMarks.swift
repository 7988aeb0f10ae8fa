import KoinonLedger
import KoinonProtocol

/// Up to which final block each member says that nobody needs its entries from the engine.
///
/// Any member may say anything. More than f of n are more than can lie, so one of them is honest
/// and holds the block; a quorum is more than f of the members even when as many as f others
/// have taken the place of some of them since.
package struct TrimMarks: Equatable, Sendable {
    package var heights: [MemberID: Height]

    package init(_ heights: [MemberID: Height] = [:]) { self.heights = heights }

    /// Up to there entries may be gone: whoever has not come so far needs blocks of others, who
    /// have them.
    package func certain(among members: [MemberID]) -> Height {
        // f = n − quorum.
        let liars = max(0, members.count - MemberSet.quorum(of: members.count))
        return height(markedBy: liars + 1, of: members)
    }

    /// Up to there they may be deleted.
    package func agreed(among members: [MemberID]) -> Height {
        height(markedBy: MemberSet.quorum(of: members.count), of: members)
    }

    /// The highest that so many have marked, or a higher one; block 0 when fewer have.
    private func height(markedBy count: Int, of members: [MemberID]) -> Height {
        let marked = members.compactMap { heights[$0] }.sorted(by: >)
        return marked.count >= count ? marked[count - 1] : .genesis
    }
}
