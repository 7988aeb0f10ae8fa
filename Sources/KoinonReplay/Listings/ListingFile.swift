import KoinonMachine
import KoinonProtocol

/// Listings of a CSV file, read through a mapping.
///
/// Rows that cannot be offered are refused one by one, with their line and reason; a file
/// that is not CSV, or lacks a column, is a fault.
public struct ListingFile: Sendable {
    /// What reports call the file.
    public let name: String
    public let mapping: ListingMapping
    /// Rows after the first, empty lines not counted.
    public private(set) var rows = 0
    /// In the order of the file.
    public private(set) var listings: [Listing] = []
    public private(set) var refused: [RefusedListing] = []
    /// Listings whose title is not as the file has it, since it was cut or had control
    /// characters.
    public private(set) var changedTitles = 0

    /// Reads the listings of `path`.
    /// - Throws: ``CSVFault``.
    public init(path: String, mapping: ListingMapping) throws(CSVFault) {
        try self.init(CSVReader(path: path, delimiter: mapping.delimiter), mapping: mapping)
    }

    /// Reads listings from memory; `name` is what faults and reports call them.
    /// - Throws: ``CSVFault``.
    public init(csv: [UInt8], name: String, mapping: ListingMapping) throws(CSVFault) {
        try self.init(
            CSVReader(bytes: csv, name: name, delimiter: mapping.delimiter), mapping: mapping)
    }

    private init(_ reader: CSVReader, mapping: ListingMapping) throws(CSVFault) {
        var reader = reader
        name = reader.file
        self.mapping = mapping
        let rowReader = try ListingRowReader(mapping, reader)
        var row = CSVRow()
        var seen: Set<String> = []
        while try reader.next(&row) {
            rows += 1
            do throws(ListingRowRefusal) {
                let listing = try rowReader.read(row)
                guard seen.insert(listing.id).inserted else {
                    throw ListingRowRefusal(
                        reason: .duplicateListing, column: mapping.columns.listing)
                }
                if listing.title != rowReader.title(of: row) { changedTitles += 1 }
                listings.append(listing)
            } catch {
                refused.append(
                    RefusedListing(line: row.line, column: error.column, reason: error.reason))
            }
        }
    }

    /// The hosts' ids, in the order of their first listings.
    public var hosts: [String] {
        var seen: Set<String> = []
        return listings.map(\.host).filter { seen.insert($0).inserted }
    }
}

/// Why one row is not offered.
struct ListingRowRefusal: Error {
    var reason: ListingRefusal
    var column: String?
}

/// Knows which field of a row is what.
private struct ListingRowReader {
    private let header: [String]
    private let mapping: ListingMapping
    private let listing, titleColumn, host, kind, price: Int
    private let minimumNights, availableNights, latitude, longitude: Int?

    init(_ mapping: ListingMapping, _ reader: CSVReader) throws(CSVFault) {
        func index(_ column: String?) throws(CSVFault) -> Int? {
            guard let column else { return nil }
            return try reader.index(of: column)
        }
        let columns = mapping.columns
        self.mapping = mapping
        header = reader.header
        listing = try reader.index(of: columns.listing)
        titleColumn = try reader.index(of: columns.title)
        host = try reader.index(of: columns.host)
        kind = try reader.index(of: columns.kind)
        price = try reader.index(of: columns.price)
        minimumNights = try index(columns.minimumNights)
        availableNights = try index(columns.availableNights)
        latitude = try index(columns.latitude)
        longitude = try index(columns.longitude)
    }

    func title(of row: CSVRow) -> String { row.text(titleColumn) }

    func read(_ row: CSVRow) throws(ListingRowRefusal) -> Listing {
        guard row.count == header.count else {
            throw ListingRowRefusal(reason: .wrongFieldCount)
        }
        let needed = [listing, titleColumn, host, kind, price, minimumNights, availableNights]
        for case let column? in needed where row[column].isEmpty {
            throw refusal(.missingField, column)
        }
        for column in [listing, host] where !TextCheck.isTitle(row.text(column)) {
            throw refusal(.badIdentifier, column)
        }
        // A title of one scalar that is no title is a character that steers.
        let title = ListingText.title(row.text(titleColumn)) { !TextCheck.isTitle($0) }
        guard TextCheck.isTitle(title) else { throw refusal(.emptyTitle, titleColumn) }
        guard let known = mapping.kinds.first(where: { $0.value == row.text(kind) }) else {
            throw refusal(.unknownKind, kind)
        }
        let place = try place(of: row)
        let price = try amount(row, price)
        let nights = try minimumNights.map { column throws(ListingRowRefusal) in
            try number(row, column, digits: 0, 1...365, .unreadableNights)
        }
        if let availableNights {
            let count = try number(
                row, availableNights, digits: 0, 0...1_000_000, .unreadableNights)
            guard count > 0 else { throw refusal(.notAvailable, availableNights) }
        }
        return Listing(
            line: row.line, id: row.text(listing), host: row.text(host), title: title,
            kind: known.kind, price: Amount(minor: UInt64(price)),
            minimumNights: UInt32(nights ?? 1), place: place)
    }

    /// Nil when the mapping names no columns for it; a blank one is a place nobody knows.
    private func place(of row: CSVRow) throws(ListingRowRefusal) -> Place? {
        guard let latitude, let longitude,
            !(row[latitude].isEmpty && row[longitude].isEmpty)
        else { return nil }
        let north = try number(
            row, latitude, digits: 7, -900_000_000...900_000_000, .unreadablePlace)
        let east = try number(
            row, longitude, digits: 7, -1_800_000_000...1_800_000_000, .unreadablePlace)
        var place = Place()
        place.latitudeE7 = ListingText.rounded(north, decimals: mapping.placeDecimals)
        place.longitudeE7 = ListingText.rounded(east, decimals: mapping.placeDecimals)
        return place
    }

    /// Exact: a price that is finer than the unit is refused, not rounded.
    private func amount(_ row: CSVRow, _ column: Int) throws(ListingRowRefusal) -> Int64 {
        let millionths = try number(
            row, column, digits: 6, 1...1_000_000_000_000_000, .unreadablePrice)
        var smallest: Int64 = 1
        for _ in mapping.terms.unit.scale..<6 { smallest *= 10 }
        let amount = millionths / smallest
        guard millionths % smallest == 0, (1...1_000_000_000).contains(amount) else {
            throw refusal(.unreadablePrice, column)
        }
        return amount
    }

    private func number(
        _ row: CSVRow, _ column: Int, digits: Int, _ range: ClosedRange<Int64>,
        _ reason: ListingRefusal
    ) throws(ListingRowRefusal) -> Int64 {
        guard let value = TextScanner.fixedPoint(row[column], digits: digits),
            range.contains(value)
        else { throw refusal(reason, column) }
        return value
    }

    private func refusal(_ reason: ListingRefusal, _ column: Int) -> ListingRowRefusal {
        ListingRowRefusal(reason: reason, column: header[column])
    }
}
