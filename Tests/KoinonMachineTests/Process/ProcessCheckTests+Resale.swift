import KoinonProtocol

@testable import KoinonMachine

/// Faults of the rule for resale.
extension ProcessCheckTests {
    static let resale: [FindingRow] = [
        FindingRow("resale in no state", [(.resaleNamesOpenStates, "resale")]) {
            $0.resale.allowed = "extra == 1"
        },
        FindingRow("resale at the end", [(.resaleNamesOpenStates, "resale.states[1]")]) {
            $0.resale.states = ["waiting", "done"]
        },
        FindingRow("resale in a state twice", [(.resaleNamesOpenStates, "resale.part_states[1]")]) {
            $0.resale.partStates = ["waiting", "waiting"]
        },
        FindingRow("resale nowhere", [(.statesExist, "resale.states[0]")]) {
            $0.resale.states = ["nowhere"]
        },
        FindingRow("parts of nothing", [(.partsAreOfPromises, "resale.part_states[0]")]) {
            $0.addState("idle")
            $0.addTransition(from: "using", to: "idle")
            $0.resale.states = ["idle"]
            $0.resale.partStates = ["idle"]
        },
        FindingRow("33 states of resale", [(.countsAreBounded, "resale.states")]) {
            $0.resale.states = Array(repeating: "waiting", count: 33)
        },
        FindingRow(
            "resale by no condition and for no deposit",
            [
                (.expressionsAreReadable, "resale.allowed"),
                (.expressionsAreReadable, "resale.deposit"),
            ]
        ) {
            $0.resale.states = ["waiting"]
            $0.resale.allowed = "extra"
            $0.resale.deposit = "deposits"
        },
    ]
}
