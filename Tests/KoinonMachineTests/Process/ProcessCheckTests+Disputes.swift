import KoinonProtocol

@testable import KoinonMachine

/// Faults of what a process says about disputes.
extension ProcessCheckTests {
    /// The small process, disputed while it is in use.
    private static func row(
        _ attempt: String, _ findings: [(ProcessRule, String)],
        _ change: @escaping @Sendable (inout DisputeRule) -> Void
    ) -> FindingRow {
        FindingRow(attempt, findings) { process in
            var rule = DisputeRule.with {
                $0.states = ["using"]
                $0.by = ["owner", "guest"]
                $0.resolvedTo = "over"
                $0.remainderTo = "guest"
                $0.undecided = [
                    .with {
                        $0.pay.to = "owner"
                        $0.pay.amount = "fee"
                    },
                    .with { $0.moveCustody.to = "owner" },
                    .with {
                        $0.recordSettled.role = "guest"
                        $0.recordSettled.late = "0"
                    },
                ]
            }
            change(&rule)
            process.dispute = rule
        }
    }

    static let disputes: [FindingRow] = [
        row("a sound rule", []) { _ in },
        row("no state", [(.disputeStatesAreOpen, "dispute.states")]) { $0.states = [] },
        row("an unknown state", [(.statesExist, "dispute.states[1]")]) {
            $0.states.append("nowhere")
        },
        row("a final state", [(.disputeStatesAreOpen, "dispute.states[1]")]) {
            $0.states.append("done")
        },
        row("a state twice", [(.disputeStatesAreOpen, "dispute.states[1]")]) {
            $0.states.append("using")
        },
        row("33 states", [(.countsAreBounded, "dispute.states")]) {
            $0.states = Array(repeating: "using", count: 33)
        },
        row("9 roles", [(.countsAreBounded, "dispute.by")]) {
            $0.by = Array(repeating: "owner", count: 9)
        },
        row("17 effects", [(.countsAreBounded, "dispute.undecided")]) {
            $0.undecided = Array(repeating: $0.undecided[0], count: 17)
        },
        row("one side", [(.disputeHasTwoSides, "dispute.by")]) { $0.by = ["guest"] },
        row("one side twice", [(.disputeHasTwoSides, "dispute.by")]) {
            $0.by = ["guest", "guest"]
        },
        row("three sides", [(.disputeHasTwoSides, "dispute.by")]) { $0.by.append("house") },
        row("an unknown side", [(.rolesExist, "dispute.by[1]")]) { $0.by[1] = "judge" },
        row("resolved to nothing", [(.disputeEndsIt, "dispute.resolved_to")]) {
            $0.resolvedTo = ""
        },
        row("resolved to a state that goes on", [(.disputeEndsIt, "dispute.resolved_to")]) {
            $0.resolvedTo = "waiting"
        },
        row("the rest to nobody", [(.disputeEndsIt, "dispute.remainder_to")]) {
            $0.remainderTo = ""
        },
        row("paid to an unknown role", [(.rolesExist, "dispute.undecided[0].pay.to")]) {
            $0.undecided[0].pay.to = "judge"
        },
        row("custody to an unknown role", [(.rolesExist, "dispute.undecided[1].move_custody.to")]) {
            $0.undecided[1].moveCustody.to = "judge"
        },
        row(
            "settled for an unknown role",
            [(.rolesExist, "dispute.undecided[2].record_settled.role")]
        ) { $0.undecided[2].recordSettled.role = "judge" },
        row(
            "an amount that does not parse",
            [(.expressionsAreReadable, "dispute.undecided[0].pay.amount")]
        ) { $0.undecided[0].pay.amount = "fee +" },
        row("money collected from who does not act", [(.disputeOnlyPays, "dispute.undecided[0]")]) {
            $0.undecided[0] = .with {
                $0.collect.from = "guest"
                $0.collect.amount = "fee"
            }
        },
        row("an empty effect", [(.disputeOnlyPays, "dispute.undecided[0]")]) {
            $0.undecided[0] = Effect()
        },
        row("ownership of what is only used", [(.disputeMovesTheWhole, "dispute.ownership_to")]) {
            $0.ownershipTo = "guest"
        },
        row(
            "ownership to an unknown role",
            [
                (.rolesExist, "dispute.ownership_to"),
                (.disputeMovesTheWhole, "dispute.ownership_to"),
            ]
        ) { $0.ownershipTo = "judge" },
    ]
}
