import Foundation
import GRDB
import KoinonLedger
import KoinonProtocol

/// One file of the index with its connections.
///
/// It may vanish at any time without harm, so commits do not wait for the disk; the
/// write-ahead log still keeps it whole through a crash.
final class IndexDatabase: Sendable {
    let pool: DatabasePool
    let path: String

    /// - Parameter chain: a file of another one, of another form, or that SQLite cannot read,
    ///   is thrown away and begun anew.
    init(path: String, chain: ChainID) throws {
        self.path = path
        if let pool = try? Self.open(path), (try? Self.fits(pool, chain)) == true {
            self.pool = pool
            return
        }
        Self.remove(path)
        pool = try Self.open(path)
        try pool.write { db in
            try IndexSchema.create(db)
            try Self.set("chain", chain.hex, db)
            try Self.set("height", 0, db)
        }
    }

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "koinon.index"
        configuration.maximumReaderCount = 8
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY")
        }
        return try DatabasePool(path: path, configuration: configuration)
    }

    private static func fits(_ pool: DatabasePool, _ chain: ChainID) throws -> Bool {
        try pool.read { db in
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version")
            guard version == IndexSchema.version else { return false }
            return try String.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'chain'")
                == chain.hex
        }
    }

    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] {
            // One that is not there need not be removed.
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    // MARK: What it knows of itself

    static func set(_ name: String, _ value: (any DatabaseValueConvertible)?, _ db: Database) throws
    {
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
        try statement.execute(arguments: [name, value])
    }

    static func number(_ name: String, _ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [name])
    }

    /// The block up to which it has everything.
    static func height(_ db: Database) throws -> UInt64 {
        UInt64(clamping: try number("height", db) ?? 0)
    }

    func height() throws -> UInt64 { try pool.read { try Self.height($0) } }

    /// Whether it was once filled up to the ledger's end, so that it may take the place of
    /// another.
    func isComplete() throws -> Bool { try pool.read { try Self.number("complete", $0) == 1 } }
    func markComplete() throws { try pool.write { try Self.set("complete", 1, $0) } }
}
