import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("Reading CSV (RFC 4180)")
struct CSVReaderTests {
    @Test(
        "fields are what RFC 4180 says",
        arguments: [
            ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
            ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,\"2\"", [["a", "b"], ["1", "2"]]),
            ("a,b\n,\n", [["a", "b"], ["", ""]]),
            ("a\n\"\"\n", [["a"], [""]]),
            ("a\r\n\"\"\r\n", [["a"], [""]]),
            ("a\n\"\"", [["a"], [""]]),
            ("a,b\n\"1,2\",\"say \"\"hi\"\"\"\n", [["a", "b"], ["1,2", "say \"hi\""]]),
            ("a,b\n\"1\r\n2\",\"3\n\"\n", [["a", "b"], ["1\r\n2", "3\n"]]),
            ("\u{feff}a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\n\n1,2\n\r\n\n3,4\n\n", [["a", "b"], ["1", "2"], ["3", "4"]]),
            ("a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]),
            ("ä,\"ß\"\n日本,🚲\n", [["ä", "ß"], ["日本", "🚲"]]),
            ("a,,\n1,2,3\n", [["a", "", ""], ["1", "2", "3"]]),
        ])
    func fields(csv: String, expected: [[String]]) throws {
        #expect(try table(bytes(csv)) == expected)
    }

    @Test func `another delimiter leaves commas alone`() throws {
        #expect(
            try table(bytes("a;b\n1,5;\"2;3\"\n"), delimiter: UInt8(ascii: ";"))
                == [["a", "b"], ["1,5", "2;3"]])
    }

    @Test func `rows know the line they begin on, quoted line ends counted`() throws {
        var reader = try CSVReader(
            bytes: bytes("a,b\n\"1\n\n\",2\n\n3,4\r\n5,6"), name: "t.csv")
        var row = CSVRow()
        var lines: [Int] = []
        while try reader.next(&row) { lines.append(row.line) }
        #expect(lines == [2, 6, 7])
    }

    private static let limits = {
        var limits = CSVLimits()
        limits.fieldBytes = 4
        limits.rowBytes = 10
        limits.columns = 3
        limits.rows = 2
        limits.fileBytes = 100
        return limits
    }()

    @Test(
        "a fault names line, column and remedy",
        arguments: [
            ("", 0, nil, .empty),
            ("\n\n", 0, nil, .empty),
            ("a,b\n1,2\n3,\"4", 3, "b", .unfinishedQuote),
            ("a,b\n1,\"2\n\n", 2, "b", .unfinishedQuote),
            ("a,b\n1,2\"\n", 2, "b", .quoteInsideField),
            ("a,b\n\"1\"2,3\n", 2, "a", .textAfterQuote),
            ("a,b\r1,2\r", 1, "2", .loneCarriageReturn),
            ("a,b\n1,2\r", 2, "b", .loneCarriageReturn),
            ("a,b\n1,\0\n", 2, "b", .zeroByte),
            ("a,a\n1,2\n", 1, "a", .columnTwice),
            ("a,b\n1,12345\n", 2, "b", .fieldTooLong(limit: 4)),
            ("a,b\n1,\"1234\n5\"\n", 2, "b", .fieldTooLong(limit: 4)),
            ("a,b,c\n1234,1234,123\n", 2, "c", .rowTooLong(limit: 10)),
            ("a,b\n1,2,3,4\n", 2, nil, .tooManyColumns(limit: 3)),
            ("a\n1\n2\n3\n", 4, nil, .tooManyRows(limit: 2)),
            (String(repeating: "a\n", count: 51), 0, nil, .fileTooLong(limit: 100)),
        ] as [(String, Int, String?, CSVFault.Problem)])
    func faults(csv: String, line: Int, column: String?, problem: CSVFault.Problem) {
        let expected = CSVFault(file: "t.csv", line: line, column: column, problem: problem)
        #expect(throws: expected) { try table(bytes(csv), limits: Self.limits) }
    }

    @Test func `what is not UTF-8 is refused where it stands`() {
        let latin = bytes("a,b\n1,") + [0xe4] + bytes("\n")
        #expect(throws: CSVFault(file: "t.csv", line: 2, column: "b", problem: .notUTF8)) {
            try table(latin)
        }
        #expect(throws: CSVFault(file: "t.csv", line: 1, problem: .notUTF8)) {
            try table([0xff, 0xfe, 0x61, 0x00])
        }
        // Two halves of one character in two fields are two faults, not one character.
        #expect(throws: CSVFault(file: "t.csv", line: 2, column: "a", problem: .notUTF8)) {
            try table(bytes("a,b\n") + [0xc3] + bytes(",") + [0xa4])
        }
    }

    @Test func `every problem's text ends as a sentence`() {
        let fault = CSVFault(
            file: "t.csv", line: 3, column: "end", problem: .columnMissing(known: ["a", "b"]))
        #expect(
            fault.description
                == "t.csv, line 3, column end: there is no column of this name. "
                + "The first line names: a, b. Correct the mapping.")
    }

    @Test func `a column that is not there is named with those that are`() throws {
        let reader = try CSVReader(bytes: bytes("a,b\n"), name: "t.csv")
        #expect(try reader.index(of: "b") == 1)
        #expect(
            throws: CSVFault(
                file: "t.csv", line: 1, column: "c", problem: .columnMissing(known: ["a", "b"]))
        ) { try reader.index(of: "c") }
    }

    @Test func `a file that is not there is named`() {
        #expect {
            try CSVReader(path: "/nowhere/trips.csv")
        } throws: { error in
            guard let fault = error as? CSVFault, case .cannotRead = fault.problem else {
                return false
            }
            return fault.file == "/nowhere/trips.csv"
        }
    }
}

@Suite("Reading gzip")
struct GzipTests {
    // printf 'a,b\n1,2\n' | gzip -9n | xxd -p; the same with '3,4\n'.
    private let first: [UInt8]
    private let second: [UInt8]

    init() throws {
        first = try #require(Hex.decode("1f8b08000000000002034bd449e232d431e202007b07970a08000000"))
        second = try #require(Hex.decode("1f8b080000000000020333d631e102003e2d72a904000000"))
    }

    @Test func `packed files are read like plain ones`() throws {
        #expect(try table(first) == [["a", "b"], ["1", "2"]])
    }

    @Test func `files packed one after the other are one file`() throws {
        #expect(try table(first + second) == [["a", "b"], ["1", "2"], ["3", "4"]])
    }

    @Test func `a byte at a time gives the same`() throws {
        var reader = try CSVReader(
            Drops(rest: (first + second)[...]), file: "t", delimiter: UInt8(ascii: ","),
            limits: CSVLimits())
        var row = CSVRow()
        var rows: [[String]] = []
        while try reader.next(&row) { rows.append([row.text(0), row.text(1)]) }
        #expect(rows == [["1", "2"], ["3", "4"]])
    }

    @Test func `every cut is found out`() {
        for length in 2..<first.count {
            #expect(throws: CSVFault(file: "t.csv", problem: .unfinishedGzip)) {
                try table(Array(first[..<length]))
            }
        }
    }

    @Test func `damaged data are refused`() {
        var damaged = first
        damaged[first.count - 5] ^= 1
        #expect(throws: CSVFault(file: "t.csv", problem: .damagedGzip("incorrect data check"))) {
            try table(damaged)
        }
        damaged = first
        damaged[first.count - 1] ^= 1
        #expect(throws: CSVFault(file: "t.csv", problem: .damagedGzip("incorrect length check"))) {
            try table(damaged)
        }
        #expect(throws: CSVFault(file: "t.csv", problem: .damagedGzip("incorrect header check"))) {
            try table(first + bytes("rubbish"))
        }
    }

    @Test func `the limit counts unpacked bytes`() {
        var limits = CSVLimits()
        limits.fileBytes = 7
        #expect(throws: CSVFault(file: "t.csv", problem: .fileTooLong(limit: 7))) {
            try table(first, limits: limits)
        }
    }
}

/// Gives one byte at a time.
private struct Drops: ByteSource {
    var rest: ArraySlice<UInt8>
    mutating func next() -> [UInt8]? { rest.popFirst().map { [$0] } }
}
