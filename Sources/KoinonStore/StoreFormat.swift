import GRDB
import KoinonProtocol

/// The tables of `ledger.sqlite` and how older files become newer ones
/// (docs/formats/storage.md).
struct StoreFormat: Sendable {
    /// Brings a file from one version to the next.
    struct Step: Sendable {
        /// The version it starts from; it ends with one more.
        var from: Int
        var run: @Sendable (Database) throws -> Void
    }

    var version: Int
    /// Ascending, without gaps, ending at ``version`` − 1.
    var steps: [Step]

    /// Files of version 1 held no row of executed ids a block; their blocks have other headers
    /// today, so no step leads on from them.
    static let current = StoreFormat(
        version: 3, steps: [Step(from: 2) { db in try db.execute(sql: baseTables) }])

    /// What is known of blocks that a ledger does not hold, or no longer.
    static let baseTables = """
        CREATE TABLE past (
            height INTEGER PRIMARY KEY NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        CREATE TABLE member_sets (
            height INTEGER PRIMARY KEY NOT NULL,
            header BLOB NOT NULL,
            members BLOB NOT NULL
        ) STRICT;
        """

    /// Header and result stand apart, so that walking the headers does not read
    /// the results, which are many times larger.
    static let schema = """
        CREATE TABLE meta (
            name TEXT PRIMARY KEY NOT NULL,
            value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE log (
            position INTEGER PRIMARY KEY NOT NULL,
            effect INTEGER NOT NULL,
            packed BLOB NOT NULL
        ) STRICT;
        CREATE TABLE blocks (
            height INTEGER PRIMARY KEY NOT NULL,
            hash BLOB NOT NULL,
            header BLOB NOT NULL,
            closed_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE results (
            height INTEGER PRIMARY KEY NOT NULL,
            first_leaf INTEGER NOT NULL,
            executed BLOB NOT NULL,
            result BLOB NOT NULL
        ) STRICT;
        CREATE TABLE transactions (
            id BLOB PRIMARY KEY NOT NULL,
            height INTEGER NOT NULL,
            leaf INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE state (
            key BLOB PRIMARY KEY NOT NULL,
            value BLOB NOT NULL,
            height INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE attestations (
            height INTEGER NOT NULL,
            member TEXT NOT NULL,
            packed BLOB NOT NULL,
            PRIMARY KEY (height, member)
        ) STRICT, WITHOUT ROWID;
        """

    /// Creates the tables and describes the file. Inside the caller's transaction.
    func create(genesis: [UInt8], _ db: Database) throws {
        // Mostly empty ones first: the end of the file then holds something, and is missed.
        try db.execute(sql: Self.baseTables)
        try db.execute(sql: Self.schema)
        try setVersion(version, db)
        let insert = try PreparedStatement("INSERT INTO meta (name, value) VALUES (?, ?)", db)
        try insert.bind(1, text: "genesis")
        try insert.bind(2, genesis)
        try insert.run()
    }

    /// The version of a file; nil when it has no tables at all, as one whose
    /// creation never finished.
    static func version(_ db: Database) throws -> Int? {
        let tables = try PreparedStatement(
            "SELECT count(*), total(name = 'meta') > 0 FROM sqlite_master", db)
        defer { tables.reset() }
        guard try tables.step(), try tables.unsigned(0) > 0 else { return nil }
        guard try tables.unsigned(1) == 1 else {
            throw StoreFault.damaged(
                what: "the file holds other tables than a ledger's", height: nil, cause: nil)
        }
        let value = try meta("format", db)
        defer { value.reset() }
        guard let version = Int(exactly: try value.unsigned(0)) else { return nil }
        return version
    }

    /// Makes everything durable that the file shows, by a commit that changes nothing.
    ///
    /// A process that ended between writing a commit and its sync leaves a commit that the
    /// next one reads and that a loss of power would still take. Whoever opens the ledger
    /// for writing tells others what it reads, so it has to be certain first.
    func secure(_ db: Database) throws {
        guard try Self.version(db) == version else { return }
        try setVersion(version, db)
    }

    static func genesis(_ db: Database) throws -> [UInt8] {
        let value = try meta("genesis", db)
        defer { value.reset() }
        return try value.bytes(0)
    }

    /// Applies the steps from the file's version on. Inside the caller's transaction.
    ///
    /// - Throws: ``StoreFault`` when the file is newer or no step leads on from it.
    func migrate(_ db: Database, from found: Int) throws {
        if found > version { throw StoreFault.newerFormat(found: found, known: version) }
        for number in found..<version {
            guard let step = steps.first(where: { $0.from == number }) else {
                throw StoreFault.olderFormat(found: found, known: version, canMigrate: false)
            }
            try step.run(db)
        }
        if found < version { try setVersion(version, db) }
    }

    /// Remembers up to which block the rows by key are written.
    static func setIndexedHeight(_ height: Height, _ db: Database) throws {
        let set = try PreparedStatement(
            cached: "INSERT OR REPLACE INTO meta (name, value) VALUES ('indexed', ?)", db)
        try set.bind(1, height)
        try set.run()
    }

    /// The block up to which `state` and `transactions` have every row, and no further.
    static func indexedHeight(_ db: Database) throws -> Height {
        let value = try meta("indexed", db)
        defer { value.reset() }
        return Height(try value.unsigned(0))
    }

    /// Remembers how much of the engine's order is stored.
    static func setOrderedThrough(_ position: UInt64, _ db: Database) throws {
        let set = try PreparedStatement(
            cached: "INSERT OR REPLACE INTO meta (name, value) VALUES ('ordered', ?)", db)
        try set.bind(1, position)
        try set.run()
    }

    /// Where the log stands in the engine's order is not known.
    static func forgetOrderedThrough(_ db: Database) throws {
        let forget = try PreparedStatement(cached: "DELETE FROM meta WHERE name = 'ordered'", db)
        try forget.run()
    }

    private func setVersion(_ version: Int, _ db: Database) throws {
        let set = try PreparedStatement(
            "INSERT OR REPLACE INTO meta (name, value) VALUES ('format', ?)", db)
        try set.bind(1, Int64(version))
        try set.run()
    }

    /// A statement that stands on the row's value.
    private static func meta(_ name: String, _ db: Database) throws -> PreparedStatement {
        let query = try PreparedStatement("SELECT value FROM meta WHERE name = ?", db)
        try query.bind(1, text: name)
        guard try query.step() else {
            throw StoreFault.damaged(what: "meta has no row \(name)", height: nil, cause: nil)
        }
        return query
    }
}
