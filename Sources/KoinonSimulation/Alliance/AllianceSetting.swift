import KoinonLedger
import KoinonProtocol

/// The alliance that a simulation of several nodes begins with.
public struct AllianceSetting: Equatable, Sendable {
    /// Ids; all of them found the alliance, and each has a node.
    public var members: [String]
    /// Nodes whose members may be admitted later; until then they only follow.
    public var candidates: [String]
    /// Members whose nodes, or their disks, may lie. At most f of any set that judges, or nothing is promised.
    public var liars: [String]
    public var timeMs: UInt64
    /// How long a message is under way at most.
    public var latencyMs: UInt64
    /// How long a disk takes to make something durable, at most.
    public var diskMs: UInt64
    /// Chooses delays, and what else no step names.
    public var seed: UInt64
    /// From then on no fault goes on, and what is pending has to come to an end.
    public var healsAtMs: UInt64
    public var checkpointPages: Int
    /// So many blocks' entries stay with the engine whoever lags; what is older and final goes.
    public var retainedBlocks = 65_536

    public var nodes: [String] { members + candidates }

    /// ⌊(n−1)/3⌋: so many of n members may lie.
    static func faults(among count: Int) -> Int { count == 0 ? 0 : (count - 1) / 3 }

    /// How many entries a lying engine puts into the other orders too: none, few or half.
    var leakPercent: UInt64 { seed % 3 == 0 ? 0 : seed % 3 == 1 ? 50 : 10 }

    /// A lying engine keeps its orders apart.
    mutating func separatesOrders() { seed -= seed % 3 }

    var founding: Setting {
        var parameters = Parameters()
        parameters.votingPeriodMs = 60_000
        return Setting(
            members: members, parameters: parameters, timeMs: timeMs, processes: ["lease"],
            checkpointPages: checkpointPages)
    }
}

/// One thing that happens to a simulated alliance, at a moment counted from its beginning.
///
/// As in ``Step``, what a step needs stands in it by values that do not depend on other steps,
/// so that any of them may be left out.
public struct AllianceStep: Equatable, Sendable {
    public var atMs: UInt64
    public var happens: Happening

    public init(atMs: UInt64, _ happens: Happening) {
        self.atMs = atMs
        self.happens = happens
    }
}

public enum Happening: Equatable, Sendable {
    /// A client sends a transaction to some nodes.
    case send(TransactionStep, to: [String])
    /// A node's process or machine stops, and starts again.
    case crash(NodeCrash)
    /// Nodes reach nobody, for so long.
    case cut([String], forMs: UInt64)
    /// Messages of a node take so much longer, for so long.
    case slow(String, byMs: UInt64, forMs: UInt64)
    /// What the engine answers a node is lost, for so long.
    case deafen(String, forMs: UInt64)
    /// The engine takes and tells nothing, for so long.
    case stall(forMs: UInt64)
    /// A node reads the order again, beginning so many entries before.
    case reread(String, entries: Int)
    /// A node's clock stands so far from true time from now on.
    case clock(String, offsetMs: Int64)
    /// A lying member does something.
    case lie(String, Lie)
    /// The engine tells groups of nodes different orders from now on; nodes not named belong
    /// to the first.
    case split([[String]])
    /// The engine that has several orders tells a node another of them from now on.
    case mislead(String, order: Int)
    /// The engine answers that a member's next entry has its place, and forgets it.
    case lose(String)
    /// The engine keeps from a node the next entry of every author, until the node begins again
    /// because it noticed, or all faults heal.
    case hide(String)
    /// A node gets another node key beside the one it has; registering it is the account's.
    case renew(String, key: String)
    /// The members hold a ceremony, if the engine has lied, and begin a new epoch with another.
    case recover
}

public struct NodeCrash: Equatable, Sendable {
    public var node: String
    /// What the disk holds afterwards, and at which of its next writes or syncs it stops;
    /// operation 0: at once.
    public var disk: CrashStep
    /// Until it starts again.
    public var downMs: UInt64
    /// What becomes of the attestation guard.
    public var guardFault: GuardLoss?
    /// Whether the disk is lost, and the node begins with an empty one; the guard is kept
    /// elsewhere.
    public var losesDisk = false
}

public enum GuardLoss: String, CaseIterable, Sendable {
    /// The process ends at the guard's next write, before it is durable.
    case stopsBefore = "stops_before"
    /// The same, when it is durable and nothing else is.
    case stopsAfter = "stops_after"
    /// It is gone when the process starts again.
    case lost
    /// The last records, said to be durable, are gone: only for members who may lie.
    case forgotten
}

/// What a lying member does beyond being slow or silent.
public enum Lie: String, CaseIterable, Sendable {
    /// Signs another block at the height of its last one.
    case attestTwice = "attest_twice"
    /// Signs every block that any node ever closed.
    case attestEverything = "attest_everything"
    /// Appends an entry with a transaction that no one could accept.
    case voidEntry = "void_entry"
    /// Appends again what another member appended before.
    case replay
    /// Appends what another member has under way, before it.
    case overtake
    /// Puts transactions of others' entries into one of its own.
    case stealTransactions = "steal_transactions"
    /// Leaves a sequence out.
    case skipSequence = "skip_sequence"
    /// Takes away what it wrote out of turn, to write there anew.
    case withdraw
    /// Says that entries of blocks far ahead may be gone.
    case markAhead = "mark_ahead"
    /// Writes two entries with one sequence.
    case sameSequence = "same_sequence"
    /// Carries attestations with a wrong signature, of others.
    case forgeAttestation = "forge_attestation"
    /// States times ahead of its clock, in this and every later entry: by seconds, up to the
    /// last that there is.
    case clockAhead = "clock_ahead"
    /// The same, behind its clock, down to the first time that there is.
    case clockBehind = "clock_behind"
    /// The same, now ahead and now behind.
    case clockJumps = "clock_jumps"
}

/// A whole run of one alliance, complete in itself.
public struct AllianceScript: Equatable, Sendable {
    public var setting: AllianceSetting
    /// Ascending by time.
    public var steps: [AllianceStep]
}
