import Foundation
import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("The demo's committed trips")
struct CommittedDataTests {
    /// What the plain computation in Python prints.
    private struct Invoices: Decodable {
        struct Refused: Decodable { var trip: String }
        struct Invoice: Decodable {
            var operator_: String
            var trips: Int
            var settled: Int
            var refused: [Refused]
            var invoice_cents: UInt64
            var longest_s: UInt64
            private enum CodingKeys: String, CodingKey {
                case operator_ = "operator"
                case trips, settled, refused, invoice_cents, longest_s
            }
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
        return try JSONDecoder().decode(Invoices.self, from: data)
    }

    @Test func `the dry run agrees with the plain computation to the cent`() throws {
        let report = try TripPlan([healthyRide(), valleyBike()]).check()
        let expected = try invoices().invoices
        #expect(report.operators.map(\.title) == expected.map(\.operator_))
        for (found, expected) in zip(report.operators, expected) {
            #expect(found.rows == expected.trips)
            #expect(found.settled == expected.settled)
            #expect(
                found.refused.flatMap(\.rows).compactMap(\.trip) == expected.refused.map(\.trip))
            #expect(found.chargedMinor == expected.invoice_cents)
            #expect(found.longestMilliseconds == expected.longest_s * 1_000)
        }
        #expect(report.operators.map(\.chargedMinor) == [2_463_800, 997_245])
    }
}
