import KoinonLedger
import KoinonProtocol

/// How a hosted member stands to the chain that its node follows.
public struct MemberStanding: Hashable, Sendable {
    public var member: MemberID
    public var nodeKey: PublicKey
    public var standing: BranchStanding
}
