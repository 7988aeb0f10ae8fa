/// Reads CSV row by row, as RFC 4180 has it: fields in quotes may hold delimiters, line
/// ends and doubled quotes; lines end with LF or CRLF. A byte order mark is skipped, and
/// so are empty lines. Packed files (gzip) are unpacked on the way.
///
/// The first row names the columns. A row may have more or fewer fields than it: what
/// that means is for the caller to decide.
///
/// ```swift
/// var reader = try CSVReader(path: "trips.csv.gz")
/// var row = CSVRow()
/// while try reader.next(&row) { print(row.line, row.text(0)) }
/// ```
public struct CSVReader {
    /// What faults call the file.
    public let file: String
    /// The names of the columns, in the file's order, no two alike unless empty.
    public private(set) var header: [String] = []

    private let delimiter: UInt8
    private let limits: CSVLimits
    private var source: UnpackingSource
    private var piece: [UInt8] = []
    private var position = 0
    private var line = 1
    private var rows = 0

    /// - Throws: ``CSVFault`` when the file cannot be opened or its first row is refused.
    public init(
        path: String, delimiter: UInt8 = UInt8(ascii: ","), limits: CSVLimits = CSVLimits()
    ) throws(CSVFault) {
        try self.init(
            FileSource(path: path), file: path, delimiter: delimiter, limits: limits)
    }

    /// Reads bytes in memory; `name` is what faults call them.
    /// - Throws: ``CSVFault`` when the first row is refused.
    public init(
        bytes: [UInt8], name: String, delimiter: UInt8 = UInt8(ascii: ","),
        limits: CSVLimits = CSVLimits()
    ) throws(CSVFault) {
        try self.init(
            MemorySource(bytes), file: name, delimiter: delimiter, limits: limits)
    }

    package init(
        _ source: any ByteSource, file: String, delimiter: UInt8, limits: CSVLimits
    ) throws(CSVFault) {
        self.file = file
        self.delimiter = delimiter
        self.limits = limits
        self.source = UnpackingSource(source, file: file, limit: limits.fileBytes)
        try skipByteOrderMark()
        try readHeader()
    }

    /// The index of a column.
    /// - Throws: ``CSVFault/Problem/columnMissing(known:)`` naming those there are.
    public func index(of column: String) throws(CSVFault) -> Int {
        guard let index = header.firstIndex(of: column) else {
            throw CSVFault(
                file: file, line: 1, column: column, problem: .columnMissing(known: header))
        }
        return index
    }

    /// Reads the next row into `row`; false at the end of the file.
    /// - Throws: ``CSVFault``; nothing can be read after it.
    public mutating func next(_ row: inout CSVRow) throws(CSVFault) -> Bool {
        guard try readRow(&row) else { return false }
        rows += 1
        guard rows <= limits.rows else {
            throw fault(.tooManyRows(limit: limits.rows), line: row.line)
        }
        return true
    }

    private mutating func skipByteOrderMark() throws(CSVFault) {
        while piece.count < 3, let more = try source.next() { piece += more }
        if piece.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
        if piece.starts(with: [0xff, 0xfe]) || piece.starts(with: [0xfe, 0xff]) {
            throw fault(.notUTF8, line: 1)
        }
    }

    private mutating func readHeader() throws(CSVFault) {
        var row = CSVRow()
        guard try readRow(&row) else { throw fault(.empty, line: 0) }
        let names = (0..<row.count).map { row.text($0) }
        var seen: Set<String> = []
        // Columns without a name, as a trailing comma makes them, may be many.
        for name in names where !name.isEmpty && !seen.insert(name).inserted {
            throw CSVFault(file: file, line: row.line, column: name, problem: .columnTwice)
        }
        header = names
    }
}

// MARK: - Rows

extension CSVReader {
    /// Where the reader stands within a row.
    private enum Place {
        /// Before the first byte of a field.
        case fieldStart
        /// Inside a field without quotes; a line end or delimiter ends it.
        case plain
        /// Inside quotes; anything but a quote belongs to the field.
        case quoted
        /// After a quote inside quotes: a second one is text, else the field has ended.
        case afterQuote
        /// After a carriage return outside quotes: only a line feed may follow.
        case afterReturn
    }

    private mutating func readRow(_ row: inout CSVRow) throws(CSVFault) -> Bool {
        row.begin(line: line)
        var place = Place.fieldStart
        var fieldBegin = 0
        var quoteLine = line
        var isEmpty = true
        var isASCII = true
        while let byte = try nextByte() {
            if byte >= 0x80 { isASCII = false }
            switch (place, byte) {
            case (.quoted, UInt8(ascii: "\"")):
                place = .afterQuote
            case (.quoted, _):
                if byte == UInt8(ascii: "\n") { line += 1 }
                try append(byte, to: &row, fieldBegin: fieldBegin)
            case (_, UInt8(ascii: "\n")):
                line += 1
                if isEmpty {
                    row.begin(line: line)
                    place = .fieldStart
                } else {
                    try endField(&row)
                    return try endRow(row, isASCII: isASCII)
                }
            case (.afterReturn, _):
                throw fault(.loneCarriageReturn, line: line, after: row)
            case (_, UInt8(ascii: "\r")):
                place = .afterReturn
            case (_, delimiter):
                try endField(&row)
                fieldBegin = row.bytes.count
                place = .fieldStart
                isEmpty = false
            case (.fieldStart, UInt8(ascii: "\"")):
                place = .quoted
                quoteLine = line
                isEmpty = false
            case (.plain, UInt8(ascii: "\"")):
                throw fault(.quoteInsideField, line: line, after: row)
            case (.afterQuote, UInt8(ascii: "\"")):
                try append(byte, to: &row, fieldBegin: fieldBegin)
                place = .quoted
            case (.afterQuote, _):
                throw fault(.textAfterQuote, line: line, after: row)
            case (.fieldStart, _), (.plain, _):
                try append(byte, to: &row, fieldBegin: fieldBegin)
                place = .plain
                isEmpty = false
            }
        }
        // The last row may lack its line end.
        switch place {
        case .quoted: throw fault(.unfinishedQuote, line: quoteLine, after: row)
        case .afterReturn: throw fault(.loneCarriageReturn, line: line, after: row)
        case .fieldStart, .plain, .afterQuote:
            if isEmpty { return false }
            try endField(&row)
            return try endRow(row, isASCII: isASCII)
        }
    }

    @inline(__always)
    private mutating func nextByte() throws(CSVFault) -> UInt8? {
        if position == piece.count {
            guard let more = try source.next() else { return nil }
            piece = more
            position = 0
        }
        defer { position += 1 }
        return piece[position]
    }

    private func append(
        _ byte: UInt8, to row: inout CSVRow, fieldBegin: Int
    ) throws(CSVFault) {
        if byte == 0 { throw fault(.zeroByte, line: line, after: row) }
        row.bytes.append(byte)
        if row.bytes.count - fieldBegin > limits.fieldBytes {
            throw fault(.fieldTooLong(limit: limits.fieldBytes), line: row.line, after: row)
        }
        if row.bytes.count > limits.rowBytes {
            throw fault(.rowTooLong(limit: limits.rowBytes), line: row.line, after: row)
        }
    }

    private func endField(_ row: inout CSVRow) throws(CSVFault) {
        guard row.ends.count < limits.columns else {
            throw fault(.tooManyColumns(limit: limits.columns), line: row.line)
        }
        row.ends.append(row.bytes.count)
    }

    private func endRow(_ row: CSVRow, isASCII: Bool) throws(CSVFault) -> Bool {
        if isASCII { return true }
        for index in 0..<row.count
        where String(validating: row[index], as: UTF8.self) == nil {
            throw CSVFault(
                file: file, line: row.line, column: columnName(index), problem: .notUTF8)
        }
        return true
    }

    private func columnName(_ index: Int) -> String {
        index < header.count ? header[index] : String(index + 1)
    }

    private func fault(_ problem: CSVFault.Problem, line: Int) -> CSVFault {
        CSVFault(file: file, line: line, problem: problem)
    }

    /// A fault in the field that follows those of `row`.
    private func fault(
        _ problem: CSVFault.Problem, line: Int, after row: CSVRow
    ) -> CSVFault {
        CSVFault(
            file: file, line: line, column: columnName(row.ends.count), problem: problem)
    }
}
