import KoinonLedger
import KoinonProtocol

/// A quorum of judges has signed another block than this chain has at a height.
///
/// Either this node reckons otherwise than the others, or the ordering engine gave it
/// another order than them. It must not go on: what it says is no longer what the alliance
/// says.
public struct QuorumElsewhere: Error, Equatable, Sendable, CustomStringConvertible {
    public let height: Height
    /// The hash of this chain's block.
    public let own: Hash256
    /// The hash that the quorum signed.
    public let theirs: Hash256
    /// Ascending by member.
    public let attestations: [MemberAttestation]
    /// How many members the set has that they belong to.
    public let judges: Int

    /// An attestation and whose it is.
    public struct MemberAttestation: Equatable, Sendable {
        public let member: MemberID
        public let attestation: Attestation
    }

    public var description: String {
        let names = attestations.map(\.member.rawValue).joined(separator: ", ")
        return
            "block \(height): \(attestations.count) of \(judges) members (\(names)) signed \(theirs), this node has \(own); it stops rather than say something else than they do. Compare both ledgers with `koinon verify --headers FILE`: where they differ first, either the node or the order that it was given is wrong"
    }
}
