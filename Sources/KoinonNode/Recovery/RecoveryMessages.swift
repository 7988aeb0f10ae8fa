import Foundation
import KoinonLedger
import KoinonProtocol

/// Between the messages of a ceremony and what the rules work on; decoding is strict.
extension MemberList {
    init(_ set: MemberSet) {
        self.init()
        members = set.members.map { member in
            ListedMember.with {
                $0.id = member.id.rawValue
                $0.nodeKey = Data(member.nodeKey.bytes)
            }
        }
    }

    /// - Throws: ``RecoveryFault`` unless ids are ascending, each once, and keys have 32 bytes.
    func set() throws(RecoveryFault) -> MemberSet {
        guard (1...GenesisDocument.membersMaximum).contains(members.count) else {
            throw .malformed("a set of members has \(members.count) members")
        }
        var entries: [MemberSet.Entry] = []
        for member in members {
            guard let id = MemberID(rawValue: member.id), let key = PublicKey(member.nodeKey),
                entries.last.map({ $0.id < id }) ?? true
            else { throw .malformed("a set of members is malformed or not ascending") }
            entries.append(MemberSet.Entry(id: id, nodeKey: key))
        }
        return MemberSet(entries)
    }
}

extension SignedHeader {
    init(_ header: BlockHeader, _ attestations: [Envelope]) {
        self.init()
        self.header = Data(header.encoded)
        self.attestations = attestations.map(\.message)
    }
}

/// A header and attestations of it whose signatures hold.
struct CheckedHeader: Sendable {
    var header: BlockHeader
    /// By node key, of this header and epoch.
    var attestations: [PublicKey: Envelope]

    /// - Parameter epoch: that the attestations name; the header's own when nil.
    init(_ message: SignedHeader, epoch: UInt64?, chain: ChainID) throws(RecoveryFault) {
        do { header = try BlockHeader(encoded: Array(message.header)) } catch {
            throw .malformed("a header cannot be read: \(error)")
        }
        guard header.chain == chain else { throw .malformed("a header is of another chain") }
        guard message.attestations.count <= RecoveryLimits.attestations else {
            throw .malformed("a header has \(message.attestations.count) attestations")
        }
        attestations = [:]
        let point = BlockPoint(header)
        for signed in message.attestations {
            let checked = try CheckedAttestation(signed, chain: chain)
            guard checked.point.block == point,
                checked.point.epoch == epoch ?? header.epoch
            else { throw .malformed("block \(header.height): an attestation is of another block") }
            attestations[checked.point.key] = checked.envelope
        }
    }

    func hasQuorum(of set: MemberSet) -> Bool {
        set.members.count { attestations[$0.nodeKey] != nil } >= set.quorum
    }
}

/// An attestation whose signature holds.
struct CheckedAttestation: Sendable {
    var envelope: Envelope
    var point: AttestedPoint

    init(_ signed: Signed, chain: ChainID) throws(RecoveryFault) {
        guard let attestation = Attestation(signed, chain: chain),
            attestation.envelope.isAuthentic(as: .attestation)
        else { throw .malformed("an attestation is malformed or not authentic") }
        envelope = attestation.envelope
        point = AttestedPoint(
            key: envelope.publicKey, epoch: attestation.epoch,
            block: BlockPoint(height: attestation.height, hash: attestation.blockHash))
    }
}
