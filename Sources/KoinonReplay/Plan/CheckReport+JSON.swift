import Foundation

extension CheckReport {
    /// The report for programs: docs/replay.md lists its fields. Keys in alphabetical
    /// order, the same bytes for the same report.
    /// - Throws: what JSONEncoder throws; a report holds nothing that it refuses.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
