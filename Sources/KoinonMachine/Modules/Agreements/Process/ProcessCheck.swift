import KoinonProtocol

/// Examines a process as a whole; every finding names the place and the remedy.
public struct ProcessCheck {
    let process: ProcessDefinition
    let roles: [String: Int]
    let states: [String: Int]
    var findings: [ProcessFinding] = []

    /// All findings, in the order of the definition's parts; empty: it may be adopted.
    public static func findings(of process: ProcessDefinition) -> [ProcessFinding] {
        var check = ProcessCheck(process)
        check.checkCounts()
        // Everything below takes time that grows with the counts.
        guard check.findings.isEmpty else { return check.findings }
        check.checkNames()
        check.checkRolesAndTerms()
        check.checkStates()
        for index in process.transitions.indices { check.checkTransition(at: index) }
        check.checkDispute()
        check.checkExpressions()
        check.checkResale()
        check.checkWays()
        return check.findings
    }

    private init(_ process: ProcessDefinition) {
        self.process = process
        var roles: [String: Int] = [:]
        for (index, role) in process.roles.enumerated() { roles[role.name] = index }
        var states: [String: Int] = [:]
        for (index, state) in process.states.enumerated() { states[state.name] = index }
        self.roles = roles
        self.states = states
    }

    mutating func find(_ rule: ProcessRule, _ place: String, _ detail: String = "") {
        findings.append(ProcessFinding(rule, at: place, detail: detail))
    }

    private mutating func checkCounts() {
        count(process.roles.count, "roles", at: "roles", limit: ProcessLimits.roles)
        count(process.terms.count, "terms", at: "terms", limit: ProcessLimits.terms)
        count(
            process.definitions.count, "definitions", at: "definitions",
            limit: ProcessLimits.definitions)
        count(process.states.count, "states", at: "states", limit: ProcessLimits.states)
        count(
            process.transitions.count, "transitions", at: "transitions",
            limit: ProcessLimits.transitions)
        count(
            process.resale.states.count, "states", at: "resale.states", limit: ProcessLimits.states)
        count(
            process.resale.partStates.count, "states", at: "resale.part_states",
            limit: ProcessLimits.states)
        for (index, transition) in process.transitions.enumerated() {
            count(
                transition.guards.count, "guards", at: "transitions[\(index)].guards",
                limit: ProcessLimits.guardsPerTransition)
            count(
                transition.effects.count, "effects", at: "transitions[\(index)].effects",
                limit: ProcessLimits.effectsPerTransition)
            count(
                transition.by.count, "roles", at: "transitions[\(index)].by",
                limit: ProcessLimits.roles)
        }
        count(
            process.dispute.states.count, "states", at: "dispute.states",
            limit: ProcessLimits.states)
        count(process.dispute.by.count, "roles", at: "dispute.by", limit: ProcessLimits.roles)
        count(
            process.dispute.undecided.count, "effects", at: "dispute.undecided",
            limit: ProcessLimits.effectsPerTransition)
    }

    private mutating func count(_ count: Int, _ what: String, at place: String, limit: Int) {
        if count > limit { find(.countsAreBounded, place, "has \(count) \(what)") }
    }

    private mutating func checkNames() {
        if !Slug.isValid(process.id) { find(.idIsSlug, "id") }
        if !TextCheck.isTitle(process.title) { find(.titleIsShortText, "title") }
        checkNames(process.roles.map(\.name), in: "roles")
        checkNames(process.states.map(\.name), in: "states")
        for (index, state) in process.states.enumerated() where !TextCheck.isTitle(state.title) {
            find(.titleIsShortText, "states[\(index)].title")
        }
        for (index, term) in process.terms.enumerated() where !TextCheck.isTitle(term.title) {
            find(.titleIsShortText, "terms[\(index)].title")
        }
        checkNames(process.terms.map(\.name), in: "terms")
        // Terms and definitions stand side by side in expressions.
        checkNames(
            process.definitions.map(\.name), in: "definitions", besides: process.terms.map(\.name))
        for (list, names) in [
            ("terms", process.terms.map(\.name)), ("definitions", process.definitions.map(\.name)),
        ] {
            for (index, name) in names.enumerated()
            where ProcessVariable(rawValue: name) != nil
                || ExpressionParser.functions.contains(name)
            {
                find(.namesAreNotGiven, "\(list)[\(index)].name", "\(name) has a meaning already")
            }
        }
        for (index, transition) in process.transitions.enumerated()
        where !Self.isIdentifier(transition.name) {
            find(.namesAreIdentifiers, "transitions[\(index)].name")
        }
    }

    private mutating func checkNames(_ names: [String], in list: String, besides: [String] = []) {
        var seen = Set(besides)
        for (index, name) in names.enumerated() {
            if !Self.isIdentifier(name) { find(.namesAreIdentifiers, "\(list)[\(index)].name") }
            if !seen.insert(name).inserted {
                find(.namesAreUnique, "\(list)[\(index)].name", "\(name) stands there twice")
            }
        }
    }

    private mutating func checkRolesAndTerms() {
        var sources: [RoleSource] = []
        for (index, role) in process.roles.enumerated() {
            if case .UNRECOGNIZED = role.source { find(.valuesAreKnown, "roles[\(index)].source") }
            if sources.contains(role.source) { find(.roleSourcesDiffer, "roles[\(index)].source") }
            sources.append(role.source)
        }
        if !sources.contains(.opener) { find(.openerExists, "roles") }
        for (index, term) in process.terms.enumerated()
        where term.minimum > term.defaultValue || term.defaultValue > term.maximum {
            find(.termBoundsHoldDefault, "terms[\(index)]")
        }
    }

    private mutating func checkStates() {
        for (index, state) in process.states.enumerated() {
            if case .UNRECOGNIZED = state.occupancy {
                find(.valuesAreKnown, "states[\(index)].occupancy")
            }
            if state.final, state.occupancy != .none {
                find(.finalStatesAreFree, "states[\(index)].occupancy")
            }
        }
        if !process.transitions.contains(where: \.from.isEmpty) { find(.opens, "transitions") }
    }

    /// Names of roles, states, terms, definitions, transitions and reasons.
    static func isIdentifier(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...32).contains(bytes.count), let first = bytes.first else { return false }
        func isLetter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        }
        return isLetter(first)
            && bytes.allSatisfy {
                isLetter($0) || $0 == UInt8(ascii: "_")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }
}
