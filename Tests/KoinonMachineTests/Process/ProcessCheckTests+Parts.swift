import KoinonProtocol

@testable import KoinonMachine

/// Faults of roles, terms, names, numbers, and of expressions and the ways through the states.
extension ProcessCheckTests {
    static let parts: [FindingRow] = [
        FindingRow("an id with a space", [(.idIsSlug, "id")]) { $0.id = "my process" },
        FindingRow("no title", [(.titleIsShortText, "title")]) { $0.title = "" },
        FindingRow("a state's title too long", [(.titleIsShortText, "states[1].title")]) {
            $0.states[1].title = String(repeating: "x", count: 65)
        },
        FindingRow("a term without title", [(.titleIsShortText, "terms[0].title")]) {
            $0.terms[0].title = ""
        },
        FindingRow("33 states", [(.countsAreBounded, "states")]) { process in
            process.states += (0..<29).map { index in .with { $0.name = "s\(index)" } }
        },
        FindingRow("65 transitions", [(.countsAreBounded, "transitions")]) { process in
            for _ in 0..<60 { process.addTransition(from: "waiting", to: "done") }
        },
        FindingRow("9 roles", [(.countsAreBounded, "roles")]) { process in
            process.roles += (0..<6).map { index in .with { $0.name = "r\(index)" } }
        },
        FindingRow("33 terms", [(.countsAreBounded, "terms")]) { process in
            process.terms += (0..<31).map { index in .with { $0.name = "t\(index)" } }
        },
        FindingRow("33 definitions", [(.countsAreBounded, "definitions")]) { process in
            process.definitions += (0..<31).map { index in .with { $0.name = "d\(index)" } }
        },
        FindingRow("9 guards", [(.countsAreBounded, "transitions[1].guards")]) { process in
            process.transitions[1].guards = Array(
                repeating: process.transitions[1].guards[0], count: 9)
        },
        FindingRow("17 effects", [(.countsAreBounded, "transitions[2].effects")]) { process in
            process.transitions[2].effects = Array(
                repeating: process.transitions[2].effects[0], count: 17)
        },
        FindingRow("9 times the same role", [(.countsAreBounded, "transitions[2].by")]) {
            $0.transitions[2].by = Array(repeating: "guest", count: 9)
        },
        FindingRow(
            "a transition named with a capital", [(.namesAreIdentifiers, "transitions[2].name")]
        ) {
            $0.transitions[2].name = "End"
        },
        FindingRow("a role without name", [(.namesAreIdentifiers, "roles[2].name")]) {
            $0.roles[2].name = ""
        },
        FindingRow("a term beginning with a digit", [(.namesAreIdentifiers, "terms[1].name")]) {
            $0.terms[1].name = "2nd"
            $0.transitions[4].effects = []
        },
        FindingRow("a name of 33 bytes", [(.namesAreIdentifiers, "definitions[1].name")]) {
            $0.definitions[1].name = String(repeating: "a", count: 33)
            $0.transitions[0].effects = []
        },
        FindingRow("two roles of one name", [(.namesAreUnique, "roles[2].name")]) {
            $0.roles[2].name = "owner"
        },
        FindingRow("a definition named as a term", [(.namesAreUnique, "definitions[1].name")]) {
            $0.definitions[1].name = "patience"
            $0.transitions[0].effects = []
        },
        FindingRow("two terms of one name", [(.namesAreUnique, "terms[1].name")]) {
            $0.terms[1].name = "patience"
            $0.transitions[4].effects = []
        },
        FindingRow("a term named as a given variable", [(.namesAreNotGiven, "terms[1].name")]) {
            $0.terms[1].name = "held"
            $0.transitions[4].effects = []
        },
        FindingRow("a definition named as a function", [(.namesAreNotGiven, "definitions[1].name")])
        {
            $0.definitions[1].name = "max"
            $0.transitions[0].effects = []
        },
        FindingRow("a source of a later version", [(.valuesAreKnown, "roles[0].source")]) {
            $0.roles[0].source = .UNRECOGNIZED(7)
        },
        FindingRow("an occupancy of a later version", [(.valuesAreKnown, "states[0].occupancy")]) {
            $0.states[0].occupancy = .UNRECOGNIZED(7)
        },
        FindingRow(
            "a timer base of a later version", [(.valuesAreKnown, "transitions[3].timer.base")]
        ) {
            $0.transitions[3].timer.base = .UNRECOGNIZED(7)
        },
        FindingRow("a default below the minimum", [(.termBoundsHoldDefault, "terms[0]")]) {
            $0.terms[0].minimum = 60_001
        },
        FindingRow("a default above the maximum", [(.termBoundsHoldDefault, "terms[0]")]) {
            $0.terms[0].maximum = 59_999
        },
        FindingRow("two providers", [(.roleSourcesDiffer, "roles[2].source")]) {
            $0.roles[2].source = .provider
        },
        FindingRow("no opener", [(.openerExists, "roles"), (.openerOpens, "transitions[0]")]) {
            $0.roles[1].source = .UNRECOGNIZED(3)
        }.also(.valuesAreKnown, "roles[1].source", first: true),
    ]

    static let expressionsAndWays: [FindingRow] = [
        FindingRow(
            "a count without expression",
            [(.expressionsAreReadable, "transitions[2].effects[0].count_use.times")]
        ) { $0.transitions[2].effects[0] = .with { $0.countUse = CountUse() } },
        FindingRow(
            "a definition that does not parse",
            [
                (.expressionsAreReadable, "definitions[0].expression")
            ]
        ) { $0.definitions[0].expression = "price *" },
        FindingRow(
            "a definition of itself", [(.expressionsAreReadable, "definitions[0].expression")]
        ) {
            $0.definitions[0].expression = "fee + 1"
        },
        FindingRow("a later definition", [(.expressionsAreReadable, "definitions[0].expression")]) {
            $0.definitions[0].expression = "both"
        },
        FindingRow(
            "a condition without comparison",
            [
                (.expressionsAreReadable, "transitions[1].guards[0].condition")
            ]
        ) { $0.transitions[1].guards[0].condition = "now" },
        FindingRow(
            "an unknown variable",
            [
                (.expressionsAreReadable, "transitions[2].effects[0].pay.amount")
            ]
        ) { $0.transitions[2].effects[0].pay.amount = "tip" },
        FindingRow(
            "an amount to collect left out",
            [
                (.expressionsAreReadable, "transitions[0].effects[0].collect.amount")
            ]
        ) { $0.transitions[0].effects[0].collect.amount = "" },
        FindingRow(
            "lateness left out",
            [
                (.expressionsAreReadable, "transitions[2].effects[1].record_settled.late")
            ]
        ) { $0.transitions[2].effects[1].recordSettled.late = "" },
        FindingRow(
            "a timer without offset",
            [
                (.expressionsAreReadable, "transitions[3].timer.offset_ms")
            ]
        ) { $0.transitions[3].timer.offsetMs = "" },
        FindingRow(
            "a timer from what is held",
            [
                (.timersUseFixedValues, "transitions[3].timer.offset_ms")
            ]
        ) { $0.transitions[3].timer.offsetMs = "held" },
        FindingRow("a timer from now", [(.timersUseFixedValues, "transitions[3].timer.offset_ms")])
        {
            $0.transitions[3].timer.offsetMs = "max(1, 2 * (now - start))"
        },
        FindingRow(
            "a timer from a definition",
            [
                (.timersUseFixedValues, "transitions[3].timer.offset_ms")
            ]
        ) { $0.transitions[3].timer.offsetMs = "floor_div(fee, 2)" },
        FindingRow("a state that nothing leads to", [(.stateIsReachable, "states[4]")]) {
            $0.addState("lonely")
        },
        FindingRow("a state that no timer leaves", [(.stateHasTimer, "states[4]")]) {
            $0.addState("stuck", timerTo: nil)
            $0.addTransition(from: "using", to: "stuck")
            $0.addTransition(from: "stuck", to: "done")
        },
        FindingRow(
            "a state that nothing leaves",
            [
                (.stateHasWayToEnd, "states[4]"), (.stateHasTimer, "states[4]"),
            ]
        ) {
            $0.addState("stuck", timerTo: nil)
            $0.addTransition(from: "using", to: "stuck")
        },
        FindingRow(
            "two states whose timers lead to each other",
            [
                (.timersAreNoCircle, "states[4]"), (.timersAreNoCircle, "states[5]"),
            ]
        ) {
            $0.addState("ping", timerTo: "pong")
            $0.addState("pong", timerTo: "ping")
            $0.addTransition(from: "using", to: "ping")
            $0.addTransition(from: "ping", to: "done")
        },
        FindingRow(
            "two states with no way out of their circle",
            [
                (.stateHasWayToEnd, "states[4]"), (.timersAreNoCircle, "states[4]"),
                (.stateHasWayToEnd, "states[5]"), (.timersAreNoCircle, "states[5]"),
            ]
        ) {
            $0.addState("ping", timerTo: "pong")
            $0.addState("pong", timerTo: "ping")
            $0.addTransition(from: "using", to: "ping")
        },
    ]
}
