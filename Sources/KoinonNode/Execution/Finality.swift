import KoinonLedger
import KoinonProtocol

/// Which blocks a quorum of their judges has signed.
///
/// A quorum is counted only once the block that named its set is final by its own
/// quorum; a block with a quorum makes its ancestors final.
struct Finality: Sendable {
    private struct Candidate {
        var hash: Hash256
        var judges: MemberSet
        var changesMembers: Bool
        var signed: Set<MemberID> = []
        var hasQuorum: Bool { signed.count >= judges.quorum }
    }

    /// The highest final block; block 0 is final by definition.
    private(set) var finalHeight: Height
    private var candidates: [Height: Candidate] = [:]
    private var tip: Height
    /// Blocks that change the members and have no quorum of their own yet, ascending.
    private var openChanges: [Height] = []

    init(finalHeight: Height) {
        self.finalHeight = finalHeight
        tip = finalHeight
    }

    /// The next block; its height is one above the one before.
    mutating func add(_ header: BlockHeader, judgedBy judges: MemberSet) {
        let changesMembers = header.membersHash != header.nextMembersHash
        tip = header.height
        candidates[header.height] = Candidate(
            hash: header.hash, judges: judges, changesMembers: changesMembers)
        if changesMembers { openChanges.append(header.height) }
    }

    /// Whether a member may sign the block: not past a change of members that lacks
    /// its own quorum.
    func mayAttest(_ height: Height) -> Bool {
        openChanges.first.map { height <= $0 } ?? true
    }

    /// The hash of a block that is not final yet.
    func hashOfCandidate(at height: Height) -> Hash256? { candidates[height]?.hash }

    /// Whether a block that is not final yet has the member's signature.
    func hasSigned(_ member: MemberID, at height: Height) -> Bool {
        candidates[height]?.signed.contains(member) ?? false
    }

    /// Counts an attestation that names this chain's block and whose signature holds.
    mutating func count(_ member: MemberID, at height: Height) {
        guard var candidate = candidates[height],
            candidate.judges.nodeKey(of: member) != nil
        else { return }
        let hadQuorum = candidate.hasQuorum
        candidate.signed.insert(member)
        candidates[height] = candidate
        guard candidate.hasQuorum, !hadQuorum else { return }
        openChanges.removeAll { $0 == height }
        advance()
    }

    private mutating func advance() {
        // Up to and including the first change of members one set judges; a quorum
        // further on counts only after the change itself has its own.
        var highest: Height?
        var height = finalHeight.next
        while height <= tip, let candidate = candidates[height] {
            if candidate.hasQuorum { highest = height }
            if candidate.changesMembers, !candidate.hasQuorum { break }
            height = height.next
        }
        guard let highest else { return }
        while finalHeight < highest {
            finalHeight = finalHeight.next
            candidates[finalHeight] = nil
        }
    }
}
