import GRDB
import KoinonLedger
import KoinonProtocol

/// One consistent view of a stored ledger; lives inside ``LedgerStore/read(_:)``.
///
/// Everything read is checked for form, headers also against their stored hash;
/// what fails is a ``StoreFault/damaged(what:height:cause:)``. Whether the parts
/// belong together is for `verify` to find out.
public struct LedgerReader {
    let db: Database

    init(_ db: Database) { self.db = db }

    /// How much is stored.
    public func counts() throws -> StoreCounts {
        StoreCounts(
            blocks: try count("blocks"), logEntries: try count("log"),
            transactions: try count("transactions"), stateRows: try count("state"),
            attestations: try count("attestations"), base: try baseHeight(),
            bytes: try bytes())
    }

    /// Size of the database, with what still stands in its write-ahead log.
    public func bytes() throws -> UInt64 {
        try integer("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    }

    /// What SQLite's own check of the file's structure finds, at most 100 lines;
    /// empty when it is sound. Reads the whole file.
    public func structuralDamage() throws -> [String] {
        let check = try PreparedStatement("PRAGMA integrity_check(100)", db)
        defer { check.reset() }
        var lines: [String] = []
        while try check.step() { lines.append(try check.text(0)) }
        return lines == ["ok"] ? [] : lines
    }

    private func count(_ table: String) throws -> UInt64 {
        try integer("SELECT count(*) FROM \(table)")
    }

    func integer(_ sql: String) throws -> UInt64 {
        let query = try PreparedStatement(cached: sql, db)
        defer { query.reset() }
        return try query.step() ? query.unsigned(0) : 0
    }
}

/// How much a ledger holds.
public struct StoreCounts: Sendable, Equatable {
    /// Block 0 included.
    public var blocks: UInt64
    /// With those that had no effect.
    public var logEntries: UInt64
    public var transactions: UInt64
    public var stateRows: UInt64
    public var attestations: UInt64
    /// Up to here, block 0 apart, only headers are kept, or not even these.
    public var base: Height
    /// Size of the database, with what still stands in its write-ahead log.
    public var bytes: UInt64
}
