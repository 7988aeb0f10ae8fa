import KoinonLedger
import KoinonProtocol

/// The highest block that a member has signed with one node key, in the newest epoch in which
/// it signed any: what its guard holds (docs/finality.md).
public struct GuardRecord: Hashable, Sendable {
    public var member: MemberID
    public var nodeKey: PublicKey
    public var epoch: UInt64
    /// 0 when nothing has been signed in this epoch.
    public var height: Height
    /// Zero when nothing has ever been signed with the key.
    public var hash: Hash256
    /// Set when something was seen that the key signed after this record: it must not sign
    /// any more.
    public var isBarred = false
    /// The order has shown the member's attestations of all its blocks up to this one, as far
    /// as it has signed them. May lag; then some are carried once more.
    public var carriedThrough = Height.genesis

    public init(
        member: MemberID, nodeKey: PublicKey, epoch: UInt64, height: Height, hash: Hash256
    ) {
        self.member = member
        self.nodeKey = nodeKey
        self.epoch = epoch
        self.height = height
        self.hash = hash
    }

    /// Whether the key has signed nothing, and may.
    var isUnused: Bool { hash == .zero && !isBarred }

    /// What a guard begins with when its key is made: nothing is signed with it.
    public static func fresh(_ member: MemberID, _ nodeKey: PublicKey) -> GuardRecord {
        GuardRecord(member: member, nodeKey: nodeKey, epoch: 0, height: .genesis, hash: .zero)
    }
}

/// Keeps a member's guard.
///
/// What it gives is what was raised last, or nothing: losing a record and giving an older one
/// are the two faults that it must not have, since a member that goes on from an older record
/// may sign a second branch. Used by one task at a time.
public protocol AttestationGuard: Sendable {
    /// What was raised last; nil when there is nothing that can be trusted: the member then
    /// only follows.
    ///
    /// - Throws: when it cannot be told, for instance because the file may not be read.
    func current() throws -> GuardRecord?

    /// The record is durable on return.
    func raise(to record: GuardRecord) throws
}
