import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("Rows that are no trips")
struct TripFileTests {
    private func refusals(
        _ rows: [String], _ changes: [String: (any Sendable)?] = [:]
    ) throws -> [RefusedRow] {
        try plan(rows, changes).refusedRows
    }

    private func refused(_ line: Int, _ column: String?, _ reason: RefusalReason) -> [RefusedRow] {
        [RefusedRow(file: "t.csv", line: line, column: column, reason: reason)]
    }

    /// In the order in which a row is checked.
    @Test(
        "each reason names its line and column",
        arguments: [
            ("a,0,60,b", nil, .wrongFieldCount),
            ("a,0,60,b,r,x", nil, .wrongFieldCount),
            (",0,60,b,r", "id", .missingField),
            ("a,,60,b,r", "from", .missingField),
            ("a,0,,b,r", "to", .missingField),
            ("a,0,60,,r", "bike", .missingField),
            ("a,0,60,b,", "rider", .missingField),
            (String(repeating: "a", count: 65) + ",0,60,b,r", "id", .badIdentifier),
            ("a,0,60," + String(repeating: "ä", count: 33) + ",r", "bike", .badIdentifier),
            ("a,0,60,b," + String(repeating: "r", count: 65), "rider", .badIdentifier),
            ("a\u{1f}a,0,60,b,r", "id", .badIdentifier),
            ("a,0,60,\"b\nb\",r", "bike", .badIdentifier),
            ("a,0,60,b, ", "rider", .badIdentifier),
            ("a,noon,60,b,r", "from", .unreadableTime),
            ("a,0,noon,b,r", "to", .unreadableTime),
            ("a,-1,60,b,r", "from", .timeOutOfRange),
            ("a,0,253402300800,b,r", "to", .timeOutOfRange),
            ("a,60,59,b,r", "to", .endBeforeStart),
            ("a,0,604800.001,b,r", "to", .tooLong),
        ] as [(String, String?, RefusalReason)])
    func reasons(row: String, column: String?, reason: RefusalReason) throws {
        let plan = try plan(["first,0,1,b,r", row])
        #expect(plan.refusedRows == refused(3, column, reason))
        #expect(plan.trips.map(\.id) == ["first"])
        let report = try plan.check().operators[0]
        #expect(report.rows == 2)
        #expect(report.settled == 1)
        #expect(report.refused.map(\.reason) == [reason])
        #expect(report.refusedCount == 1)
    }

    @Test func `an id of 64 bytes and a trip of 7 days are the longest`() throws {
        let id = String(repeating: "a", count: 64)
        let plan = try plan(["\(id),0,604800,\(id),\(id)"])
        #expect(plan.refusedRows.isEmpty)
        #expect(plan.trips.map(\.agreedMilliseconds) == [604_800_000])
    }

    @Test func `of two rows with one trip id the first stands`() throws {
        let found = try plan(["a,100,160,b,r", "a,0,60,c,r", "c,0,60,d,r"])
        #expect(found.refusedRows == refused(3, "id", .duplicateTrip))
        #expect(found.trips.map(\.line) == [4, 2])
    }

    @Test func `refused rows stand by line, whatever found them out`() throws {
        let found = try refusals(["a,0,60,b,r", "a,0,60,c,r", "late,9,8,d,r", "a,0,60,e,r"])
        #expect(found.map(\.line) == [3, 4, 5])
        #expect(found.map(\.reason) == [.duplicateTrip, .endBeforeStart, .duplicateTrip])
    }

    @Test func `a shift before 1970 is out of range`() throws {
        #expect(
            try refusals(["a,0,60,b,r"], ["time.shift_weeks": -1])
                == refused(2, "from", .timeOutOfRange))
    }

    @Test func `a column that the mapping names and the file lacks is a fault`() throws {
        for key in ["trip", "start", "end", "bike", "rider", "duration_s", "end_station"] {
            let mapping = try mapping(["columns.\(key)": "nowhere"])
            let fault = #expect(throws: CSVFault.self) {
                try TripFile(csv: bytes("id,from,to,bike,rider\n"), name: "t.csv", mapping: mapping)
            }
            #expect(fault?.column == "nowhere")
        }
    }

    @Test func `durations off by more than two minutes are listed, not refused`() throws {
        let csv = """
            id,from,to,bike,rider,duration
            a,1000,1060,b,r,180
            c,2000,2060,b,r,180.001
            d,3000,3300,b,r,179.999
            e,4000,4060,b,r,
            f,5000,5060,b,r,unknown
            """
        let report = try TripPlan([
            TripFile(
                csv: bytes(csv), name: "t.csv", mapping: mapping(["columns.duration_s": "duration"])
            )
        ]).check().operators[0]
        #expect(report.settled == 5)
        #expect(
            report.durationDifferences == [
                CheckReport.DurationDifference(
                    file: "t.csv", line: 3, trip: "c", statedMilliseconds: 180_001,
                    byTimesMilliseconds: 60_000),
                CheckReport.DurationDifference(
                    file: "t.csv", line: 4, trip: "d", statedMilliseconds: 179_999,
                    byTimesMilliseconds: 300_000),
            ])
    }

    @Test func `a table of stations must be one`() throws {
        let source = try #require(
            mapping([
                "stations": [
                    "file": "s.csv", "station": "s", "latitude": "lat", "longitude": "lon",
                    "capacity": "n",
                ]
            ]).stations)
        let good = try StationTable(
            source, csv: bytes("s,lat,lon,n\nA,-1.5,179.12345678,7\nB,,,\n"))
        var place = Place()
        place.latitudeE7 = -15_000_000
        place.longitudeE7 = 1_791_234_567
        #expect(good["A"] == StationTable.Station(title: nil, place: place, capacity: 7))
        #expect(good["B"] == StationTable.Station())
        #expect(good["C"] == nil)
        for (row, path) in [
            ("A,91,0,1", "line 2, column lat"), ("A,0,-180.1,1", "line 2, column lon"),
            ("A,x,0,1", "line 2, column lat"), ("A,0,0,0", "line 2, column n"),
            ("A,0,0,1001", "line 2, column n"),
            ("A,0,0,1.5", "line 2, column n"), ("A,0,0", "line 2"),
        ] {
            let fault = #expect(throws: MappingFault.self) {
                try StationTable(source, csv: bytes("s,lat,lon,n\n" + row))
            }
            #expect(fault?.path == path)
        }
    }
}

extension StationTable {
    init(_ source: Mapping.StationSource, csv: [UInt8]) throws {
        try self.init(source, CSVReader(bytes: csv, name: source.file))
    }
}
