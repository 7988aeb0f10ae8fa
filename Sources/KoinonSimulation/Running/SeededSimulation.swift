/// Lives that a seed chooses, each until it shows a contradiction; a script says one without its
/// seed.
public protocol SeededSimulation: Sendable {
    associatedtype Script: SimulationScript
    associatedtype Counts: SimulationCounts

    /// Runs one seed for at least so many blocks.
    ///
    /// - Parameter progress: called now and then with the blocks closed so far; false ends
    ///   the run.
    /// - Throws: faults of this machine (memory, the folder); never a ``Finding``.
    func run(
        seed: UInt64, blocks: Int, progress: (Int) -> Bool
    ) throws -> SimulationOutcome<Script, Counts>

    /// The contradiction that a script shows, for people; nil when it shows none.
    func contradiction(in script: Script) throws -> String?

    /// A script that shows the same kind of contradiction in fewer steps.
    func shorten(
        _ failure: SimulationFailure<Script>
    ) throws -> (script: Script, finding: Finding)
}

/// A whole run, complete in itself, with its JSON form (docs/simulate.md).
public protocol SimulationScript: Sendable {
    var stepCount: Int { get }
    func json() throws -> String
    init(json bytes: [UInt8]) throws
}

/// How much was done, to show that something was.
public protocol SimulationCounts: Sendable {
    var blocks: Int { get }
    init()
    mutating func add(_ other: Self)
}

/// What came of one seed.
public struct SimulationOutcome<Script: Sendable, Counts: SimulationCounts>: Sendable {
    public var seed: UInt64
    public var counts = Counts()
    /// The last header hash of its last ledger, to compare runs by.
    public var digest = ""
    public var failure: SimulationFailure<Script>?
}

/// A contradiction, and all that led to it.
public struct SimulationFailure<Script: Sendable>: Sendable {
    public var finding: Finding
    /// Blocks closed under its seed until then.
    public var blocks: Int
    public var script: Script
}
