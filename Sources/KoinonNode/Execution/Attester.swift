import Foundation
import KoinonLedger
import KoinonProtocol

/// A member's signature under a block's hash.
public struct Attestation: Sendable {
    public var height: Height
    public var member: MemberID
    public var envelope: Envelope

    public init(height: Height, member: MemberID, envelope: Envelope) {
        self.height = height
        self.member = member
        self.envelope = envelope
    }
}

/// Signs blocks for every member hosted here, in order of height, along the one
/// chain that this process builds; what it signs is stored before it is released.
struct Attester: Sendable {
    let chain: ChainID
    let members: [HostedMember]

    /// The attestations of one block by those hosted members that judge it.
    func attest(_ header: BlockHeader, judgedBy judges: MemberSet) -> [Attestation] {
        var body = AttestationBody()
        body.chain = Data(chain.bytes)
        body.epoch = header.epoch
        body.height = header.height.rawValue
        body.blockHash = Data(header.hash.bytes)
        let bytes = body.encoded
        return members.compactMap { member in
            guard judges.members.contains(where: { $0.id == member.id && $0.nodeKey == member.nodeKey.publicKey })
            else { return nil }
            return Attestation(
                height: header.height, member: member.id,
                envelope: member.nodeKey.sign(bytes, as: .attestation))
        }
    }
}
