import KoinonMachine
import KoinonProtocol

/// One trip as the file tells it.
struct FileTrip: Hashable, Sendable {
    var line: Int
    var trip: String
    var start: Timestamp
    var end: Timestamp
    /// The bike, or the start station when there is no bike id.
    var resource: String
    /// The rider id, or the name of a pooled account.
    var rider: String
    var startStation: String?
    var endStation: String?
    /// What the file's own column of durations says.
    var statedMilliseconds: UInt64?
}

/// An operator's trips: a CSV file read through its mapping.
///
/// Rows that cannot be trips are refused one by one, with their line and reason; a file
/// that is not CSV, or lacks a column, is a fault.
public struct TripFile: Sendable {
    /// What reports call the file.
    public let name: String
    public let mapping: Mapping
    public let stations: StationTable
    /// Rows after the first, empty lines not counted.
    public private(set) var rows = 0
    /// In the order of the file.
    public private(set) var refused: [RefusedRow] = []
    private(set) var trips: [FileTrip] = []

    /// Reads the trips of `path` and, when the mapping names one, the table of stations.
    /// - Parameter mappingPath: the mapping's own place; files it names lie beside it.
    /// - Throws: ``CSVFault`` or ``MappingFault``.
    public init(path: String, mapping: Mapping, mappingPath: String) throws {
        var stations = StationTable()
        if let source = mapping.stations {
            let folder = mappingPath.lastIndex(of: "/").map { mappingPath[...$0] } ?? ""
            let isAbsolute = source.file.hasPrefix("/")
            stations = try StationTable(
                source, path: isAbsolute ? source.file : folder + source.file)
        }
        try self.init(
            CSVReader(path: path, delimiter: mapping.delimiter), mapping: mapping,
            stations: stations)
    }

    /// Reads trips from memory; `name` is what faults and reports call them.
    /// - Throws: ``CSVFault`` or ``MappingFault``.
    public init(
        csv: [UInt8], name: String, mapping: Mapping, stations: StationTable = StationTable()
    ) throws {
        try self.init(
            CSVReader(bytes: csv, name: name, delimiter: mapping.delimiter), mapping: mapping,
            stations: stations)
    }

    private init(_ reader: CSVReader, mapping: Mapping, stations: StationTable) throws {
        var reader = reader
        name = reader.file
        self.mapping = mapping
        self.stations = stations
        let rowReader = try TripRowReader(mapping, reader)
        var row = CSVRow()
        while try reader.next(&row) {
            rows += 1
            switch rowReader.read(row) {
            case .success(let trip): trips.append(trip)
            case .failure(let refusal):
                refused.append(
                    RefusedRow(
                        file: name, line: row.line, column: refusal.column, reason: refusal.reason))
            }
        }
    }
}

/// Why one row is no trip.
private struct RowRefusal: Error {
    var reason: RefusalReason
    var column: String?
}

/// Knows which field of a row is what.
private struct TripRowReader {
    private let header: [String]
    private let time: TimeReader
    private let trip, start, end: Int
    private let resource: Int
    /// The rider's column, or those that together name a pooled account.
    private let rider: [Int]
    private let startStation, endStation, duration: Int?

    init(_ mapping: Mapping, _ reader: CSVReader) throws {
        func index(_ column: String?) throws -> Int? {
            try column.map { try reader.index(of: $0) }
        }
        let columns = mapping.columns
        header = reader.header
        time = try TimeReader(mapping.time)
        trip = try reader.index(of: columns.trip)
        start = try reader.index(of: columns.start)
        end = try reader.index(of: columns.end)
        let station = try index(columns.startStation)
        startStation = station
        endStation = try index(columns.endStation)
        duration = try index(columns.durationSeconds)
        guard let resource = try index(columns.bike) ?? station else {
            throw MappingFault(path: "columns", message: "name bike or start_station.")
        }
        self.resource = resource
        let riderType = try index(columns.riderType)
        if let rider = try index(columns.rider) {
            self.rider = [rider]
        } else {
            rider = mapping.pooledRiders.compactMap { $0 == .riderType ? riderType : station }
        }
    }

    func read(_ row: CSVRow) -> Result<FileTrip, RowRefusal> {
        guard row.count == header.count else {
            return .failure(RowRefusal(reason: .wrongFieldCount))
        }
        for column in [trip, start, end, resource] + rider where row[column].isEmpty {
            return refuse(.missingField, column)
        }
        for column in [trip, resource] + rider where !TextCheck.isTitle(row.text(column)) {
            return refuse(.badIdentifier, column)
        }
        var moments: [Timestamp] = []
        for column in [start, end] {
            guard let milliseconds = time.milliseconds(row[column]) else {
                return refuse(.unreadableTime, column)
            }
            guard milliseconds >= 0, UInt64(milliseconds) <= Timestamp.maximum.milliseconds else {
                return refuse(.timeOutOfRange, column)
            }
            moments.append(Timestamp(milliseconds: UInt64(milliseconds)))
        }
        guard moments[0] <= moments[1] else { return refuse(.endBeforeStart, end) }
        guard AgreedPeriod.covering(from: moments[0], to: moments[1]) != nil else {
            return refuse(.tooLong, end)
        }
        return .success(
            FileTrip(
                line: row.line, trip: row.text(trip), start: moments[0], end: moments[1],
                resource: row.text(resource),
                // No part holds the unit separator, which is a control character.
                rider: rider.map { row.text($0) }.joined(separator: "\u{1f}"),
                startStation: startStation.map { row.text($0) },
                endStation: endStation.map { row.text($0) },
                statedMilliseconds: duration.flatMap {
                    TextScanner.fixedPoint(row[$0], digits: 3).flatMap { UInt64(exactly: $0) }
                }))
    }

    private func refuse(_ reason: RefusalReason, _ column: Int) -> Result<FileTrip, RowRefusal> {
        .failure(RowRefusal(reason: reason, column: header[column]))
    }
}
