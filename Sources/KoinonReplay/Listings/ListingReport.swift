import Foundation

/// What a file of listings holds and, after loading, what became of it.
public struct ListingReport: Hashable, Sendable, Codable {
    public static let format = "koinon/listings-report/v1"

    public var format = ListingReport.format
    public var file: String
    /// `listings` and what `refused` counts.
    public var rows: Int
    /// Rows that can be offered.
    public var listings: Int
    public var hosts: Int
    /// By kind, most frequent first, then by name.
    public var kinds: [Count]
    /// Titles that were cut to 64 bytes or had control characters.
    public var changedTitles: Int
    public var unit: String
    public var unitScale: UInt32
    /// Of a night; nil without listings.
    public var lowestPriceMinor: UInt64?
    public var highestPriceMinor: UInt64?
    /// By reason, most frequent first, then by name.
    public var refused: [Refused]
    /// Nil after a dry run.
    public var loaded: Loaded?

    public struct Count: Hashable, Sendable, Codable {
        public var kind: String
        public var listings: Int
    }

    public struct Refused: Hashable, Sendable, Codable {
        public var reason: ListingRefusal
        public var rows: [Row]
    }

    public struct Row: Hashable, Sendable, Codable {
        public var line: Int
        public var column: String?
    }

    /// What the ledger made of the listings; the three counts of listings are all of them.
    public struct Loaded: Hashable, Sendable, Codable {
        public var offered = 0
        /// Registered by an earlier run; left as they are.
        public var alreadyThere = 0
        /// Not offered, since the ledger or the node said no.
        public var failed = 0
        /// Why, by the ledger's own words, most frequent first.
        public var failures: [Failure] = []
        public var accountsOpened = 0
        public var transactions = 0
    }

    public struct Failure: Hashable, Sendable, Codable {
        public var message: String
        public var listings: Int
    }

    public init(_ content: ListingFile) {
        file = content.name
        rows = content.rows
        listings = content.listings.count
        hosts = content.hosts.count
        kinds = Dictionary(grouping: content.listings, by: \.kind)
            .map { Count(kind: $0.key, listings: $0.value.count) }
            .sorted { ($1.listings, $0.kind) < ($0.listings, $1.kind) }
        changedTitles = content.changedTitles
        unit = content.mapping.terms.unit.id
        unitScale = content.mapping.terms.unit.scale
        lowestPriceMinor = content.listings.map(\.price.minor).min()
        highestPriceMinor = content.listings.map(\.price.minor).max()
        refused = Dictionary(grouping: content.refused, by: \.reason)
            .map { reason, rows in
                Refused(reason: reason, rows: rows.map { Row(line: $0.line, column: $0.column) })
            }
            .sorted { ($1.rows.count, $0.reason.rawValue) < ($0.rows.count, $1.reason.rawValue) }
    }

    /// For programs: docs/listings.md lists its fields.
    /// - Throws: what JSONEncoder throws; a report holds nothing that it refuses.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
