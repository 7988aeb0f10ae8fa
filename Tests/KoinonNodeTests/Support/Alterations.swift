import Foundation
import GRDB
import Testing

@testable import TestNodes

/// One change of a stored ledger, and the first block that it makes wrong.
struct Alteration: Sendable {
    var what: String
    var height: Int64
    var change: @Sendable (RowEditor) throws -> Void

    init(
        _ what: String, _ height: Int64, _ change: @escaping @Sendable (RowEditor) throws -> Void
    ) {
        self.what = what
        self.height = height
        self.change = change
    }

    init(_ height: Int64, _ sql: String) {
        self.init(sql, height) { try $0.execute(sql) }
    }
}

/// A row of a ledger's table: how to name it, the block it belongs to, and how many
/// bytes each of its values has.
struct StoredRow: Sendable {
    var table: String
    var condition: String
    var height: Int64
    var counts: [String: Int]

    /// Every row of a table that `stride` picks, in the order of its key.
    static func all(_ table: String, of sample: SampleLedger, stride: Int = 1) throws -> [StoredRow]
    {
        let rows = try RowEditor.edit(sample.home.ledgerFile) { editor in
            try Row.fetchAll(editor.db, sql: "SELECT * FROM \(table) ORDER BY 1, 2")
        }
        return rows.indices.filter { $0.isMultiple(of: stride) }.map { index in
            let row = rows[index]
            var counts: [String: Int] = [:]
            for column in row.columnNames {
                if case .blob(let data) = (row[column] as DatabaseValue).storage {
                    counts[column] = data.count
                }
            }
            let height: Int64 =
                table == "log" ? sample.height(ofPlace: row["position"]) : row["height"]
            return StoredRow(
                table: table, condition: condition(table, row), height: height, counts: counts)
        }
    }

    private static func condition(_ table: String, _ row: Row) -> String {
        func hex(_ column: String) -> String {
            "x'" + (row[column] as Data).map { String(format: "%02x", $0) }.joined() + "'"
        }
        switch table {
        case "log": return "position = \(row["position"] as Int64)"
        case "transactions": return "id = \(hex("id"))"
        case "state": return "key = \(hex("key"))"
        case "attestations":
            return "height = \(row["height"] as Int64) AND member = '\(row["member"] as String)'"
        default: return "height = \(row["height"] as Int64)"
        }
    }

    /// Single bytes of one of its values, each changed alone.
    func bytes(of column: String, at places: some Sequence<Int>) -> [Alteration] {
        let count = counts[column] ?? 0
        return Set(places).filter { $0 < count }.sorted().map { place in
            Alteration("byte \(place) of \(column) in \(table) where \(condition)", height) {
                editor in
                var bytes = try editor.blob("SELECT \(column) FROM \(table) WHERE \(condition)")
                // Another bit at each place, all eight in turn.
                bytes[place] ^= 1 << UInt8(place % 8)
                try editor.execute(
                    "UPDATE \(table) SET \(column) = ? WHERE \(condition)", [Data(bytes)])
            }
        }
    }

    /// Places in one of its values, by chance.
    func places(in column: String, _ count: Int, _ random: inout SeededRandom) -> [Int] {
        let length = counts[column] ?? 0
        return length == 0 ? [] : (0..<count).map { _ in random.below(length) }
    }

    func set(_ column: String, to value: String, height: Int64? = nil) -> Alteration {
        Alteration(
            height ?? self.height, "UPDATE \(table) SET \(column) = \(value) WHERE \(condition)")
    }

    var deleted: Alteration { Alteration(height, "DELETE FROM \(table) WHERE \(condition)") }
}
