import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// One simulated ledger: a replica over a store that may crash, a second replica that never
/// leaves memory, and the reference model. Steps happen to all three, and everything is
/// compared after each of them.
final class World {
    let setting: Setting
    let subject: Subject
    let genesis: GenesisDocument
    let keys = KeyChest()
    let disk: SimulatedDisk
    var store: any BlockStore
    /// Over the store: opened again after every crash.
    var replica: Replica
    /// Beginning with genesis, never opened again.
    let shadow: Replica
    var reference: ReferenceLedger
    /// Every entry of the order, and what it led to in memory.
    var log: [LoggedEntry] = []
    /// Header hashes by height.
    var hashes: [Hash256]
    /// Executed and not stored yet.
    var waiting = CommitBatch()
    var acknowledged = (height: Height.genesis, position: LogPosition.start)
    var armed: CrashStep?
    var counts = RunCounts()

    struct LoggedEntry {
        var entry: CheckedEntry?
        var logged: LogEntry
    }

    /// - Parameter folder: for the store's lock; used by this world alone.
    init(_ setting: Setting, subject: Subject, folder: URL) throws {
        self.setting = setting
        self.subject = subject
        genesis = try setting.genesis()
        disk = try SimulatedDisk(folder: folder, checkpointPages: setting.checkpointPages)
        store = try subject.create(disk.place, genesis, subject.modules)
        replica = try store.resume(subject.modules)
        shadow = try Replica(genesis: genesis, modules: subject.modules)
        reference = try ReferenceLedger(genesis)
        hashes = [shadow.header.hash]
        for member in setting.members {
            _ = keys.key(Setting.nodeKey(of: member))
            _ = keys.key(Setting.accountKey(of: member))
        }
        try checkState()
    }

    var height: UInt64 { shadow.header.height.rawValue }
    var timeMs: UInt64 { shadow.header.time.milliseconds }

    /// - Throws: ``Finding``; anything else is a fault of the simulation itself.
    func perform(_ step: Step) throws {
        switch step {
        case .entry(let step): try append(step)
        case .commit(let defersRows): try commit(defersRows: defersRows)
        case .crash(let crash):
            armed = crash
            disk.arm(crash)
        case .reopen: try reopen()
        }
    }

    /// Stores what is left and gives the disk back.
    func finish() throws {
        try commit()
        try reopen()
        try store.close()
    }

    func finding(_ kind: Finding.Kind, _ text: String) -> Finding {
        Finding(kind: kind, text: text, height: height)
    }

    func require(
        _ holds: Bool, _ kind: Finding.Kind, _ text: @autoclosure () -> String
    ) throws {
        if !holds { throw finding(kind, text()) }
    }
}

/// How much a run did, to show that it did something.
public struct RunCounts: SimulationCounts, Equatable {
    public var blocks = 0
    public var entries = 0
    public var entriesWithoutEffect = 0
    public var voidEntries = 0
    public var done = 0
    public var rejected = 0
    public var ignored = 0
    public var timers = 0
    public var commits = 0
    public var crashes = 0
    public var reopenings = 0
    /// Transactions and timers that the reference model did not foretell.
    public var unsure = 0
    /// Rejections by code.
    public var codes: [UInt32: Int] = [:]
    /// Actions of done transactions, by module and name.
    public var actions: [String: Int] = [:]
    /// Transitions taken by transactions, by process and name: "sale.deliver".
    public var transitions: [String: Int] = [:]

    public init() {}

    public mutating func add(_ other: RunCounts) {
        blocks += other.blocks
        entries += other.entries
        entriesWithoutEffect += other.entriesWithoutEffect
        voidEntries += other.voidEntries
        done += other.done
        rejected += other.rejected
        ignored += other.ignored
        timers += other.timers
        commits += other.commits
        crashes += other.crashes
        reopenings += other.reopenings
        unsure += other.unsure
        codes.merge(other.codes) { $0 + $1 }
        actions.merge(other.actions) { $0 + $1 }
        transitions.merge(other.transitions) { $0 + $1 }
    }
}
