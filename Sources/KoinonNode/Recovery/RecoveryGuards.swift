import KoinonLedger
import KoinonProtocol

/// The guards of a home's members, as a ceremony needs them.
///
/// A member without its current guard cannot know what it has attested: it gives no statement,
/// which counts as if it might have attested anything, and signs no record, since it may have
/// signed another one of the same epoch.
public struct RecoveryGuards: Sendable {
    private let guardOf: @Sendable (HostedMember) throws -> (any AttestationGuard)?

    /// - Parameter guardOf: a member's guard; nil where none is kept.
    public init(
        _ guardOf: @escaping @Sendable (HostedMember) throws -> (any AttestationGuard)? = { _ in
            nil
        }
    ) {
        self.guardOf = guardOf
    }

    /// Those in the files of a home. Where one process orders the entries and hosts everybody,
    /// as in homes that were made before there were guards, a missing one was never kept.
    public init(home: NodeHome) {
        self.init { member in
            let file = GuardFile(
                home: home.directory, member: member.id, nodeKey: member.nodeKey.publicKey)
            let isKept = try home.configuration().engine != nil || file.current() != nil
            return isKept ? file : nil
        }
    }

    /// What the member's guard holds; nil where none is kept.
    ///
    /// - Throws: ``RecoveryFault`` when it is lost or an old copy.
    func record(of member: HostedMember) throws -> GuardRecord? {
        guard let kept = try guardOf(member) else { return nil }
        guard let record = try kept.current(), !record.isBarred else {
            throw RecoveryFault(
                "\(member.id) has no current guard, so nobody can tell what its node key has signed",
                remedy:
                    "leave it without a statement: the others go on as if it might have signed anything"
            )
        }
        return record
    }

    /// The member signs a base in an epoch; its guard holds that from now on.
    ///
    /// - Throws: ``RecoveryFault`` when it has signed another one there, or a later epoch's.
    func enter(_ epoch: UInt64, at base: BlockHeader, _ member: HostedMember) throws {
        guard let record = try record(of: member) else { return }
        if record.epoch == epoch, record.hash == base.hash { return }
        guard record.epoch < epoch else {
            throw RecoveryFault(
                "\(member.id) has signed a block of epoch \(record.epoch) already",
                remedy:
                    "close that epoch with `koinon alliance recover state` and begin a later one")
        }
        var next = GuardRecord(
            member: member.id, nodeKey: member.nodeKey.publicKey, epoch: epoch,
            height: base.height, hash: base.hash)
        next.carriedThrough = min(record.carriedThrough, base.height)
        try guardOf(member)?.raise(to: next)
    }
}
