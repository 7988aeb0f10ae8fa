import KoinonProtocol

/// The stations of an operator, by what its trips call them.
public struct StationTable: Sendable {
    public struct Station: Hashable, Sendable {
        public var title: String?
        public var place: Place?
        public var capacity: UInt32?
    }

    private var stations: [String: Station] = [:]

    /// A table without stations.
    public init() {}

    public subscript(station: String) -> Station? { stations[station] }
    public var count: Int { stations.count }

    /// Reads the file that a mapping names. Blank coordinates and capacities mean that
    /// they are not known; anything else that is no number is a fault, since it would
    /// change what may be leased.
    /// - Throws: ``CSVFault``, or ``MappingFault`` naming the line.
    public init(_ source: Mapping.StationSource, path: String) throws {
        try self.init(source, CSVReader(path: path))
    }

    init(_ source: Mapping.StationSource, _ reader: CSVReader) throws {
        var reader = reader
        let station = try reader.index(of: source.station)
        let title = try source.title.map { try reader.index(of: $0) }
        let latitude = try source.latitude.map { try reader.index(of: $0) }
        let longitude = try source.longitude.map { try reader.index(of: $0) }
        let capacity = try source.capacity.map { try reader.index(of: $0) }
        var row = CSVRow()
        while try reader.next(&row) {
            guard row.count == reader.header.count else {
                throw MappingFault(
                    file: reader.file, path: "line \(row.line)",
                    message: "it has \(row.count) fields, the first line \(reader.header.count). "
                        + "Correct the line.")
            }
            func number(
                _ column: Int?, digits: Int, within range: ClosedRange<Int64>
            ) throws(MappingFault) -> Int64? {
                guard let column, !row[column].isEmpty else { return nil }
                guard let value = TextScanner.fixedPoint(row[column], digits: digits),
                    range.contains(value)
                else {
                    throw MappingFault(
                        file: reader.file,
                        path: "line \(row.line), column \(reader.header[column])",
                        message: "\"\(row.text(column))\" is out of range or no number. "
                            + "Correct it, or leave it blank.")
                }
                return value
            }
            var entry = Station()
            entry.title = title.map { row.text($0) }
            let capacities = Mapping.ResourceTerms.capacities
            entry.capacity = try number(
                capacity, digits: 0,
                within: Int64(capacities.lowerBound)...Int64(capacities.upperBound)
            ).map { UInt32($0) }
            let north = try number(latitude, digits: 7, within: -900_000_000...900_000_000)
            let east = try number(longitude, digits: 7, within: -1_800_000_000...1_800_000_000)
            if let north, let east {
                var place = Place()
                place.latitudeE7 = Int32(north)
                place.longitudeE7 = Int32(east)
                entry.place = place
            }
            // The first of several lines with one station holds.
            if stations[row.text(station)] == nil { stations[row.text(station)] = entry }
        }
    }
}
