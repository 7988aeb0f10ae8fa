import GRDB
import KoinonLedger
import KoinonProtocol

extension LedgerStore {
    /// Begins an epoch on a block: everything behind it goes, and the record stays; all of it
    /// or nothing.
    ///
    /// - Parameters:
    ///   - record: of the epoch, whose base is a block of this ledger.
    ///   - rows: the state after that block, in any order; nil when it is the last one.
    ///   - orderedThrough: where reading of the new order begins, by its engine's count; nil
    ///     when the engine counts as the log does.
    /// - Throws: ``StoreFault``
    public func begin(
        _ record: StoredEpochRecord, rows: [StateRow]?, orderedThrough: UInt64?
    ) throws {
        try exclusively { db in
            let reader = LedgerReader(db)
            guard let base = try reader.block(at: record.height) else {
                throw StoreFault.notContinuous("there is no block \(record.height) to begin on")
            }
            try Self.drop(behind: base, db)
            if let rows { try Self.replace(rows, at: base, db) }
            try StoreFormat.put(record, db)
            try StoreFormat.forgetOrderedThrough(db)
            if let orderedThrough { try StoreFormat.setOrderedThrough(orderedThrough, db) }
        }
    }

    private static func drop(behind base: StoredBlock, _ db: Database) throws {
        for table in ["blocks", "results", "transactions", "attestations"] {
            let delete = try PreparedStatement("DELETE FROM \(table) WHERE height > ?", db)
            try delete.bind(1, base.header.height)
            try delete.run()
        }
        let entries = try PreparedStatement("DELETE FROM log WHERE position > ?", db)
        try entries.bind(1, base.closedAt)
        try entries.run()
    }

    private static func replace(_ rows: [StateRow], at base: StoredBlock, _ db: Database) throws {
        let clear = try PreparedStatement("DELETE FROM state", db)
        try clear.run()
        let put = try PreparedStatement(
            "INSERT INTO state (key, value, height) VALUES (?, ?, ?)", db)
        for row in rows {
            try put.bind(1, row.key)
            try put.bind(2, row.value)
            try put.bind(3, row.height)
            try put.run()
        }
        try StoreFormat.setIndexedHeight(base.header.height, db)
    }
}
