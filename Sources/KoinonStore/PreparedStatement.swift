import Foundation
import GRDB
import GRDBSQLite
import KoinonLedger
import KoinonProtocol

/// A statement used through SQLite's C interface.
///
/// GRDB's own rows trap when a column has an unexpected type, and a damaged file
/// may hold any type; and binding through `DatabaseValue` costs more than the
/// insert itself. Valid only inside the database access it was made in.
package struct PreparedStatement {
    /// Keeps the SQLite statement alive.
    private let owner: Statement
    private let pointer: OpaquePointer

    /// A statement kept by the connection for the next time. Never for a query
    /// whose rows are handed to a caller, who might run the same one within.
    package init(cached sql: String, _ db: Database) throws {
        self.init(try db.cachedStatement(sql: sql))
    }

    init(_ sql: String, _ db: Database) throws {
        self.init(try db.makeStatement(sql: sql))
    }

    private init(_ owner: Statement) {
        self.owner = owner
        pointer = owner.sqliteStatement
        reset()
    }

    package func bind(_ index: Int32, _ value: Int64) throws {
        try check(sqlite3_bind_int64(pointer, index, value))
    }

    /// Heights and positions beyond what SQLite can hold name no row; they become
    /// the largest integer, which none has.
    package func bind(_ index: Int32, _ value: UInt64) throws {
        try bind(index, Int64(clamping: value))
    }

    func bind(_ index: Int32, _ value: Height) throws {
        try bind(index, value.rawValue)
    }

    func bind(_ index: Int32, _ value: LogPosition) throws {
        try bind(index, value.rawValue)
    }

    func bind(_ index: Int32, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try bind(index, blob: $0) }
    }

    func bind(_ index: Int32, _ value: some Bytes32) throws {
        try value.storage.withBytes { try bind(index, blob: $0) }
    }

    package func bind(_ index: Int32, text: String) throws {
        let bytes = Array(text.utf8)
        let code = bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(pointer, index, $0.baseAddress, Int32($0.count), Self.copied)
            }
        }
        try check(code)
    }

    /// Nil is NULL.
    package func bind(_ index: Int32, _ data: Data?) throws {
        guard let data else { return try check(sqlite3_bind_null(pointer, index)) }
        try data.withUnsafeBytes { try bind(index, blob: $0) }
    }

    private func bind(_ index: Int32, blob bytes: UnsafeRawBufferPointer) throws {
        guard let address = bytes.baseAddress, !bytes.isEmpty else {
            // A null pointer would bind NULL instead of no bytes.
            return try check(sqlite3_bind_zeroblob(pointer, index, 0))
        }
        try check(sqlite3_bind_blob64(pointer, index, address, UInt64(bytes.count), Self.copied))
    }

    /// SQLITE_TRANSIENT, which the C header writes as the integer −1 cast to a
    /// function pointer: SQLite compares it and never calls it.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Moves to the next row; false when there is none.
    package func step() throws -> Bool {
        let code = sqlite3_step(pointer)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw fault(code)
        }
    }

    /// Executes a statement without rows and makes it ready for the next values.
    package func run() throws {
        defer { reset() }
        while try step() {}
    }

    /// Ready for the next values. Repeats the code of a failed `step`, which was
    /// thrown there.
    package func reset() {
        sqlite3_reset(pointer)
    }

    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` when the column holds no integer >= 0.
    func unsigned(_ column: Int32) throws -> UInt64 {
        guard sqlite3_column_type(pointer, column) == SQLITE_INTEGER,
            let value = UInt64(exactly: sqlite3_column_int64(pointer, column))
        else { throw damaged(column, "no integer from 0") }
        return value
    }

    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` when the column holds no blob.
    func bytes(_ column: Int32) throws -> [UInt8] {
        guard sqlite3_column_type(pointer, column) == SQLITE_BLOB else {
            throw damaged(column, "no bytes")
        }
        let count = Int(sqlite3_column_bytes(pointer, column))
        guard count > 0 else { return [] }
        guard let address = sqlite3_column_blob(pointer, column) else {
            throw fault(SQLITE_NOMEM)
        }
        return Array(UnsafeRawBufferPointer(start: address, count: count))
    }

    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` unless there are exactly 32 bytes.
    func hash(_ column: Int32) throws -> Hash256 {
        guard let hash = Hash256(try bytes(column)) else { throw damaged(column, "no 32 bytes") }
        return hash
    }

    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` when the column holds no text.
    func text(_ column: Int32) throws -> String {
        guard sqlite3_column_type(pointer, column) == SQLITE_TEXT,
            let characters = sqlite3_column_text(pointer, column)
        else { throw damaged(column, "no text") }
        let count = Int(sqlite3_column_bytes(pointer, column))
        return String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(pointer, column) == SQLITE_NULL
    }

    private func damaged(_ column: Int32, _ what: String) -> StoreFault {
        let name = sqlite3_column_name(pointer, column).map { String(cString: $0) } ?? "?"
        return .damaged(what: "a value of \(name) is \(what)", height: nil, cause: nil)
    }

    private func check(_ code: Int32) throws {
        if code != SQLITE_OK { throw fault(code) }
    }

    private func fault(_ code: Int32) -> StoreFault {
        let connection = sqlite3_db_handle(pointer)
        let message = sqlite3_errmsg(connection).map { String(cString: $0) } ?? "no message"
        return StoreFault(resultCode: code, message: message)
    }
}
