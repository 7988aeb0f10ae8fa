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

extension [HostedMember] {
    /// Whether no member is missing: who holds the keys of all deceives nobody else.
    func areAll(of members: MemberSet) -> Bool {
        Set(members.members.map(\.id)).isSubset(of: map(\.id))
    }
}
