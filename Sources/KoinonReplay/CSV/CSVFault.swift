/// Why a CSV file could not be read, where, and what to do about it.
public struct CSVFault: Error, Hashable, Sendable, CustomStringConvertible {
    public var file: String
    /// The line of the file, from 1; 0 when the fault is about the file as a whole.
    public var line: Int
    /// Name of the column when the header is known, else its number from 1.
    public var column: String?
    public var problem: Problem

    public enum Problem: Hashable, Sendable {
        /// With the operating system's reason.
        case cannotRead(String)
        /// With zlib's reason.
        case damagedGzip(String)
        case unfinishedGzip
        case empty
        case notUTF8
        case zeroByte
        case loneCarriageReturn
        case quoteInsideField
        case textAfterQuote
        case unfinishedQuote
        case fieldTooLong(limit: Int)
        case rowTooLong(limit: Int)
        case tooManyColumns(limit: Int)
        case tooManyRows(limit: Int)
        case fileTooLong(limit: Int)
        case columnTwice
        case columnMissing(known: [String])
    }

    public init(file: String, line: Int = 0, column: String? = nil, problem: Problem) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
    }

    public var description: String {
        var place = file
        if line > 0 { place += ", line \(line)" }
        if let column { place += ", column \(column)" }
        return "\(place): \(problem.text)"
    }
}

extension CSVFault.Problem {
    var text: String {
        switch self {
        case .cannotRead(let reason):
            "it could not be read: \(reason) Check the path and its permissions."
        case .damagedGzip(let reason):
            "the gzip data are damaged (\(reason)). Fetch or pack the file again."
        case .unfinishedGzip:
            "the gzip data end too early. Fetch or pack the file again."
        case .empty:
            "the file is empty. The first line must name the columns."
        case .notUTF8:
            "the text is not UTF-8. Save the file in UTF-8."
        case .zeroByte:
            "there is a zero byte, as in UTF-16. Save the file in UTF-8."
        case .loneCarriageReturn:
            "a carriage return stands without a line feed. Save the file with line ends LF or CRLF."
        case .quoteInsideField:
            "a quote stands inside a field that does not begin with one. "
                + "Put the whole field in quotes and double the quote."
        case .textAfterQuote:
            "text follows a closing quote. Double each quote that belongs to the text."
        case .unfinishedQuote:
            "the field begins with a quote that is never closed. Close it, or double each quote "
                + "that belongs to the text."
        case .fieldTooLong(let limit):
            "the field is longer than \(limit) bytes. Look for a quote that is never closed."
        case .rowTooLong(let limit):
            "the row is longer than \(limit) bytes. Look for a quote that is never closed."
        case .tooManyColumns(let limit):
            "there are more than \(limit) columns. Leave out those that the mapping does not name."
        case .tooManyRows(let limit):
            "there are more than \(limit) rows. Split the file."
        case .fileTooLong(let limit):
            "the file is longer than \(limit) bytes after decompression. Split it."
        case .columnTwice:
            "two columns have this name. Rename one in the first line."
        case .columnMissing(let known):
            "there is no column of this name. The first line names: "
                + known.joined(separator: ", ") + ". Correct the mapping."
        }
    }
}
