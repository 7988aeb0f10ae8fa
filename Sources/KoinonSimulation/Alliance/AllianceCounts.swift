/// How much a run of alliances did, to show that it did something.
public struct AllianceCounts: SimulationCounts, Equatable {
    /// Different blocks, on all branches.
    public var blocks = 0
    public var transactions = 0
    public var entries = 0
    public var attestations = 0
    public var starts = 0
    public var crashes = 0
    public var lies = 0
    /// Those of them that are about the time.
    public var clockLies = 0
    public var lostDisks = 0
    public var lostGuards = 0
    /// Transactions that came to nothing in time.
    public var expired = 0
    /// Alliances that lived to their end.
    public var alliances = 0
    /// Engines that told different orders.
    public var splits = 0
    /// Statements in ceremonies after such a lie, computations of a base, and bases found.
    public var statements = 0
    public var ceremonies = 0
    public var bases = 0
    /// Epochs that began after such a lie.
    public var epochs = 0
    /// Nodes that lacked what the engine had forgotten.
    public var lags = 0
    /// Node keys that took the places of others.
    public var renewals = 0
    /// Blocks that named other members.
    public var memberChanges = 0
    /// Times that an entry showed signatures of a liar on two branches, at different heights.
    public var shownBranches = 0
    /// Nodes that found that they were shown another order than the others.
    public var otherOrders = 0

    public init() {}

    /// All of them, by the names that reports give them.
    public static let all:
        [(name: String, count: WritableKeyPath<AllianceCounts, Int> & Sendable)] = [
            ("blocks", \.blocks),
            ("transactions", \.transactions),
            ("entries", \.entries),
            ("attestations", \.attestations),
            ("starts", \.starts),
            ("crashes", \.crashes),
            ("lies", \.lies),
            ("clock_lies", \.clockLies),
            ("lost_disks", \.lostDisks),
            ("lost_guards", \.lostGuards),
            ("expired", \.expired),
            ("alliances", \.alliances),
            ("splits", \.splits),
            ("statements", \.statements),
            ("ceremonies", \.ceremonies),
            ("bases", \.bases),
            ("epochs", \.epochs),
            ("lags", \.lags),
            ("renewals", \.renewals),
            ("member_changes", \.memberChanges),
            ("shown_branches", \.shownBranches),
            ("other_orders", \.otherOrders),
        ]

    public mutating func add(_ other: AllianceCounts) {
        for (_, count) in Self.all { self[keyPath: count] += other[keyPath: count] }
    }
}
