import KoinonLedger
import KoinonProtocol

/// A member whose node key this process holds.
public struct HostedMember: Sendable {
    public let id: MemberID
    public let nodeKey: SigningKey

    public init(id: MemberID, nodeKey: SigningKey) {
        self.id = id
        self.nodeKey = nodeKey
    }
}
