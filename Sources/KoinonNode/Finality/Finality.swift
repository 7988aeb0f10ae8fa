import KoinonLedger
import KoinonProtocol

/// Which blocks of a node's chain a quorum of their judges has signed, from everybody's
/// attestations, wherever they were seen.
///
/// A block with a quorum of its judges is final, and so are the blocks before it. A quorum
/// counts only once the block that named its set is final by its own quorum, back to genesis.
/// Pure: told of blocks and attestations, in any order, it comes to the same end.
public struct Finality: Sendable {
    /// What became of an attestation.
    public enum Verdict: Hashable, Sendable {
        /// Of a block of this chain, by a judge of it, and new.
        case counted(MemberID)
        /// As before, but counted before.
        case known(MemberID)
        /// As before, but by a member that the order has silenced: it stays what it is, a
        /// signature, and counts for nothing.
        case silenced(MemberID)
        /// Of a height that this chain has not reached; kept, and counted when it comes.
        case early
        /// Of another block than this chain has; kept.
        case elsewhere
        /// Of nobody who judges, of another epoch, too far ahead, or not signed.
        case ignored
    }

    private struct Candidate {
        var hash: Hash256
        var epoch: UInt64
        var judges: MemberSet
        var silenced: Set<MemberID>
        var quorum: Int
        var changesMembers: Bool
        var signed: [MemberID: Attestation] = [:]
        var hasQuorum: Bool { signed.count >= quorum }
    }

    /// Final blocks whose attestations are remembered, so that a contradiction is noticed.
    static let remembered: UInt64 = 64
    /// How far ahead of the chain attestations are kept.
    static let ahead: UInt64 = 1_024

    private let rules: AllianceRules
    /// The highest final block; block 0 is final by definition.
    public private(set) var finalHeight: Height
    /// The last block.
    public private(set) var tip: Height
    private var candidates: [Height: Candidate] = [:]
    /// Who judges from which height on, ascending.
    private var judgeSets: [(from: Height, judges: MemberSet)]
    /// Blocks that change the members and have no quorum of their own yet, ascending.
    private var openChanges: [Height] = []
    private var strays = StrayAttestations()
    private var contradictions: [PublicKey: Contradiction] = [:]
    private var branches: [PublicKey: TwoBranches] = [:]
    private var aheadInOrder = AheadInOrder()
    /// Set once a quorum has signed another block than this chain has; stays.
    public private(set) var quorumElsewhere: QuorumElsewhere?
    /// Set once the order has shown that others were given another one; stays.
    public private(set) var attestedAhead: AttestedAhead?

    /// - Parameters:
    ///   - finalHeight: the highest block known to be final; those above are added next.
    ///   - judgeSets: who judges from which height on, ascending, from block 1, as far as it
    ///     is known; ``add(_:judgedBy:silenced:)`` goes on with it.
    public init(
        finalHeight: Height, judgeSets: [(from: Height, judges: MemberSet)] = [],
        rules: AllianceRules = .standard
    ) {
        self.finalHeight = finalHeight
        self.judgeSets = judgeSets
        self.rules = rules
        tip = finalHeight
    }

    /// The next block of the chain; its height is one above the one before.
    ///
    /// - Parameter silenced: the judges that contradicted themselves as the order showed
    ///   before this block; they count among the set's members, but not among its signers.
    public mutating func add(
        _ header: BlockHeader, judgedBy judges: MemberSet, silenced: Set<MemberID> = []
    ) {
        let height = header.height
        let changesMembers = header.membersHash != header.nextMembersHash
        tip = height
        if judgeSets.last?.judges != judges { judgeSets.append((height, judges)) }
        candidates[height] = Candidate(
            hash: header.hash, epoch: header.epoch, judges: judges, silenced: silenced,
            quorum: rules.quorum(judges), changesMembers: changesMembers)
        if changesMembers { openChanges.append(height) }
        for stray in strays.all(at: height) {
            strays.drop(stray)
            // Its signature was checked when it came.
            count(stray, hashAt: { _ in nil }, isAuthentic: { _ in true })
        }
    }

    /// Whether attestations of that height are compared with those known of it.
    func remembers(_ height: Height) -> Bool { height > tip || candidates[height] != nil }

    /// Whether a member may sign the block: not past a change of members that lacks
    /// its own quorum.
    public func mayAttest(_ height: Height) -> Bool {
        openChanges.first.map { height <= $0 || rules.attestsBeyondChange(false) } ?? true
    }

    /// Who judges the block: as its chain names them, for blocks to come as far as is known.
    public func judges(of height: Height) -> MemberSet? {
        judgeSets.last { $0.from <= height }?.judges
    }

    /// Whether a block that is not final yet has the member's signature.
    public func hasSigned(_ member: MemberID, at height: Height) -> Bool {
        candidates[height]?.signed[member] != nil
    }

    /// Who has signed a block that is not final yet, or was made final lately; ascending.
    public func signers(at height: Height) -> [MemberID] {
        candidates[height]?.signed.keys.sorted() ?? []
    }

    /// The contradictions found since this was called last, ascending by key; one a key.
    public mutating func takeContradictions() -> [Contradiction] {
        defer { contradictions = [:] }
        return contradictions.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Who signed on two branches, as was found since this was called last, ascending by key.
    public mutating func takeBranches() -> [TwoBranches] {
        defer { branches = [:] }
        return branches.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Counts an attestation if it is one of this chain, and keeps it if it may be of use.
    ///
    /// - Parameters:
    ///   - hashAt: hash and epoch of a block of this chain, asked for old ones only.
    ///   - isAuthentic: whether its signature holds; asked last, since it takes longest.
    @discardableResult
    public mutating func count(
        _ attestation: Attestation,
        hashAt: (Height) throws -> (hash: Hash256, epoch: UInt64)?,
        isAuthentic: (Envelope) -> Bool = { $0.isAuthentic(as: .attestation) }
    ) rethrows -> Verdict {
        let height = attestation.height
        guard height > .genesis else { return .ignored }
        guard height <= tip else { return keepEarly(attestation, isAuthentic) }
        let own: (hash: Hash256, epoch: UInt64)?
        if let candidate = candidates[height] {
            own = (candidate.hash, candidate.epoch)
        } else {
            own = try hashAt(height)
        }
        guard let own else { return .ignored }
        guard attestation.blockHash == own.hash else {
            return keepElsewhere(attestation, own: own.hash, isAuthentic)
        }
        guard attestation.epoch == own.epoch,
            let member = judges(of: height)?.member(signingWith: attestation.publicKey)
        else { return .ignored }
        guard var candidate = candidates[height] else {
            return isAuthentic(attestation.envelope) ? .counted(member) : .ignored
        }
        if candidate.signed[member] != nil { return .known(member) }
        guard isAuthentic(attestation.envelope) else { return .ignored }
        note(attestation)
        if candidate.silenced.contains(member) { return .silenced(member) }
        let hadQuorum = candidate.hasQuorum
        candidate.signed[member] = attestation
        candidates[height] = candidate
        if candidate.hasQuorum, !hadQuorum {
            openChanges.removeAll { $0 == height }
            advance()
        }
        return .counted(member)
    }

    /// Looks whether an attestation stands in the order before its block does.
    ///
    /// Not for what comes from elsewhere, or what an earlier process has read: that says nothing
    /// about which entries were there to be read before.
    ///
    /// - Parameters:
    ///   - attestation: from an entry of the order; the blocks that the entries up to it closed
    ///     are added.
    ///   - epoch: that the order belongs to. What members signed in an earlier one may be of
    ///     blocks that are gone.
    mutating func noteInOrder(_ attestation: Attestation, epoch: UInt64) {
        guard attestedAhead == nil, attestation.height > tip, attestation.epoch == epoch,
            let judges = judges(of: tip.next)
        else { return }
        var found = aheadInOrder.note(attestation, tip: tip, judges: judges, rules: rules)
        if found != nil { found?.parted = parted }
        attestedAhead = found
    }

    private mutating func advance() {
        // Up to and including the first change of members one set judges; a quorum
        // further on counts only after the change itself has its own.
        var highest: Height?
        var height = finalHeight.next
        while height <= tip, let candidate = candidates[height] {
            if candidate.hasQuorum { highest = height }
            if candidate.changesMembers, !rules.countsBeyondChange(candidate.hasQuorum) { break }
            height = height.next
        }
        if let highest { settle(through: highest) }
    }

    /// An epoch has begun on the last block, by a record that a quorum of its judges and of those
    /// whom it names signed: it is final.
    public mutating func beganEpoch() {
        guard tip > finalHeight else { return }
        openChanges = []
        settle(through: tip)
    }

    private mutating func settle(through highest: Height) {
        let before = finalHeight
        finalHeight = highest
        func forgotten(_ final: Height) -> UInt64 {
            final.rawValue - min(final.rawValue, Self.remembered)
        }
        for old in forgotten(before)..<forgotten(highest) { candidates[Height(old)] = nil }
        strays.forget(below: Height(forgotten(highest)))
    }
}

// MARK: - Attestations of other blocks

extension Finality {
    private mutating func keepEarly(
        _ attestation: Attestation, _ isAuthentic: (Envelope) -> Bool
    ) -> Verdict {
        guard attestation.height.rawValue - tip.rawValue <= Self.ahead,
            sets(for: attestation.height).contains(where: {
                $0.member(signingWith: attestation.publicKey) != nil
            })
        else { return .ignored }
        return keep(attestation, isAuthentic) ? .early : .ignored
    }

    private mutating func keepElsewhere(
        _ attestation: Attestation, own: Hash256, _ isAuthentic: (Envelope) -> Bool
    ) -> Verdict {
        let sets = sets(for: attestation.height)
        guard sets.contains(where: { $0.member(signingWith: attestation.publicKey) != nil }),
            keep(attestation, isAuthentic)
        else { return .ignored }
        if quorumElsewhere == nil { lookElsewhere(attestation, own: own, sets) }
        return .elsewhere
    }

    /// - Returns: whether its signature holds, as was found now or before.
    private mutating func keep(
        _ attestation: Attestation, _ isAuthentic: (Envelope) -> Bool
    ) -> Bool {
        let kept = strays.attestation(
            by: attestation.publicKey, at: attestation.height, epoch: attestation.epoch)
        if kept == attestation { return true }
        guard isAuthentic(attestation.envelope) else { return false }
        note(attestation)
        if kept == nil { strays.keep(attestation) }
        return true
    }

    /// Compares an authentic attestation with those that its signer made before: of this
    /// height, and on this chain or aside of it.
    private mutating func note(_ attestation: Attestation) {
        noteBranches(attestation)
        let height = attestation.height
        var others = [
            strays.attestation(
                by: attestation.publicKey, at: height, epoch: attestation.epoch)
        ]
        if let candidate = candidates[height],
            let member = candidate.judges.member(signingWith: attestation.publicKey)
        {
            others.append(candidate.signed[member])
        }
        for other in others.compactMap({ $0 }) {
            guard let contradiction = Contradiction(other, attestation) else { continue }
            contradictions[attestation.publicKey] = contradiction
        }
    }

    /// What is kept aside up to the last block is of no block of this chain.
    private mutating func noteBranches(_ attestation: Attestation) {
        let (key, height) = (attestation.publicKey, attestation.height)
        guard height <= tip else { return }
        var found: TwoBranches?
        if candidates[height]?.hash == attestation.blockHash {
            found = strays.lowest(by: key, below: height, epoch: attestation.epoch)
                .flatMap { TwoBranches(aside: $0, onChain: attestation) }
        } else {
            found =
                candidates.filter { $0.key > height }.sorted { $0.key < $1.key }
                .lazy.compactMap { $0.value.signed.values.first { $0.publicKey == key } }
                .compactMap { TwoBranches(aside: attestation, onChain: $0) }.first
        }
        if let found { branches[key] = found }
    }

    /// The sets that may judge a block of that height on another branch that leaves this chain
    /// beyond what is final: those that this chain names from there to the block.
    private func sets(for height: Height) -> [MemberSet] {
        let lowest = min(height, finalHeight.next)
        let first = judgeSets.lastIndex { $0.from <= lowest } ?? judgeSets.startIndex
        return judgeSets[first...].prefix { $0.from <= height }.map(\.judges)
    }

    /// The lowest block that is not final, and beside which more of its judges have signed another
    /// one than may lie.
    private var parted: Height? {
        candidates.keys.filter { $0 > finalHeight }.sorted().first { height in
            guard let own = candidates[height] else { return false }
            let others = strays.all(at: height).filter {
                $0.epoch == own.epoch && $0.blockHash != own.hash
            }
            let signed = own.judges.members.count { member in
                others.contains { $0.publicKey == member.nodeKey }
            }
            return signed > own.judges.members.count - own.quorum
        }
    }

    private mutating func lookElsewhere(
        _ attestation: Attestation, own: Hash256, _ sets: [MemberSet]
    ) {
        let same = strays.all(at: attestation.height).filter {
            $0.blockHash == attestation.blockHash && $0.epoch == attestation.epoch
        }
        for judges in sets {
            let signed = judges.members.compactMap { member in
                same.first { $0.publicKey == member.nodeKey }.map {
                    QuorumElsewhere.MemberAttestation(member: member.id, attestation: $0)
                }
            }
            guard signed.count >= rules.quorum(judges) else { continue }
            quorumElsewhere = QuorumElsewhere(
                height: attestation.height, own: own, theirs: attestation.blockHash,
                attestations: signed, judges: judges.members.count)
            return
        }
    }
}

extension MemberSet {
    /// The member whose node key it is.
    func member(signingWith key: PublicKey) -> MemberID? {
        members.first { $0.nodeKey == key }?.id
    }
}
