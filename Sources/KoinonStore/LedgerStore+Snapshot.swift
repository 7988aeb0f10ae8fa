import Foundation
import GRDB
import KoinonLedger
import KoinonProtocol

/// Where a ledger begins that has not the blocks from the first on.
public struct SnapshotBase: Sendable {
    /// Whose state the rows are.
    public var header: BlockHeader
    /// Hashes of the headers 0 … `header.height` − 1.
    public var pastHashes: [Hash256]
    /// Changes of members up to `header`, ascending.
    public var changes: [StoredMemberChange]
    /// The quorums of the changes, and of `header` when it has one of its own.
    public var attestations: [StoredAttestation]
    /// Of the epochs that began up to `header`, ascending.
    public var epochRecords: [StoredEpochRecord]

    public init(
        header: BlockHeader, pastHashes: [Hash256], changes: [StoredMemberChange],
        attestations: [StoredAttestation], epochRecords: [StoredEpochRecord] = []
    ) {
        self.epochRecords = epochRecords
        self.header = header
        self.pastHashes = pastHashes
        self.changes = changes
        self.attestations = attestations
    }
}

/// A ledger in the making: a file of its own beside the home's ledger, in whose place it is put
/// when it is whole. An interruption leaves the home as it was.
public final class LedgerDraft {
    private let home: HomeDirectory
    private let lock: HomeLock
    private let database: DatabaseQueue
    private var path: String { home.url.appendingPathComponent(Self.name).path }

    static let name = "ledger.next.sqlite"

    /// - Throws: ``StoreFault/ledgerExists(home:)`` when the home holds a ledger with more than
    ///   block 0, ``StoreFault/inUse(home:processID:)``, or what the disk says.
    public init(
        home url: URL, genesis: [UInt8], base: SnapshotBase
    ) throws {
        home = HomeDirectory(url)
        try home.create()
        if FileManager.default.fileExists(atPath: home.ledger) {
            // Only what `found` or a first start begin by themselves may be replaced.
            let store = try LedgerStore(opening: url, readOnly: true)
            let height = try store.read { try $0.tip().header.height }
            try store.close()
            guard height == .genesis else { throw StoreFault.ledgerExists(home: home.path) }
        }
        lock = try HomeLock(home)
        let path = url.appendingPathComponent(Self.name).path
        try Self.remove(path)
        do {
            var configuration = Configuration()
            configuration.label = "koinon.ledger.draft"
            configuration.prepareDatabase { db in
                // It counts only once it is whole and on the disk.
                try db.execute(
                    sql: """
                        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                        PRAGMA cache_size = -65536;
                        """)
            }
            database = try DatabaseQueue(path: path, configuration: configuration)
            guard chmod(path, 0o600) == 0 else { throw StoreFault.lastError("cannot use \(path)") }
            try database.write { db in
                try StoreFormat.current.create(genesis: genesis, db)
                try Self.write(base, db)
            }
        } catch {
            throw StoreFault(wrapping: error)
        }
    }

    private static func write(_ base: SnapshotBase, _ db: Database) throws {
        let header = base.header
        let block = try PreparedStatement(
            "INSERT INTO blocks (height, hash, header, closed_at) VALUES (?, ?, ?, 0)", db)
        try block.bind(1, header.height)
        try block.bind(2, header.hash)
        try block.bind(3, header.encoded)
        try block.run()
        let past = try PreparedStatement("INSERT INTO past (height, hash) VALUES (?, ?)", db)
        for (height, hash) in base.pastHashes.enumerated() {
            try past.bind(1, Int64(height))
            try past.bind(2, hash)
            try past.run()
        }
        for change in base.changes { try StoreFormat.put(change, db) }
        for record in base.epochRecords { try StoreFormat.put(record, db) }
        try BatchWriter(db).writeAttestations(base.attestations)
        try StoreFormat.setBase(header.height, db)
        try StoreFormat.setIndexedHeight(header.height, db)
    }

    /// Writes rows of the state; ascending by key over all calls it is fastest.
    public func put(
        _ rows: some Sequence<(key: [UInt8], value: [UInt8])>, writtenAt height: Height
    ) throws {
        do {
            try database.write { db in
                let put = try PreparedStatement(
                    cached: "INSERT INTO state (key, value, height) VALUES (?, ?, ?)", db)
                for row in rows {
                    try put.bind(1, row.key)
                    try put.bind(2, row.value)
                    try put.bind(3, height)
                    try put.run()
                }
            }
        } catch {
            throw StoreFault(wrapping: error)
        }
    }

    /// Adds a change of members: the one that the base itself makes, for who comes after it is
    /// read in its state.
    public func put(_ change: StoredMemberChange) throws {
        do { try database.write { db in try StoreFormat.put(change, db) } } catch {
            throw StoreFault(wrapping: error)
        }
    }

    /// Puts the ledger in its place, durably.
    public func finish() throws {
        do { try database.close() } catch { throw StoreFault(wrapping: error) }
        defer { lock.release() }
        try DurableFiles.synchronize(path)
        // Its log first gone: it would be taken for that of the new file.
        for name in [home.ledger, home.ledger + "-wal", home.ledger + "-shm"] {
            guard unlink(name) == 0 || errno == ENOENT else {
                throw StoreFault.lastError("cannot remove \(name)")
            }
        }
        guard rename(path, home.ledger) == 0 else {
            throw StoreFault.lastError("cannot rename \(path)")
        }
        try home.synchronize()
    }

    /// Gives it up; the home is as before.
    public func discard() {
        do {
            try database.close()
            try Self.remove(path)
        } catch {
            // The next draft removes it.
        }
        lock.release()
    }

    private static func remove(_ path: String) throws(StoreFault) {
        for name in [path, path + "-journal"] {
            guard unlink(name) == 0 || errno == ENOENT else {
                throw .lastError("cannot remove \(name)")
            }
        }
    }
}
