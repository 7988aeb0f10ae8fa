import KoinonProtocol

/// Commits to everything in a block and, through ``historyRoot`` and
/// ``stateRoot``, to everything before it (docs/formats/header.md).
public struct BlockHeader: Hashable, Sendable {
    /// The format; 1 is the only one so far.
    public var version: UInt32 = Self.currentVersion
    public var chain: ChainID
    /// Rises when the ordering engine is replaced.
    public var epoch: UInt64
    public var height: Height
    /// Hash of the header before; zero in block 0.
    public var parent: Hash256
    /// The median of members' clocks, never less than the parent's.
    public var time: Timestamp
    /// RFC 6962 root over the packed entries with effect.
    public var entriesRoot: Hash256
    /// RFC 6962 root over executed timers and transactions, in that order.
    public var transactionsRoot: Hash256
    /// RFC 6962 root over receipts; receipt i belongs to leaf i of ``transactionsRoot``.
    public var receiptsRoot: Hash256
    /// Root of the ``StateTree`` after this block.
    public var stateRoot: Hash256
    /// RFC 6962 root over the hashes of headers 0 … height − 1.
    public var historyRoot: Hash256
    /// Hash of the member set that judges this block.
    public var membersHash: Hash256
    /// Hash of the member set that judges the next.
    public var nextMembersHash: Hash256
    /// Author of the entry that closed the block; none in block 0.
    public var proposer: MemberID?

    public static let currentVersion: UInt32 = 1

    public init(
        chain: ChainID, epoch: UInt64, height: Height, parent: Hash256, time: Timestamp,
        entriesRoot: Hash256, transactionsRoot: Hash256, receiptsRoot: Hash256,
        stateRoot: Hash256, historyRoot: Hash256, membersHash: Hash256,
        nextMembersHash: Hash256, proposer: MemberID?
    ) {
        self.chain = chain
        self.epoch = epoch
        self.height = height
        self.parent = parent
        self.time = time
        self.entriesRoot = entriesRoot
        self.transactionsRoot = transactionsRoot
        self.receiptsRoot = receiptsRoot
        self.stateRoot = stateRoot
        self.historyRoot = historyRoot
        self.membersHash = membersHash
        self.nextMembersHash = nextMembersHash
        self.proposer = proposer
    }

    /// The block's name: SHA-256("koinon/header/v1" ‖ 0x00 ‖ encoded).
    public var hash: Hash256 { .sha256(tag: "koinon/header/v1", [encoded]) }
}
