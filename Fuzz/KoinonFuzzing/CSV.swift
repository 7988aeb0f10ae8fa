import KoinonReplay

extension FuzzTarget {
    /// A CSV file, plain or gzip, with narrow limits so that inputs can reach them; then the
    /// same file as trips, as listings and as ratings.
    public static let csv = FuzzTarget("csv", maximumBytes: 16_384) { bytes in
        var limits = CSVLimits()
        limits.fieldBytes = 256
        limits.rowBytes = 1_024
        limits.columns = 32
        limits.rows = 500
        limits.fileBytes = 65_536
        let whole = CSVContent(limits) { () throws(CSVFault) in
            try CSVReader(bytes: bytes, name: "fuzz.csv", limits: limits)
        }
        try whole.checkLimits(limits)
        for size in [1, 7] {
            let inPieces = CSVContent(limits) { () throws(CSVFault) in
                try CSVReader(
                    PiecewiseSource(bytes, size: size), file: "fuzz.csv",
                    delimiter: UInt8(ascii: ","), limits: limits)
            }
            // Packed data are unpacked further ahead in larger pieces, so of two things that are
            // wrong another may be seen first.
            let isSame =
                bytes.starts(with: [0x1f, 0x8b]) && inPieces.fault != nil
                ? whole.fault != nil : inPieces == whole
            try hold(isSame, "read \(size) bytes at a time it is another file")
        }
        try whole.checkRewriting(limits)
        try TripProperties.check(csv: bytes, mapping: TripProperties.mapping)
        try ListingProperties.check(csv: bytes, mapping: ListingProperties.mapping)
        try RatingProperties.check(csv: bytes)
    }
}

/// Hands out so many bytes at a time.
private struct PiecewiseSource: ByteSource {
    private var rest: ArraySlice<UInt8>
    private let size: Int

    init(_ bytes: [UInt8], size: Int) {
        rest = bytes[...]
        self.size = size
    }

    mutating func next() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
    }
}

/// All that a reader gives: rows until the end or a fault.
private struct CSVContent: Equatable {
    // As bytes: texts of Swift are equal when people would read the same.
    var header: [[UInt8]]?
    var rows: [[[UInt8]]] = []
    var lines: [Int] = []
    var fault: CSVFault?

    init(_ limits: CSVLimits, _ open: () throws(CSVFault) -> CSVReader) {
        do throws(CSVFault) {
            var reader = try open()
            header = reader.header.map { Array($0.utf8) }
            var row = CSVRow()
            while try reader.next(&row) {
                rows.append((0..<row.count).map { Array(row[$0]) })
                lines.append(row.line)
            }
        } catch {
            fault = error
        }
    }

    func checkLimits(_ limits: CSVLimits) throws(Violation) {
        try hold(rows.count <= limits.rows, "more rows than the limit")
        for row in rows + (header.map { [$0] } ?? []) {
            try hold(
                (1...limits.columns).contains(row.count)
                    && row.allSatisfy { $0.count <= limits.fieldBytes }
                    && row.reduce(0) { $0 + $1.count } <= limits.rowBytes,
                "a row beyond a limit")
        }
        try hold(
            zip(lines, lines.dropFirst()).allSatisfy { $0 < $1 } && (lines.first ?? 2) >= 2,
            "lines are not ascending")
        let names = (header ?? []).filter { !$0.isEmpty }
        try hold(Set(names).count == names.count, "two columns have one name")
        try hold(fault.map { !$0.description.isEmpty } ?? true, "a fault without a text")
    }

    /// Every field in quotes says the same.
    func checkRewriting(_ limits: CSVLimits) throws(Violation) {
        guard fault == nil, let header else { return }
        let quote = UInt8(ascii: "\"")
        let lines = ([header] + rows).map { row in
            row.map { [quote] + $0.flatMap { $0 == quote ? [$0, $0] : [$0] } + [quote] }
                .joined(separator: [UInt8(ascii: ",")])
        }
        let text = Array(lines.joined(separator: Array("\r\n".utf8)))
        let again = CSVContent(limits) { () throws(CSVFault) in
            try CSVReader(bytes: text, name: "fuzz.csv", limits: limits)
        }
        // Quotes make the file longer, and only that may be too much.
        if case .fileTooLong? = again.fault?.problem { return }
        try hold(
            again.fault == nil && again.header == header && again.rows == rows,
            "written with quotes it is another file")
    }
}
