import KoinonLedger
import KoinonProtocol

/// How a member stands to the chain that its node follows.
public enum BranchStanding: Hashable, Sendable {
    /// What it signed last is on this chain, or it has signed nothing in this epoch.
    case attests
    /// The chain has not come to what it signed last: it waits until that shows.
    case catchesUp(to: Height)
    /// It must not sign, and only follows.
    case follows(FollowingReason)
}

/// Why a member only follows.
public enum FollowingReason: Hashable, Sendable, CustomStringConvertible {
    /// There is no guard for its node key.
    case guardLost
    /// Its key has signed something that its guard does not know.
    case guardOlder
    /// It signed another branch in this epoch.
    case otherBranch(Height)
    /// It has stated for a ceremony that it signs nothing in this epoch any more.
    case epochClosed(UInt64)

    public var description: String {
        switch self {
        case .guardLost:
            "there is no guard of what its node key has signed; run `koinon renew-key` on its home, and it signs again once the new key is final"
        case .guardOlder:
            "its node key has signed what its guard does not know, so the guard is an old copy; run `koinon renew-key` on its home, and it signs again once the new key is final"
        case .otherBranch(let height):
            "it signed another block \(height) than this chain has; it signs again in the next epoch, or after `koinon renew-key`"
        case .epochClosed(let epoch):
            "it closed epoch \(epoch) by a statement and signs nothing in it any more; what it signed before is carried, and it signs again in the next epoch (`koinon alliance recover`)"
        }
    }
}

/// Along which branch one member signs with one node key: a single one an epoch.
///
/// It needs its guard for that. Without the current one it only follows, until a final block
/// has given it another key (another value of this type). With it, it signs in any later epoch.
public struct BranchRule: Sendable {
    public let member: MemberID
    public let nodeKey: PublicKey
    /// What the guard holds, or is about to; nil when it was lost.
    public private(set) var record: GuardRecord?
    public private(set) var standing: BranchStanding
    /// That of the chain's last block.
    private var epoch: UInt64

    /// - Parameters:
    ///   - record: what the guard holds.
    ///   - tip: the last header of the chain.
    ///   - headerAt: the header of an earlier block; nil when it is not kept.
    ///   - hashAt: the hash of one whose header is not kept.
    public init(
        member: MemberID, nodeKey: PublicKey, record: GuardRecord?, tip: BlockHeader,
        headerAt: (Height) throws -> BlockHeader?, hashAt: (Height) throws -> Hash256?
    ) rethrows {
        self.member = member
        self.nodeKey = nodeKey
        epoch = tip.epoch
        let isOwn = record?.member == member && record?.nodeKey == nodeKey
        self.record = isOwn ? record : nil
        standing = .follows(.guardLost)
        guard isOwn, let record else { return }
        if record.isBarred {
            standing = .follows(.guardOlder)
        } else if record.hash == .zero || tip.epoch > record.epoch {
            standing = .attests
        } else {
            standing = .catchesUp(to: record.height)
            guard record.height <= tip.height else { return }
            let known = try record.height == tip.height ? tip : headerAt(record.height)
            if let known {
                reach(known)
            } else if let hash = try hashAt(record.height) {
                let isSigned = hash == record.hash
                standing = isSigned ? .attests : .follows(.otherBranch(record.height))
            }
        }
    }

    /// On a chain whose headers are all kept.
    public init(
        member: MemberID, nodeKey: PublicKey, record: GuardRecord?, tip: BlockHeader,
        headerAt: (Height) throws -> BlockHeader?
    ) rethrows {
        try self.init(
            member: member, nodeKey: nodeKey, record: record, tip: tip, headerAt: headerAt,
            hashAt: { _ in nil })
    }

    /// The next block of the chain.
    public mutating func reach(_ header: BlockHeader) {
        if case .follows(.epochClosed(let closed)) = standing, header.epoch <= closed { return }
        epoch = header.epoch
        guard let record, !record.isBarred else { return }
        if header.epoch > record.epoch {
            standing = .attests
        } else if case .catchesUp = standing, header.height >= record.height {
            // The base of an epoch is of an older one itself, and signed in the new one.
            let isSigned = header.epoch <= record.epoch && header.hash == record.hash
            standing = isSigned ? .attests : .follows(.otherBranch(record.height))
        }
    }

    /// The member has stated that it signs nothing in this epoch any more, with whichever key.
    public mutating func close(epoch: UInt64) { standing = .follows(.epochClosed(epoch)) }

    /// The member signs the block.
    ///
    /// - Returns: the record that the guard must hold before anybody sees the signature; nil
    ///   when the one that it holds covers it.
    public mutating func sign(_ header: BlockHeader) -> GuardRecord? {
        guard var next = record else { return nil }
        guard (header.epoch, header.height) > (next.epoch, next.height) else { return nil }
        if header.epoch > next.epoch {
            // Of the blocks that were dropped where the epoch began nothing counts any more.
            next.carriedThrough = min(
                next.carriedThrough, Height(header.height.rawValue - 1))
        }
        next.epoch = header.epoch
        next.height = header.height
        next.hash = header.hash
        record = next
        return next
    }

    /// Whether the guard holds that the member signed blocks of this epoch up to that height.
    func covers(_ attestation: Attestation) -> Bool {
        record.map { $0.epoch == attestation.epoch && $0.height >= attestation.height } ?? false
    }

    /// Its own key's signature was seen, in the order or from a peer.
    ///
    /// - Parameter isOfChain: whether the block is this chain's.
    /// - Returns: what the guard must hold from now on, if that shows that it is an old copy.
    public mutating func see(_ attestation: Attestation, isOfChain: Bool) -> GuardRecord? {
        guard attestation.publicKey == nodeKey, var next = record, !next.isBarred else {
            return nil
        }
        let isNewer = (attestation.epoch, attestation.height) > (next.epoch, next.height)
        // Below what it signed last, on the branch of that, it signs nothing else. In a later
        // epoch the chain may be another one.
        let isOther =
            standing == .attests && !isOfChain && attestation.epoch == next.epoch
            && epoch <= next.epoch && attestation.height <= next.height
        guard isNewer || isOther else { return nil }
        next.isBarred = true
        record = next
        standing = .follows(.guardOlder)
        return next
    }

    /// The order has shown all of the member's attestations up to a height.
    ///
    /// - Returns: the record to be raised when there is another reason to; it may lag.
    public mutating func carried(through height: Height) {
        guard let record, record.carriedThrough < height else { return }
        self.record?.carriedThrough = height
    }
}
