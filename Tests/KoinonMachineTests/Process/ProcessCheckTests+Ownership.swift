import KoinonProtocol

@testable import KoinonMachine

/// Faults of states that take the whole resource, and of transitions that sell it.
extension ProcessCheckTests {
    /// The small process with use as exclusive possession, sold by the transition "end".
    private static func selling(
        _ process: inout ProcessDefinition, _ change: (inout TransferOwnership) -> Void = { _ in }
    ) {
        process.states[0].occupancy = .none
        process.states[1].occupancy = .exclusive
        var sale = TransferOwnership.with {
            $0.to = "guest"
            $0.otherwise = "over"
            $0.otherwiseTo = "guest"
        }
        change(&sale)
        process.transitions[2].effects.append(.with { $0.transferOwnership = sale })
    }

    static let ownership: [FindingRow] = [
        FindingRow("a sound sale", []) { selling(&$0) },
        FindingRow(
            "sold to an unknown role",
            [(.rolesExist, "transitions[2].effects[2].transfer_ownership.to")]
        ) { selling(&$0) { $0.to = "nobody" } },
        FindingRow(
            "unsold to an unknown state",
            [(.ownershipHasOtherwise, "transitions[2].effects[2].transfer_ownership.otherwise")]
        ) { selling(&$0) { $0.otherwise = "nowhere" } },
        FindingRow(
            "unsold to a state that is not final",
            [(.ownershipHasOtherwise, "transitions[2].effects[2].transfer_ownership.otherwise")]
        ) { selling(&$0) { $0.otherwise = "waiting" } },
        FindingRow(
            "unsold, and the money to nobody",
            [(.ownershipHasOtherwise, "transitions[2].effects[2].transfer_ownership.otherwise_to")]
        ) { selling(&$0) { $0.otherwiseTo = "" } },
        FindingRow(
            "sold out of a use",
            [(.ownershipMovesAtEnd, "transitions[2].effects[2].transfer_ownership")]
        ) {
            selling(&$0)
            $0.states[1].occupancy = .inUse
        },
        FindingRow(
            "sold on the way to another state",
            [(.ownershipMovesAtEnd, "transitions[2].effects[2].transfer_ownership")]
        ) {
            selling(&$0)
            $0.addState("later", occupancy: .exclusive)
            $0.transitions[2].to = "later"
            $0.transitions[2].remainderTo = ""
            $0.addTransition(from: "later", to: "done")
        },
        FindingRow(
            "sold twice",
            [(.ownershipMovesAtEnd, "transitions[2].effects[3].transfer_ownership")]
        ) {
            selling(&$0)
            $0.transitions[2].effects.append($0.transitions[2].effects[2])
        },
        FindingRow(
            "a promise that becomes the whole",
            [(.occupancyStandsAlone, "transitions[1].to")]
        ) {
            selling(&$0)
            $0.states[0].occupancy = .promised
        },
        FindingRow("a count that becomes a use", [(.occupancyStandsAlone, "transitions[1].to")]) {
            $0.states[0].occupancy = .counted
        },
        FindingRow("the whole taken by a timer", [(.timersTakeNothingNew, "transitions[3].to")]) {
            selling(&$0)
            $0.transitions[3].to = "using"
            $0.transitions[3].remainderTo = ""
        },
        FindingRow("a count taken by a timer", [(.timersTakeNothingNew, "transitions[3].to")]) {
            $0.states[0].occupancy = .none
            $0.states[1].occupancy = .counted
            $0.transitions[3].to = "using"
            $0.transitions[3].remainderTo = ""
        },
        FindingRow(
            "a state that only an unsold thing leads to", []
        ) {
            selling(&$0) { $0.otherwise = "unsold" }
            $0.states.append(
                .with {
                    $0.name = "unsold"; $0.title = "Unsold"; $0.final = true
                })
        },
    ]
}
