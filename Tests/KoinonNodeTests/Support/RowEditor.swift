import Foundation
import GRDB

/// Reads and changes single values of a closed ledger's tables.
struct RowEditor {
    let db: Database

    static func edit<Value>(_ file: URL, _ body: (RowEditor) throws -> Value) throws -> Value {
        // Of a ledger that several tests look into, one after the other.
        var configuration = Configuration()
        configuration.busyMode = .timeout(120)
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        let value = try queue.write { db in try body(RowEditor(db: db)) }
        try queue.close()
        return value
    }

    func execute(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []) throws {
        try db.execute(sql: sql, arguments: StatementArguments(arguments))
    }

    func blob(_ sql: String) throws -> [UInt8] {
        try Data.fetchOne(db, sql: sql).map { Array($0) } ?? []
    }

    func integers(_ sql: String) throws -> [Int64] { try Int64.fetchAll(db, sql: sql) }
    func integer(_ sql: String) throws -> Int64 { try integers(sql).first ?? 0 }
}
