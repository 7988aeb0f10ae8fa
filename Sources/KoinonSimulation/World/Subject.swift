import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonStore

/// What a simulation attacks: the machine's modules, the application of entries and the
/// store. Tests put a faulty part in the place of a sound one, to see it found; the command
/// knows only ``sound``.
public struct Subject: Sendable {
    public var modules: ModuleList
    /// Creates a ledger with block 0.
    public var create: @Sendable (StorePlace, GenesisDocument, ModuleList) throws -> any BlockStore
    public var open: @Sendable (StorePlace) throws -> any BlockStore
    /// Applies one entry to a replica.
    public var apply: @Sendable (CheckedEntry, Replica) -> Replica.Outcome

    public static let sound = Subject(
        modules: .standard,
        create: { place, genesis, modules in
            try LedgerStore.create(
                home: place.folder, genesis: genesis.bytes,
                block: GenesisBlock.make(genesis, modules: modules), options: place.options)
        },
        open: { place in try LedgerStore(opening: place.folder, options: place.options) },
        apply: { entry, replica in replica.apply(entry) })
}

/// Where a simulated ledger is stored.
public struct StorePlace: Sendable {
    public var folder: URL
    public var options: StoreOptions
}

/// What a simulation needs of a store.
public protocol BlockStore: AnyObject {
    /// Whole and durable when it returns; rows of state may follow with a later commit, or
    /// at the next opening.
    func commit(_ batch: CommitBatch, defersRows: Bool) throws
    /// The last stored block and log position.
    func extent() throws -> StoredExtent
    /// The replica as it stood when the store was left.
    func resume(_ modules: ModuleList) throws -> Replica
    func close() throws
}

public struct StoredExtent: Equatable, Sendable {
    public var tip: BlockHeader
    public var lastPosition: LogPosition
}

extension LedgerStore: BlockStore {
    public func extent() throws -> StoredExtent {
        try read { StoredExtent(tip: try $0.tip().header, lastPosition: try $0.lastPosition()) }
    }

    public func resume(_ modules: ModuleList) throws -> Replica {
        try resumeReplica(modules: modules)
    }
}
