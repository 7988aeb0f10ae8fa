import KoinonLedger
import KoinonProtocol

/// What the members of an alliance hold each other to when they judge blocks.
///
/// A value, so that a simulation can put a faulty rule in the place of a sound one and see
/// what comes of it. Every node runs with ``standard``.
public struct AllianceRules: Sendable {
    /// How many of a set's members make a block final.
    public var quorum: @Sendable (MemberSet) -> Int = { $0.quorum }

    /// Whether quorums beyond a block that changes the members count, by whether that block
    /// has a quorum of its own.
    public var countsBeyondChange: @Sendable (_ hasOwnQuorum: Bool) -> Bool = { $0 }

    /// Whether anybody attests beyond such a block.
    public var attestsBeyondChange: @Sendable (_ hasOwnQuorum: Bool) -> Bool = { $0 }

    /// Whether a member attests a block of its chain, by where it stands on it and by what its
    /// guard holds.
    public var attests: @Sendable (BlockHeader, BranchStanding, GuardRecord?) -> Bool = {
        _, standing, _ in standing == .attests
    }

    /// Whether an entry may carry this while the last block is so far beyond the final one.
    public var mayCarry: @Sendable (EntryContent, _ beyondFinal: UInt64) -> Bool = {
        $0 != .transactions || $1 < AllianceRules.pauseBeyondFinal
    }

    /// Whether attestations that an entry took along, and that the order does not show, are
    /// carried again.
    public var carriesAgain = true

    /// Whether a node is shown another order than others, when the order has given it attestations
    /// of so many members before their blocks, of whom so many may lie.
    public var showsOtherOrder: @Sendable (_ ahead: Int, _ mayLie: Int) -> Bool = { $0 > $1 }

    /// Blocks beyond the final one at which no more transactions are proposed. A soft bound:
    /// due timers still close blocks.
    public static let pauseBeyondFinal: UInt64 = 64

    public static let standard = AllianceRules()

    public init() {}
}

/// What an entry may carry.
public enum EntryContent: Hashable, Sendable {
    case transactions, attestations, clock
}
