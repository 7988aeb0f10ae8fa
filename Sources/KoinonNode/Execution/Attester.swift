import KoinonLedger
import KoinonProtocol
import KoinonStore

/// Signs blocks for every member hosted here, in order of height, along the one chain
/// that this process builds, and counts everyone's signatures.
///
/// What it gives back is to be stored before it is released.
struct Attester: Sendable {
    private let chain: ChainID
    private var epoch: UInt64
    private let hosted: [HostedMember]
    private(set) var finality: Finality
    /// Who judges from which height on, ascending; never empty.
    private var judgeSets: [(from: Height, judges: MemberSet)]
    /// Blocks that the members hosted here have still to sign, ascending.
    private var unsigned: [BlockHeader] = []

    /// - Parameters:
    ///   - tip: the last header of the chain.
    ///   - finalHeight: the highest block known to be final; those above are added next.
    ///   - judgeSets: who judges from which height on, ascending, from block 1.
    init(
        hosted: [HostedMember], tip: BlockHeader, finalHeight: Height,
        judgeSets: [(from: Height, judges: MemberSet)]
    ) {
        chain = tip.chain
        epoch = tip.epoch
        self.hosted = hosted
        self.judgeSets = judgeSets
        finality = Finality(finalHeight: finalHeight)
    }

    /// The next block of the chain.
    mutating func add(_ header: BlockHeader, judgedBy judges: MemberSet) {
        if judgeSets.last?.judges != judges { judgeSets.append((header.height, judges)) }
        epoch = header.epoch
        finality.add(header, judgedBy: judges)
        unsigned.append(header)
    }

    /// Counts an attestation that was stored, and so checked, before.
    mutating func count(_ stored: StoredAttestation) {
        finality.count(stored.member, at: stored.height)
    }

    /// Counts an attestation by somebody else, wherever it was seen.
    ///
    /// - Parameter hashAt: the hash of a block of this chain below those not yet final.
    /// - Returns: it, to be stored; nil when it is none of a block and a judge of this chain.
    mutating func count(
        carried signed: Signed, hashAt: (Height) throws -> Hash256?
    ) rethrows -> StoredAttestation? {
        guard let attestation = Attestation(signed, chain: chain), attestation.epoch == epoch,
            !hosted.contains(where: { $0.nodeKey.publicKey == attestation.envelope.publicKey }),
            let judges = judgeSets.last(where: { $0.from <= attestation.height })?.judges,
            let member = judges.members.first(where: {
                $0.nodeKey == attestation.envelope.publicKey
            })?.id,
            try finality.hashOfCandidate(at: attestation.height) ?? hashAt(attestation.height)
                == attestation.blockHash,
            attestation.envelope.isAuthentic(as: .attestation)
        else { return nil }
        finality.count(member, at: attestation.height)
        return StoredAttestation(
            height: attestation.height, member: member, envelope: attestation.envelope)
    }

    /// Signs what may be signed now and is not, for each hosted member that judges it.
    mutating func sign() -> [StoredAttestation] {
        var signed: [StoredAttestation] = []
        var done = 0
        while done < unsigned.count, finality.mayAttest(unsigned[done].height) {
            signed += sign(unsigned[done])
            done += 1
        }
        unsigned.removeFirst(done)
        return signed
    }

    private mutating func sign(_ header: BlockHeader) -> [StoredAttestation] {
        guard let judges = judgeSets.last(where: { $0.from <= header.height })?.judges else {
            return []
        }
        let body = Attestation.body(of: header)
        var signed: [StoredAttestation] = []
        for member in hosted
        where judges.nodeKey(of: member.id) == member.nodeKey.publicKey
            && !finality.hasSigned(member.id, at: header.height)
        {
            signed.append(
                StoredAttestation(
                    height: header.height, member: member.id,
                    envelope: member.nodeKey.sign(body, as: .attestation)))
        }
        for attestation in signed { count(attestation) }
        return signed
    }
}
