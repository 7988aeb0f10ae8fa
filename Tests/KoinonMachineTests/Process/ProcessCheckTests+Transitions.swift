import KoinonProtocol

@testable import KoinonMachine

/// Faults of single transitions.
extension ProcessCheckTests {
    static let transitions: [FindingRow] = [
        FindingRow(
            "nothing opens it",
            [
                (.opens, "transitions"), (.stateIsReachable, "states[0]"),
                (.stateIsReachable, "states[1]"), (.stateIsReachable, "states[2]"),
                (.stateIsReachable, "states[3]"),
            ]
        ) { $0.transitions.removeFirst() },
        FindingRow("from an unknown state", [(.statesExist, "transitions[5].from")]) {
            $0.addTransition(from: "nowhere", to: "done")
        },
        FindingRow("to an unknown state", [(.statesExist, "transitions[5].to")]) {
            $0.addTransition(from: "waiting", to: "nowhere")
        },
        FindingRow("by an unknown role", [(.rolesExist, "transitions[1].by[0]")]) {
            $0.transitions[1].by = ["nobody"]
        },
        FindingRow(
            "collected from an unknown role",
            [
                (.rolesExist, "transitions[0].effects[0].collect.from"),
                (.collectsFromWhoActs, "transitions[0].effects[0].collect.from"),
            ]
        ) { $0.transitions[0].effects[0].collect.from = "nobody" },
        FindingRow("paid to an unknown role", [(.rolesExist, "transitions[2].effects[0].pay.to")]) {
            $0.transitions[2].effects[0].pay.to = "nobody"
        },
        FindingRow(
            "custody to an unknown role",
            [
                (.rolesExist, "transitions[1].effects[0].move_custody.to")
            ]
        ) { $0.transitions[1].effects[0].moveCustody.to = "nobody" },
        FindingRow(
            "recorded for an unknown role",
            [
                (.rolesExist, "transitions[2].effects[1].record_settled.role")
            ]
        ) { $0.transitions[2].effects[1].recordSettled.role = "nobody" },
        FindingRow("the rest to an unknown role", [(.rolesExist, "transitions[2].remainder_to")]) {
            $0.transitions[2].remainderTo = "nobody"
        },
        FindingRow(
            "opened by the provider",
            [
                (.openerOpens, "transitions[0]"),
                (.collectsFromWhoActs, "transitions[0].effects[0].collect.from"),
            ]
        ) { $0.transitions[0].by = ["owner"] },
        FindingRow(
            "opened by two roles",
            [
                (.openerOpens, "transitions[0]"),
                (.collectsFromWhoActs, "transitions[0].effects[0].collect.from"),
            ]
        ) { $0.transitions[0].by = ["guest", "owner"] },
        FindingRow("opened by a timer", [(.openerOpens, "transitions[0]")]) {
            $0.transitions[0].timer = .with { $0.offsetMs = "0" }
        },
        FindingRow("taken by nobody", [(.takenByRolesOrTimer, "transitions[1]")]) {
            $0.transitions[1].by = []
        },
        FindingRow("taken by a role and a timer", [(.takenByRolesOrTimer, "transitions[3]")]) {
            $0.transitions[3].by = ["guest"]
        },
        FindingRow("out of a final state", [(.finalStatesStay, "transitions[5].from")]) {
            $0.addTransition(from: "over", to: "done")
        },
        FindingRow("a final state that uses", [(.finalStatesAreFree, "states[2].occupancy")]) {
            $0.states[2].occupancy = .inUse
        },
        FindingRow(
            "nobody receives the rest", [(.remainderHasReceiver, "transitions[2].remainder_to")]
        ) {
            $0.transitions[2].remainderTo = ""
        },
        FindingRow(
            "the rest is given too early", [(.remainderOnlyAtEnd, "transitions[1].remainder_to")]
        ) {
            $0.transitions[1].remainderTo = "guest"
        },
        FindingRow("a guarded timer", [(.timersAreUnguarded, "transitions[3].guards")]) {
            $0.transitions[3].guards = $0.transitions[1].guards
        },
        FindingRow("a timer that begins a use", [(.timersTakeNothingNew, "transitions[5].to")]) {
            $0.transitions.append(
                .with {
                    $0.name = "auto"; $0.from = "waiting"; $0.to = "using"
                    $0.timer = .with { $0.offsetMs = "9" }
                })
        },
        FindingRow("a timer that promises", [(.timersTakeNothingNew, "transitions[5].to")]) {
            $0.addState("asked", timerTo: "waiting")
            $0.transitions.append(
                .with {
                    $0.name = "ask"; $0.to = "asked"; $0.by = ["guest"]
                })
        },
        FindingRow(
            "collected from who does not act",
            [
                (.collectsFromWhoActs, "transitions[2].effects[2].collect.from")
            ]
        ) {
            $0.transitions[2].by = ["owner"]
            $0.transitions[2].effects.append($0.transitions[0].effects[0])
        },
        FindingRow(
            "collected when either of two acts",
            [
                (.collectsFromWhoActs, "transitions[2].effects[2].collect.from")
            ]
        ) { $0.transitions[2].effects.append($0.transitions[0].effects[0]) },
        FindingRow(
            "collected by a timer",
            [
                (.collectsFromWhoActs, "transitions[3].effects[0].collect.from")
            ]
        ) { $0.transitions[3].effects = $0.transitions[0].effects },
        FindingRow(
            "an effect that says nothing", [(.effectsSaySomething, "transitions[1].effects[0]")]
        ) {
            $0.transitions[1].effects[0] = Effect()
        },
        FindingRow(
            "a guard without reason", [(.guardsNameReason, "transitions[1].guards[0].otherwise")]
        ) {
            $0.transitions[1].guards[0].otherwise = ""
        },
    ]
}
