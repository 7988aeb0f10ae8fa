import KoinonProtocol
import Testing

@testable import KoinonReplay

/// Examples/OtherOperator: other names, ISO times with a zone, no bike id, no rider id.
@Suite("Another operator needs a mapping and no code")
struct OtherOperatorTests {
    private func file() throws -> TripFile {
        let folder = packageFolder + "/Examples/OtherOperator/"
        return try TripFile(
            path: folder + "trips.csv", mapping: Mapping(path: folder + "stadtrad.mapping.json"),
            mappingPath: folder + "stadtrad.mapping.json")
    }

    @Test func `stations are leased as often as they have bikes`() throws {
        let plan = try TripPlan([file()])
        #expect(plan.resources.map(\.serial) == ["Markt", "Hafen", "Alter Speicher"])
        #expect(
            plan.resources.map(\.title) == [
                "Station Markt", "Station Hafen", "Station Alter Speicher",
            ])
        #expect(plan.resources.map(\.capacity) == [2, 1, 1])
        #expect(plan.resources.map { $0.place?.latitudeE7 } == [510_503_000, 510_588_000, nil])
        #expect(plan.riders.map(\.title) == ["Markt", "Hafen", "Alter Speicher"])
        let refused = zip(plan.trips, plan.predictions).filter { $1 == .refused(.capacityExceeded) }
        // f-3 finds both bikes of Markt gone; f-4 comes as f-1 is back. f-7 starts 250 ms
        // before f-6 ends; f-5 ended before f-6 began, at the same moment.
        #expect(refused.map(\.0.id) == ["f-3", "f-7"])
        #expect(
            plan.refusedRows.map { "\($0.line) \($0.column ?? "") \($0.reason)" }
                == ["11 zurueck_um endBeforeStart", "12 von missingField"])
        #expect(plan.trips.last?.line == 10)
        #expect(plan.trips.first { $0.id == "f-6" }?.endStation == "Alter \"Speicher\";\nNordtor")
    }

    @Test func `use never passes capacity`() throws {
        let plan = try TripPlan([file()])
        var inUse = Array(repeating: 0, count: plan.resources.count)
        var highest = inUse
        for step in plan.instants.flatMap(\.steps) {
            switch step {
            case .topUp: break
            case .begin(let trip), .finish(let trip):
                guard plan.predictions[trip] != .refused(.capacityExceeded) else { continue }
                let resource = plan.trips[trip].resource
                if case .begin = step { inUse[resource] += 1 } else { inUse[resource] -= 1 }
                highest[resource] = max(highest[resource], inUse[resource])
            }
        }
        #expect(inUse == [0, 0, 0])
        #expect(highest == [2, 1, 1])
    }

    @Test func `the dry run says what is charged and refused`() throws {
        let report = try TripPlan([file()]).check().operators[0]
        #expect(report.rows == 10)
        #expect(report.settled == 6)
        // Steps begun of 15 minutes, at least 2: 2, 3, 2, 2, 4 and 97.
        #expect(report.chargedMinor == 11_000)
        // A thirtieth, rounded down: 6 + 10 + 6 + 6 + 13 + 323.
        #expect(report.platformFeeMinor == 364)
        #expect(report.durationDifferences.isEmpty)
        #expect(report.text().contains("110.00 EUR before the platform fee of 3.64 EUR"))
        #expect(report.text().contains("refused 2 as capacityExceeded"))
        #expect(report.text().contains("line 4, trip f-3"))
    }
}

extension CheckReport.Operator {
    fileprivate func text() -> String {
        CheckReport(instants: 0, operators: [self]).text()
    }
}
