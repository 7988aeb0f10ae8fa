import Foundation
import KoinonProtocol

/// Numbers and documents as the command prints them, the same in every locale.
enum Text {
    /// With a comma before each third digit from the end.
    static func number(_ value: some BinaryInteger) -> String {
        let digits = String(value)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return grouped
    }

    static func seconds(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    static func bytes(_ value: UInt64) -> String {
        let tenths = (value * 10 + 524_288) / 1_048_576
        return "\(tenths / 10).\(tenths % 10) MiB"
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// JSON text with line breaks and indentation; the order of fields stays. What is none is
    /// shown as it is. Neither steers a terminal.
    static func pretty(_ json: String) -> String {
        guard let tree = try? JSONParser.parse(Array(json.utf8), maximumBytes: .max) else {
            return JSONText.harmless(json)
        }
        return JSONText.write(tree, indented: true)
    }

    /// Columns padded to their widest cell; the columns in `right` are aligned to the right.
    static func table(_ rows: [[String]], right: Set<Int> = [], indent: String = "  ") -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? padding + cell : cell + padding
            }
            return indent + cells.joined(separator: "  ").trimmedAtEnd
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
