import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("The demo's committed trips")
struct CommittedDataTests {
    /// What the plain computation in Python prints.
    private struct Invoices: Decodable {
        struct Refused: Decodable { var trip: String }
        struct Invoice: Decodable {
            var `operator`: String
            var trips: Int
            var settled: Int
            var refused: [Refused]
            var invoiceCents: UInt64
            var longestS: UInt64
        }
        var invoices: [Invoice]
    }

    private func invoices() throws -> Invoices {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] ?? "python3"
        process.arguments = [python, packageFolder + "/Examples/invoice.py"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Invoices.self, from: data)
    }

    @Test func `the dry run agrees with the plain computation to the cent`() throws {
        let report = try TripPlan([healthyRide(), valleyBike()]).check()
        let expected = try invoices().invoices
        #expect(report.operators.map(\.title) == expected.map(\.operator))
        for (found, expected) in zip(report.operators, expected) {
            #expect(found.rows == expected.trips)
            #expect(found.settled == expected.settled)
            #expect(
                found.refused.flatMap(\.rows).compactMap(\.trip) == expected.refused.map(\.trip))
            #expect(found.chargedMinor == expected.invoiceCents)
            #expect(found.longestMilliseconds == expected.longestS * 1_000)
        }
        #expect(report.operators.map(\.chargedMinor) == [2_463_800, 997_245])
    }

    @Test func `Healthy Ride's durations agree with its times by Berlin's clock alone`() throws {
        let folder = packageFolder + "/Examples/Data/"
        let mappingPath = folder + "healthyride.mapping.json"
        func differences(zone: String, shift: Int) throws -> [String] {
            var mapping = try Mapping(path: mappingPath)
            mapping.time = TimeReading(
                form: .local(pattern: "M/d/yyyy H:mm", zone: zone), localShiftMinutes: shift)
            let file = try TripFile(
                path: folder + "healthyride-2018q1.csv.gz", mapping: mapping,
                mappingPath: mappingPath)
            let report = try TripPlan([file]).check().operators[0]
            #expect(report.settled + report.refusedCount == 5_186)
            return report.durationDifferences.map {
                "\($0.trip) \($0.byTimesMilliseconds / 1_000) \($0.statedMilliseconds / 1_000)"
            }
        }
        #expect(try differences(zone: "Europe/Berlin", shift: 360).isEmpty)
        // As if no clock had been put forward: an hour too long across Berlin's change.
        let berlinsChange = [
            "42541534 59700 56095", "42542280 10440 6788", "42543310 4560 940", "42543313 4560 921",
        ]
        #expect(try differences(zone: "UTC", shift: 0) == berlinsChange)
        // As if the times were Pittsburgh's own: an hour too short across its change, too.
        #expect(
            try differences(zone: "America/New_York", shift: 0)
                == ["42146947 48660 52266"] + berlinsChange)
    }

    @Test func `both operators' trips meet in one quarter`() throws {
        let plan = try TripPlan([healthyRide(), valleyBike()])
        #expect(plan.trips.count == 8_079)
        #expect(plan.instants.count == 14_520)
        for member in plan.operators.indices {
            let times = plan.trips.filter { $0.operator == member }.map(\.start)
            // From 2018-01-01 on, before 2018-04-03 UTC.
            #expect(try #require(times.first) >= Timestamp(milliseconds: 1_514_764_800_000))
            #expect(try #require(times.last) < Timestamp(milliseconds: 1_522_713_600_000))
        }
        #expect(plan.resources.allSatisfy { $0.capacity == 1 })
        #expect(plan.resources.filter { $0.operator == 0 && $0.place == nil }.count == 0)
        #expect(plan.riders.filter(\.isPooled).allSatisfy { $0.operator == 0 })
    }

    @Test func `the files are those that their README names`() throws {
        let folder = packageFolder + "/Examples/Data/"
        let readme = try String(contentsOfFile: folder + "README.md", encoding: .utf8)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder)
        where name.hasSuffix(".csv") || name.hasSuffix(".gz") {
            let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: folder + name)))
            #expect(readme.contains("| `\(name)` | `\(Hash256.sha256(bytes))` |"))
        }
    }
}
