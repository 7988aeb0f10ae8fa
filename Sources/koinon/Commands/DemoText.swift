import Foundation
import KoinonNode
import KoinonProtocol
import KoinonReplay

/// What the demonstration says.
enum DemoText {
    static func opening(_ plan: TripPlan) throws -> String {
        let differences = try plan.check().operators.map { report in
            let lines = report.durationDifferences.map {
                "\($0.file) line \($0.line), trip \($0.trip)"
            }
            return lines.isEmpty ? "none" : lines.joined(separator: "; ")
        }
        var rows: [[String]] = []
        for (index, side) in plan.operators.enumerated() {
            let resources = plan.resources.count { $0.operator == index }
            let riders = plan.riders.filter { $0.operator == index }
            let pooled = riders.contains { $0.isPooled }
            rows.append([
                side.title, "\(Text.number(side.rows)) trips", "\(Text.number(resources)) bikes",
                "\(Text.number(riders.count)) \(pooled ? "pooled accounts" : "riders")",
            ])
        }
        return """
            Koinon: a quarter of real bike trips on one shared ledger

            Two operators are two members of one alliance, hosted here by one node, so that
            one operator holds all keys. In a real alliance every member runs a node of its own.

            \(Text.table(rows, right: [1, 2, 3]))

            What is real   every trip: bike, start and end, and Valley Bike's pseudonymous riders.
            What is ours   prices, the platform fee, deposits and generated top-ups:
            \(Text.table(plan.operators.map { ["                 \(terms(of: $0))"] }, indent: ""))
                           Healthy Ride publishes no rider ids: accounts are pooled by rider type
                           and start station. Valley Bike's winter of 2020/21 is moved back 152 weeks
                           so that both meet in time. Each rider agrees to the shortest of 1, 4, 12,
                           24, 48 hours or 7 days that covers the trip.

            Clocks         Healthy Ride's times are Central European time less six hours; only so do
                           they agree with the stated durations across both changes of the clock.
                           Rows more than 120 s apart:
            \(Text.table(zip(plan.operators, differences).map { ["                 \($0.title): \($1)"] }, indent: ""))

            Act one: the trips
            """
    }

    /// An operator's prices in words.
    private static func terms(of side: PlannedOperator) -> String {
        let lease = side.lease
        let step = lease.tariff.stepMilliseconds / 60_000
        let begun = step == 1 ? "minute" : "\(step) minutes"
        let fee = lease.platformFee
        let lower = lease.reducedDeposit.map {
            " (\(lease.unit.text($0.deposit)) after \($0.afterSettled) settled in a row without a late return)"
        }
        return "\(side.title): \(lease.unit.text(lease.tariff.price)) for each \(begun) begun, "
            + "\(lease.tariff.minimumSteps) at least;\n                   deposit "
            + "\(lease.unit.text(lease.deposit))\(lower ?? ""); fee \(fee.numerator)/\(fee.denominator), rounded down"
    }

    static func summary(_ summary: ReplaySummary, plan: TripPlan) -> String {
        let rate = Double(summary.tripsSettled) / summary.seconds
        let perSecond = Double(summary.transactions) / summary.seconds
        var text =
            "\n"
            + Text.table(
                [
                    ["", "settled", "refused", "charged", "of which platform fee"]
                ]
                    + summary.sides.map { side in
                        [
                            side.title, Text.number(side.tripsSettled),
                            Text.number(side.refused.reduce(0) { $0 + $1.count }),
                            side.unit.text(side.charged),
                            side.unit.text(side.fees),
                        ]
                    }, right: [1, 2, 3, 4]) + "\n"
        for side in summary.sides {
            for refusal in side.refused {
                text +=
                    "\n  refused by reason: \(side.title): \(Text.number(refusal.count)) × \(refusal.reason)"
            }
        }
        for side in summary.sides {
            let bikes = side.busiest.prefix(3).map {
                "\(plan.resources[$0.resource].title) (\(Text.number($0.trips)))"
            }
            text += "\n  busiest at \(side.title): \(bikes.joined(separator: ", "))"
        }
        let rows = [
            [
                "blocks",
                "\(Text.number(summary.blocks)), the last at \(summary.tip.time.iso8601), final up to \(Text.number(summary.finalHeight.rawValue))",
            ],
            [
                "transactions",
                "\(Text.number(summary.transactions)), \(Text.number(Int(perSecond))) a second",
            ],
            [
                "trips",
                "\(Text.number(summary.tripsSettled)) in \(Text.seconds(summary.seconds)): \(Text.number(Int(rate))) a second",
            ],
            ["on disk", Text.bytes(summary.bytesOnDisk)],
            ["state root", summary.tip.stateRoot.hex],
        ]
        return text + "\n\n" + Text.table(rows)
    }

    static func invoices(
        _ summary: ReplaySummary, plain: Result<[String: UInt64], HomeFault>
    ) throws -> String {
        switch plain {
        case .failure(let fault):
            return
                "\n  The plain computation could not run, so the invoices are not compared: \(fault)"
        case .success(let totals):
            var isEqual = true
            var rows = [["invoice before fee", "by the ledger", "by Examples/invoice.py", ""]]
            for side in summary.sides {
                let total = totals[side.title].map { Amount(minor: $0) }
                isEqual = isEqual && total == side.charged
                rows.append([
                    side.title, side.unit.text(side.charged),
                    total.map { side.unit.text($0) } ?? "none",
                    total == side.charged ? "✓ equal to the cent" : "✗ differs",
                ])
            }
            let text = "\n" + Text.table(rows, right: [1, 2])
            guard isEqual else {
                print(text)
                throw ReplayFault(
                    description: "the ledger's invoices differ from the plain computation")
            }
            return text
        }
    }

    static func whatNext(home: String) -> String {
        """

        What to try next
          koinon verify --home \(home)           recompute everything from genesis
          koinon query --home \(home) --help     look around in this ledger
          koinon replay --check YOUR.csv --mapping YOUR.mapping.json
                                                  a dry run with your own trips: what would be
                                                  refused, and why (docs/replay.md)
          koinon load listings --help             rooms and homes from CSV, by the night
          README.md                               lease something by hand
        """
    }
}
