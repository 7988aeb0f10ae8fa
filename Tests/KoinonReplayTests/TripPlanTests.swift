import Foundation
import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("Planning a replay")
struct TripPlanTests {
    /// A plan's steps as short text: top-ups leave out their amounts.
    private func steps(_ plan: TripPlan) -> [String] {
        plan.instants.map { instant in
            "\(instant.time.milliseconds / 1_000):"
                + instant.steps.map { step in
                    switch step {
                    case .topUp: " +"
                    case .begin(let trip): " \(plan.trips[trip].id)["
                    case .finish(let trip): " \(plan.trips[trip].id)]"
                    }
                }.joined()
        }
    }

    @Test func `at one moment earlier trips end before others start`() throws {
        let plan = try plan(["late,60,120,b,r", "early,0,60,b,s", "other,60,90,c,t"])
        #expect(
            steps(plan) == [
                "0: + early[", "60: early] + late[ + other[", "90: other]", "120: late]",
            ])
        #expect(plan.predictions.allSatisfy { if case .settled = $0 { true } else { false } })
    }

    @Test func `a trip of no length ends directly after its own start`() throws {
        let plan = try plan(["z,60,60,b,r", "before,0,60,b,s", "after,60,61,b,t"])
        #expect(steps(plan) == ["0: + before[", "60: before] + z[ z] + after[", "61: after]"])
        #expect(plan.predictions.allSatisfy { if case .settled = $0 { true } else { false } })
    }

    @Test func `ends of one moment stand in the order of their starts`() throws {
        let plan = try plan(["c,2,9,c,r", "a,0,9,a,r", "b,1,9,b,r"])
        #expect(steps(plan).last == "9: a] b] c]")
    }

    @Test func `several files of several operators meet in one order`() throws {
        let mine = try TripFile(
            csv: bytes("id,from,to,bike,rider\na,5,9,b,r\n"), name: "1.csv", mapping: mapping())
        let theirs = try TripFile(
            csv: bytes("id,from,to,bike,rider\na,5,7,b,r\na2,0,5,b,r\n"), name: "2.csv",
            mapping: mapping(["operator.member": "wheels", "lease.deposit_minor": 2]))
        let more = try TripFile(
            csv: bytes("id,from,to,bike,rider\na,1,2,b,r\nd,5,6,c,r\n"), name: "3.csv",
            mapping: mapping(["time.shift_weeks": 0]))
        let plan = try TripPlan([mine, theirs, more])
        #expect(plan.operators.map(\.member.rawValue) == ["cycles", "wheels"])
        #expect(plan.operators.map(\.files) == [["1.csv", "3.csv"], ["2.csv"]])
        #expect(plan.operators.map(\.rows) == [3, 2])
        #expect(plan.operators.map(\.trips) == [2, 2])
        #expect(steps(plan) == ["0: + a2[", "5: a2] + a[ a[ + d[", "6: d]", "7: a]", "9: a]"])
        #expect(plan.trips.map(\.file) == ["2.csv", "1.csv", "2.csv", "3.csv"])
        #expect(
            plan.refusedRows == [
                RefusedRow(file: "3.csv", line: 2, column: "id", reason: .duplicateTrip)
            ])
        // Names are an operator's own.
        #expect(plan.resources.map(\.operator) == [1, 0, 0])
        #expect(plan.riders.map(\.operator) == [1, 0])
    }

    @Test func `trips that start together stand by file, then by line`() throws {
        func file(_ name: String, _ rows: [String]) throws -> TripFile {
            let csv = (["id,from,to,bike,rider"] + rows).joined(separator: "\n")
            return try TripFile(csv: bytes(csv), name: name, mapping: mapping())
        }
        let plan = try TripPlan([
            file("1.csv", ["first,0,1,b,r", "y,5,6,b,r", "x,5,6,c,r"]),
            file("2.csv", ["z,5,6,d,r"]),
        ])
        #expect(plan.trips.map(\.id) == ["first", "y", "x", "z"])
    }

    @Test(
        "a booking is agreed for the shortest period that covers the trip",
        arguments: [
            (0, 1), (3_600_000, 1), (3_600_001, 4), (14_400_000, 4), (14_400_001, 12),
            (43_200_000, 12), (43_200_001, 24), (86_400_000, 24), (86_400_001, 48),
            (172_800_000, 48), (172_800_001, 168), (604_800_000, 168), (604_800_001, nil),
        ] as [(UInt64, UInt64?)])
    func agreedPeriod(duration: UInt64, hours: UInt64?) {
        let start = Timestamp(milliseconds: 7)
        #expect(
            AgreedPeriod.covering(from: start, to: Timestamp(milliseconds: 7 + duration))
                == hours.map { $0 * 3_600_000 })
    }

    @Test func `files of one operator must agree, and operators on their unit`() throws {
        func file(_ changes: [String: (any Sendable)?]) throws -> TripFile {
            try TripFile(
                csv: bytes("id,from,to,bike,rider\n"), name: "t.csv", mapping: mapping(changes))
        }
        let member = try #require(MemberID(rawValue: "cycles"))
        let other = try #require(MemberID(rawValue: "wheels"))
        #expect(throws: PlanFault.operatorTwice(member)) {
            try TripPlan([file([:]), file(["lease.deposit_minor": 1])])
        }
        #expect(throws: PlanFault.unitTwice("usd", member, other)) {
            try TripPlan([file([:]), file(["operator.member": "wheels", "lease.unit.scale": 3])])
        }
    }

    @Test func `a demo key depends on operator and rider alone`() throws {
        let cycles = try #require(MemberID(rawValue: "cycles"))
        let wheels = try #require(MemberID(rawValue: "wheels"))
        let key = DemoKey.rider("r", of: cycles)
        // printf 'koinon/demo/rider/v1\0cycles\0r' | sha256sum
        #expect(
            Hex.encode(key.seed)
                == "610d9f996457e9ecc51a4821ad1c87d632c04d162abecae9f0c6db1163abaf74")
        #expect(key.publicKey == DemoKey.rider("r", of: cycles).publicKey)
        #expect(key.publicKey != DemoKey.rider("r", of: wheels).publicKey)
        #expect(key.publicKey != DemoKey.rider("s", of: cycles).publicKey)
    }
}

@Suite("Modelling the ledger")
struct LedgerModelTests {
    private func topUps(_ plan: TripPlan) -> [String] {
        plan.instants.flatMap { instant in
            instant.steps.compactMap { step in
                guard case .topUp(let rider, let amount) = step else { return nil }
                return "\(instant.time.milliseconds / 1_000) \(plan.riders[rider].name) \(amount)"
            }
        }
    }

    // The price of the agreed hour is 60 × 100, the deposit 1,000.
    @Test func `a rider is topped up only for what lacks, in whole steps`() throws {
        let plan = try plan([
            // Lacks 7,000: 10,000. Pays 100 and has 9,900.
            "a,0,60,b,r",
            // Sets aside 7,000 of 9,900, pays 3,000 and has 6,900.
            "c,100,1900,b,r",
            // Lacks 100: 5,000. 11,900 − 7,000 leaves 4,900 while it lasts,
            "d,2000,2060,b,r",
            // so that a second booking meanwhile lacks 2,100.
            "e,2030,2040,c,r",
        ])
        #expect(topUps(plan) == ["0 r 10000", "2000 r 5000", "2030 r 5000"])
        #expect(
            plan.predictions
                == [100, 3_000, 100, 100].map {
                    .settled(charge: Amount(minor: $0), fee: .zero, deposit: Amount(minor: 1_000))
                })
    }

    @Test func `a refused booking is topped up and leaves the money where it is`() throws {
        let plan = try plan([
            "a,0,600,b,r", "refused,10,20,b,s", "c,600,660,b,s",
        ])
        #expect(plan.predictions[1] == .refused(.capacityExceeded))
        // The top-up for the refused booking pays the one that follows.
        #expect(topUps(plan) == ["0 r 10000", "10 s 10000"])
        let report = try plan.check().operators[0]
        #expect(report.settled == 2)
        #expect(
            report.refused == [
                CheckReport.Refused(
                    reason: .capacityExceeded,
                    rows: [CheckReport.Row(file: "t.csv", line: 3, column: nil, trip: "refused")])
            ])
        #expect(report.chargedMinor == 1_100)
    }

    @Test func `a resource is free again at the moment its trip ends, not before`() throws {
        let plan = try plan(["a,0,60.001,b,r", "x,60,70,b,s", "c,60.001,70,b,t"])
        #expect(plan.predictions[1] == .refused(.capacityExceeded))
        #expect(plan.predictions[2] != .refused(.capacityExceeded))
    }

    @Test func `the lower deposit comes after so many settled, of one rider`() throws {
        let plan = try plan(
            [
                "1,0,60,b,r", "2,100,160,b,r", "other,100,160,c,s",
                // Starts before the second has settled.
                "early,150,300,c2,r",
                "3,160,200,b,r", "4,400,460,b,r",
            ],
            ["lease.reduced_deposit": ["after_settled": 2, "deposit_minor": 300]])
        let deposits = zip(plan.trips, plan.predictions).map { trip, prediction in
            if case .settled(_, _, let deposit) = prediction { "\(trip.id) \(deposit)" } else { "" }
        }
        #expect(
            deposits == ["1 1000", "2 1000", "other 1000", "early 1000", "3 300", "4 300"])
        #expect(try plan.check().operators[0].reducedDeposits == 2)
    }

    @Test func `the fee is rounded down for each trip`() throws {
        let plan = try plan(
            ["a,0,60,b,r", "c,100,160,b,r"],
            ["lease.platform_fee": ["numerator": 1, "denominator": 30]])
        let report = try plan.check().operators[0]
        #expect(report.chargedMinor == 200)
        #expect(report.platformFeeMinor == 6)
    }
}

@Suite("The dry run's report")
struct CheckReportTests {
    private func report() throws -> CheckReport {
        var rows = (0..<3).map { "early\($0),9,8,b,r" }
        rows += ["a,100,4000.5,b,r", "refused,150,160,b,s", "c,5000,5000,c,r"]
        return try plan(rows, ["lease.platform_fee": ["numerator": 5, "denominator": 100]]).check()
    }

    @Test func `people read every reason with its lines, up to a number of them`() throws {
        #expect(
            try report().text(rowsShown: 2) == """
                Cycles (cycles): t.csv
                  rows         6: 2 would be settled, 4 refused
                  resources    2
                  accounts     2
                  longest trip 1 h 5 min
                  invoice      67.00 USD before the platform fee of 3.35 USD
                  top-ups      2 generated, 350.00 USD in sum
                  busiest      b (1), c (1)
                  refused 3 as endBeforeStart: the trip ends before it starts. Correct the times; a clock that was put back may be the cause.
                    t.csv, line 2, column to
                    t.csv, line 3, column to
                    … and 1 more
                  refused 1 as capacityExceeded: everything the resource offers is in use. Correct the times; or two trips did share a bike, and one is refused.
                    t.csv, line 6, trip refused

                4 moments, each of which would be one block. This was a dry run: nothing was sent to a ledger.
                """)
    }

    @Test func `programs read the same`() throws {
        let report = try report()
        let json = try report.json()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(CheckReport.self, from: Data(json.utf8)) == report)
        for key in [
            "\"format\" : \"koinon/replay-check/v1\"", "\"charged_minor\" : 6700",
            "\"platform_fee_minor\" : 335", "\"reason\" : \"endBeforeStart\"", "\"line\" : 6",
            "\"first_milliseconds\" : 100000", "\"last_milliseconds\" : 5000000",
        ] {
            #expect(json.contains(key), "\(key)")
        }
    }
}
