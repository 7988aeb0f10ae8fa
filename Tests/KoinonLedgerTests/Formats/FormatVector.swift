import KoinonProtocol

@testable import KoinonLedger

/// One example of a format, its bytes annotated field by field, and what is made of them.
struct FormatVector: Codable, Equatable {
    var name: String
    /// In order; together they are all the bytes.
    var rows: [Row]
    /// For instance the hash of the bytes.
    var results: [Result]

    struct Row: Codable, Equatable {
        /// Hexadecimal; spaces set keys and lengths apart.
        var bytes: String
        var field: String
        /// The same for people, where that says more.
        var value: String
    }

    struct Result: Codable, Equatable {
        var name: String
        var value: String
    }

    init(_ name: String, _ rows: [Row], _ results: [(String, String)] = []) {
        self.name = name
        self.rows = rows
        self.results = results.map { Result(name: $0.0, value: $0.1) }
    }

    /// All bytes, from the annotated rows.
    var bytes: [UInt8]? {
        Hex.decode(rows.map { $0.bytes.filter { $0 != " " } }.joined())
    }

    /// As a table for docs/formats/, long bytes shortened.
    var table: String {
        var lines = ["| bytes | field | value |", "|---|---|---|"]
        for row in rows {
            lines.append("| \(code(Self.shortened(row.bytes))) | \(row.field) | \(row.value) |")
        }
        for result in results {
            lines.append("| | **\(result.name)** | \(code(result.value)) |")
        }
        return lines.joined(separator: "\n")
    }

    private func code(_ text: String) -> String { text.isEmpty ? "" : "`\(text)`" }

    private static func shortened(_ hex: String) -> String {
        guard hex.count > 150 else { return hex }
        let count = hex.count { $0 != " " } / 2
        return "\(hex.prefix(40))… (\(count) bytes in all)"
    }
}

extension FormatVector.Row {
    init(_ field: String, _ bytes: [UInt8], _ value: String = "") {
        self.init(bytes: Hex.encode(bytes), field: field, value: value)
    }

    init(_ field: String, _ value: some Bytes32) { self.init(field, value.bytes) }

    init(_ field: String, text: String) { self.init(field, Array(text.utf8), "\"\(text)\"") }

    init(_ field: String, bigEndian number: some FixedWidthInteger, _ value: String? = nil) {
        self.init(
            field, withUnsafeBytes(of: number.bigEndian) { Array($0) }, value ?? "\(number)")
    }

    static func tag(_ tag: String) -> [Self] {
        [Self("tag", text: tag), Self("zero", [0])]
    }
}
