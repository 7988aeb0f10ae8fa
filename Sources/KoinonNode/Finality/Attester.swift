import KoinonLedger
import KoinonProtocol
import KoinonStore

/// What the attester has signed, and what must be durable before anybody sees it, in this
/// order: guards, then the store, then everybody else.
public struct SigningStep: Sendable {
    /// At most one for each member and key.
    public var guards: [GuardRecord] = []
    /// Ascending by height and member.
    public var attestations: [StoredAttestation] = []

    public init() {}

    public var isEmpty: Bool { guards.isEmpty && attestations.isEmpty }

    /// What came later goes behind; of two records for one key the later one stays.
    public mutating func append(_ later: SigningStep) {
        for record in later.guards { add(record) }
        attestations += later.attestations
    }

    mutating func add(_ record: GuardRecord) {
        guards.removeAll { $0.member == record.member && $0.nodeKey == record.nodeKey }
        guards.append(record)
    }
}

/// Attests the blocks of one chain for the members hosted here, each along its one branch,
/// and counts everyone's attestations.
///
/// Pure: it is told of blocks and attestations and says what to keep. Every block is attested
/// that a hosted member judges and may sign, also those that closed before it could.
public struct Attester: Sendable {
    /// One hosted member with one of its node keys.
    private struct Signer: Sendable {
        var key: SigningKey
        var rule: BranchRule
        /// The next block that it has to look at.
        var next: Height
    }

    /// Blocks that wait for a signer at most; older ones are left to their descendants, which
    /// make them final too.
    static let waitingMaximum = 4_096

    private let chain: ChainID
    private let rules: AllianceRules
    private var signers: [Signer]
    public private(set) var finality: Finality
    /// Above the final block, or still to be signed by someone; ascending without gaps.
    private var headers: [BlockHeader] = []

    /// - Parameters:
    ///   - hosted: the members hosted here, with where each stands on this chain; a member
    ///     may come twice, with two keys, while it changes from one to the other.
    ///   - finality: of this chain, as far as it is final; later blocks are added next.
    public init(
        chain: ChainID, hosted: [(member: HostedMember, rule: BranchRule)], finality: Finality,
        rules: AllianceRules = .standard
    ) {
        self.chain = chain
        self.rules = rules
        self.finality = finality
        signers = hosted.map {
            Signer(key: $0.member.nodeKey, rule: $0.rule, next: finality.finalHeight.next)
        }
    }

    /// A hosted member has another key, with which it signs what it judges with it.
    ///
    /// - Parameter rule: where that key stands on this chain, after its last block.
    public mutating func add(_ member: HostedMember, rule: BranchRule) {
        signers.append(
            Signer(key: member.nodeKey, rule: rule, next: finality.finalHeight.next))
    }

    /// How each hosted member stands to the chain, by node key.
    public var standings: [(member: MemberID, nodeKey: PublicKey, standing: BranchStanding)] {
        signers.map { ($0.rule.member, $0.rule.nodeKey, $0.rule.standing) }
    }

    /// As `Finality.takeContradictions()`.
    public mutating func takeContradictions() -> [Contradiction] { finality.takeContradictions() }

    /// As `Finality.takeBranches()`.
    public mutating func takeBranches() -> [TwoBranches] { finality.takeBranches() }

    /// The next block of the chain.
    public mutating func add(
        _ header: BlockHeader, judgedBy judges: MemberSet, silenced: Set<MemberID> = []
    ) {
        finality.add(header, judgedBy: judges, silenced: silenced)
        for index in signers.indices { signers[index].rule.reach(header) }
        guard !signers.isEmpty else { return }
        headers.append(header)
        if headers.count > Self.waitingMaximum {
            headers.removeFirst(headers.count - Self.waitingMaximum)
        }
    }

    /// Counts an attestation that was stored, and so checked, before.
    public mutating func count(_ stored: StoredAttestation) {
        guard let attestation = Attestation(stored.envelope, chain: chain) else { return }
        finality.count(attestation, hashAt: { _ in nil }, isAuthentic: { _ in true })
    }

    /// What became of an attestation that was seen somewhere.
    public struct Seen: Sendable {
        /// To be stored when it is of a block of this chain and by one of its judges.
        public var stored: StoredAttestation?
        /// To be raised at once: a hosted member's guard turned out to be an old copy.
        public var guardRecord: GuardRecord?
        public var verdict: Finality.Verdict
    }

    /// Counts an attestation, wherever it was seen: in an entry with or without effect, from a
    /// peer, in a file.
    ///
    /// - Parameters:
    ///   - epoch: of the order in which it was read, when the blocks closed by all entries up to
    ///     there are added; nil for what was seen elsewhere. As `Finality.attestedAhead` needs it.
    ///   - hashAt: hash and epoch of a block of this chain below those not yet final.
    public mutating func count(
        carried signed: Signed, inOrderOf epoch: UInt64? = nil,
        hashAt: (Height) throws -> (hash: Hash256, epoch: UInt64)?
    ) rethrows -> Seen {
        guard let attestation = Attestation(signed, chain: chain) else {
            return Seen(verdict: .ignored)
        }
        if let epoch { finality.noteInOrder(attestation, epoch: epoch) }
        let own = signers.firstIndex { $0.rule.nodeKey == attestation.publicKey }
        // Made here, stored, and final long ago: as many come as blocks in a replay.
        if let own, !finality.remembers(attestation.height),
            signers[own].rule.covers(attestation)
        {
            return Seen(verdict: .ignored)
        }
        let verdict = try finality.count(attestation, hashAt: hashAt)
        var seen = Seen(verdict: verdict)
        switch verdict {
        case .counted(let member), .silenced(let member):
            seen.stored = StoredAttestation(
                height: attestation.height, member: member, envelope: attestation.envelope)
            if let own { seen.guardRecord = see(attestation, isOfChain: true, by: own) }
        case .early:
            if let own { seen.guardRecord = see(attestation, isOfChain: true, by: own) }
        case .elsewhere:
            if let own { seen.guardRecord = see(attestation, isOfChain: false, by: own) }
        case .known, .ignored: break
        }
        return seen
    }

    private mutating func see(
        _ attestation: Attestation, isOfChain: Bool, by signer: Int
    ) -> GuardRecord? {
        signers[signer].rule.see(attestation, isOfChain: isOfChain)
    }

    /// The order has shown all attestations of one key up to a height.
    public mutating func carried(_ key: PublicKey, through height: Height) {
        for index in signers.indices where signers[index].rule.nodeKey == key {
            signers[index].rule.carried(through: height)
        }
    }

    /// Signs what may be signed now and is not, for each hosted member that judges it.
    ///
    /// - Parameter stored: the last block that is durable: none beyond it is signed, since a guard
    ///   must not hold a block that never was. Nil where all that were added are.
    public mutating func sign(through stored: Height? = nil) -> SigningStep {
        var step = SigningStep()
        // Of a chain that is not the alliance's, or of an order that is not, nothing is signed any
        // more: the last blocks may have been closed without entries that others were shown.
        guard finality.quorumElsewhere == nil, finality.attestedAhead == nil else { return step }
        // What one signs may allow another to go on past a change of members.
        while true {
            let before = step.attestations.count
            for index in signers.indices { sign(with: index, through: stored, &step) }
            if step.attestations.count == before { break }
        }
        step.attestations.sort { ($0.height, $0.member) < ($1.height, $1.member) }
        dropHeaders()
        return step
    }

    private mutating func sign(
        with index: Int, through stored: Height?, _ step: inout SigningStep
    ) {
        guard let first = headers.first?.height else { return }
        signers[index].next = max(signers[index].next, first)
        while finality.mayAttest(signers[index].next) {
            let place = Int(signers[index].next.rawValue - first.rawValue)
            guard headers.indices.contains(place) else { return }
            let header = headers[place]
            if let stored, header.height > stored { return }
            let rule = signers[index].rule
            let isAllowed = rules.attests(header, rule.standing, rule.record)
            // It is not yet known whether it may.
            if case .catchesUp = rule.standing, !isAllowed { return }
            if isAllowed { attest(header, with: index, &step) }
            signers[index].next = header.height.next
        }
    }

    private mutating func attest(
        _ header: BlockHeader, with index: Int, _ step: inout SigningStep
    ) {
        let signer = signers[index]
        let member = signer.rule.member
        guard finality.judges(of: header.height)?.nodeKey(of: member) == signer.rule.nodeKey,
            !finality.hasSigned(member, at: header.height)
        else { return }
        if let record = signers[index].rule.sign(header) { step.add(record) }
        let envelope = signer.key.sign(Attestation.body(of: header), as: .attestation)
        let stored = StoredAttestation(height: header.height, member: member, envelope: envelope)
        step.attestations.append(stored)
        count(stored)
    }

    /// Those that every signer has looked at.
    private mutating func dropHeaders() {
        guard let first = headers.first?.height, let next = signers.map(\.next).min(), next > first
        else { return }
        headers.removeFirst(min(headers.count, Int(next.rawValue - first.rawValue)))
    }
}
