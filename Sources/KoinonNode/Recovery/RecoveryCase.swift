import KoinonLedger
import KoinonProtocol

/// What one member states when an epoch is closed, as the rules need it.
public struct StatedPosition: Hashable, Sendable {
    public var member: MemberID
    /// Its node key, with which it attests.
    public var key: PublicKey
    /// The last epoch whose record the member had with its quorums: ``tips`` begin there.
    public var since: UInt64
    /// The last block that it attested, by epoch.
    public var tips: [UInt64: BlockPoint]

    public init(member: MemberID, key: PublicKey, since: UInt64, tips: [UInt64: BlockPoint]) {
        self.member = member
        self.key = key
        self.since = since
        self.tips = tips
    }
}

/// A block that a quorum of its judges attested in an epoch, and that was shown.
public struct ShownFinal: Hashable, Sendable {
    /// The epoch of the attestations: the block's own, or the one that begins on it.
    public var epoch: UInt64
    public var block: BlockPoint

    public init(epoch: UInt64, block: BlockPoint) {
        self.epoch = epoch
        self.block = block
    }
}

/// Everything that a ceremony's base is computed from. Signatures and quorums in it have been
/// checked; nothing in it depends on who computes.
public struct RecoveryCase: Sendable {
    /// The epoch that ends.
    public var closes: UInt64
    public var tree: BlockTree
    /// Sets of members by hash: those that a chain of final blocks leads to, and those that its
    /// possibly final blocks name.
    public var sets: [Hash256: MemberSet]
    /// One for each node key.
    public var statements: [StatedPosition]
    /// Every attestation that any statement shows.
    public var attested: Set<AttestedPoint>
    /// Never empty: block 0 is final in epoch 0.
    public var finals: Set<ShownFinal>
    /// Keys with two statements that differ.
    public var statedTwice: Set<PublicKey>
    /// Bases of records that were proposed for a vote, by epoch: not every block below such an
    /// epoch that may be final has to be on them.
    public var voted: [UInt64: Set<Hash256>]

    public init(
        closes: UInt64, tree: BlockTree, sets: [Hash256: MemberSet],
        statements: [StatedPosition], attested: Set<AttestedPoint>, finals: Set<ShownFinal>,
        statedTwice: Set<PublicKey> = [], voted: [UInt64: Set<Hash256>] = [:]
    ) {
        self.closes = closes
        self.tree = tree
        self.sets = sets
        self.statements = statements
        self.attested = attested
        self.finals = finals
        self.statedTwice = statedTwice
        self.voted = voted
    }
}

/// Computes the base of a ceremony. Every node uses ``MayBeFinalRule``; a test or simulation
/// may put a faulty rule in its place and see what comes of it.
public protocol BaseRule: Sendable {
    func decide(_ recovery: RecoveryCase) -> BaseDecision
}

/// What a ceremony comes to.
public struct BaseDecision: Sendable {
    public enum Outcome: Sendable, Equatable {
        /// The block on which the new epoch begins.
        case base(BlockHeader)
        /// So many statements are missing.
        case tooFew([Lack])
        /// Blocks that contradict each other may be final, ascending by hash.
        case conflict([BlockHeader], Settling)
        /// Blocks that contradict each other were shown with quorums of one epoch: more than
        /// f members lie.
        case brokenPromise([BlockHeader])
    }

    /// A set of members of whom a quorum has to state.
    public struct Lack: Sendable, Equatable {
        public var set: MemberSet
        public var stated: Int
        /// Without a statement, ascending.
        public var missing: [MemberID]
    }

    /// A block that may be final, with how that is reckoned.
    public struct Possible: Sendable, Equatable {
        public var epoch: UInt64
        public var header: BlockHeader
        public var count: SupportCount
        /// A quorum was shown.
        public var isShown: Bool
    }

    public var outcome: Outcome
    /// Whoever was convicted of lying, by node key.
    public var convicted: [PublicKey: Conviction]
    /// In the epoch that decides, ascending by height and hash.
    public var possible: [Possible]
    /// Blocks with a quorum of an older epoch that are off the base: final blocks undone.
    public var undone: [BlockHeader] = []
}

/// How many of a set may have attested a block or a descendant.
public struct SupportCount: Sendable, Equatable {
    public var members: Int
    /// State it or a descendant.
    public var stating: Int
    /// Have given no statement.
    public var silent: Int
    public var convicted: Int
    /// State otherwise, and are not convicted.
    public var otherwise: Int

    public var quorum: Int { MemberSet.quorum(of: members) }
    /// f = n − quorum.
    public var liarsMaximum: Int { members - quorum }

    /// Those stating it, the silent, the convicted, and as many of the others as may lie still.
    public var most: Int {
        stating + silent + convicted + min(max(liarsMaximum - convicted, 0), otherwise)
    }

    public var mayBeFinal: Bool { most >= quorum }

    public init(members: Int, stating: Int, silent: Int, convicted: Int, otherwise: Int) {
        self.members = members
        self.stating = stating
        self.silent = silent
        self.convicted = convicted
        self.otherwise = otherwise
    }
}
