import KoinonProtocol

/// A process with its names resolved to positions and its expressions parsed.
///
/// A pure function of the definition, so that it may be kept in memory between
/// blocks without any influence on what the machine does. A class, since each agreement that
/// is touched passes it around, and its parts would be counted each time.
final class RunnableProcess: Sendable {
    struct Role: Sendable {
        var name: String
        var source: RoleSource
    }

    struct State: Sendable {
        var name: String
        var isFinal: Bool
        var occupancy: Occupancy
        /// Transitions out of it that a timer takes, ascending.
        var timers: [Int] = []
    }

    struct Transition: Sendable {
        var name: String
        /// Nil: it opens the agreement.
        var from: Int?
        var to: Int
        var by: [Int]
        var timer: ProcessTimer?
        var guards: [ProcessGuard]
        var effects: [ProcessEffect]
        var remainderTo: Int?

        /// What it says about ownership, if it moves it.
        var sale: ProcessSale? {
            for case .transferOwnership(let sale) in effects { return sale }
            return nil
        }
    }

    let id: String
    let roles: [Role]
    let terms: [TermDefinition]
    let definitions: [IntegerExpression]
    let states: [State]
    let transitions: [Transition]
    /// Nil: agreements cannot be sold on.
    let resale: ProcessResale?
    /// Nil: agreements cannot be disputed.
    let dispute: ProcessDispute?
    private let statePositions: [String: Int]

    func state(named name: String) -> Int? { statePositions[name] }

    /// Whether some transition gives the resource to the role.
    func lends(to role: Int) -> Bool {
        transitions.contains { transition in
            transition.effects.contains { effect in
                if case .moveCustody(let receiver) = effect { receiver == role } else { false }
            }
        }
    }

    /// Fails when the definition has findings that leave a name or expression
    /// without meaning; a definition that ``ProcessCheck`` accepts never does.
    init?(_ definition: ProcessDefinition) {
        let names = ProcessNames(definition)
        var positions: [String: Int] = [:]
        for (index, state) in definition.states.enumerated() { positions[state.name] = index }
        var rolePositions: [String: Int] = [:]
        for (index, role) in definition.roles.enumerated() { rolePositions[role.name] = index }
        do throws(ExpressionFault) {
            var expressions: [IntegerExpression] = []
            for (index, one) in definition.definitions.enumerated() {
                expressions.append(try names.expression(one.expression, definitionsBelow: index))
            }
            var reader = TransitionReader(
                names: names, states: positions, roles: rolePositions)
            var transitions: [Transition] = []
            for one in definition.transitions {
                guard let transition = try reader.transition(one) else { return nil }
                transitions.append(transition)
            }
            self.transitions = transitions
            if definition.hasDispute {
                guard let dispute = try reader.dispute(definition.dispute) else { return nil }
                self.dispute = dispute
            } else {
                dispute = nil
            }
            definitions = expressions
            resale =
                try definition.hasResale
                ? ProcessResale(definition.resale, states: positions, names: names) : nil
        } catch {
            return nil
        }
        id = definition.id
        roles = definition.roles.map { Role(name: $0.name, source: $0.source) }
        terms = definition.terms
        statePositions = positions
        var states = definition.states.map {
            State(name: $0.name, isFinal: $0.final, occupancy: $0.occupancy)
        }
        for (index, transition) in transitions.enumerated() where transition.timer != nil {
            if let from = transition.from { states[from].timers.append(index) }
        }
        self.states = states
    }
}

/// What may be asked before a transition is taken.
struct ProcessGuard: Sendable {
    var condition: ProcessCondition
    /// Name of the reason when it does not hold.
    var otherwise: String
}

struct ProcessTimer: Sendable {
    var base: TimerBase
    var offset: IntegerExpression
}

/// When an agreement may be disputed, and how it ends then; positions.
struct ProcessDispute: Sendable {
    var states: [Int]
    /// The two sides.
    var by: [Int]
    var resolvedTo: Int
    var undecided: [ProcessEffect]
    var remainderTo: Int
    var ownershipTo: Int?
}

/// To whom ownership moves, and where a timer leads when it cannot.
struct ProcessSale: Sendable {
    var to: Int
    var otherwise: Int
    var otherwiseTo: Int
}

/// What a transition does beside changing the state; roles by position.
enum ProcessEffect: Sendable {
    case collect(from: Int, amount: IntegerExpression)
    case pay(to: Int, amount: IntegerExpression)
    case moveCustody(to: Int)
    case recordSettled(role: Int, late: IntegerExpression)
    case transferOwnership(ProcessSale)
    case countUse(times: IntegerExpression)
}

/// Turns transitions from text to positions; nil where a name is unknown.
private struct TransitionReader {
    let names: ProcessNames
    let states: [String: Int]
    let roles: [String: Int]

    mutating func transition(
        _ one: TransitionDefinition
    ) throws(ExpressionFault) -> RunnableProcess.Transition? {
        let from = one.from.isEmpty ? nil : states[one.from]
        guard one.from.isEmpty || from != nil, let to = states[one.to] else { return nil }
        let remainder = one.remainderTo.isEmpty ? nil : roles[one.remainderTo]
        guard one.remainderTo.isEmpty || remainder != nil else { return nil }
        var by: [Int] = []
        for name in one.by {
            guard let role = roles[name] else { return nil }
            by.append(role)
        }
        var timer: ProcessTimer?
        if one.hasTimer {
            timer = ProcessTimer(
                base: one.timer.base, offset: try names.expression(one.timer.offsetMs))
        }
        var guards: [ProcessGuard] = []
        for text in one.guards {
            guards.append(
                ProcessGuard(
                    condition: try names.condition(text.condition), otherwise: text.otherwise))
        }
        var effects: [ProcessEffect] = []
        for text in one.effects {
            guard let effect = try effect(text) else { return nil }
            effects.append(effect)
        }
        return RunnableProcess.Transition(
            name: one.name, from: from, to: to, by: by, timer: timer, guards: guards,
            effects: effects, remainderTo: remainder)
    }

    func dispute(_ rule: DisputeRule) throws(ExpressionFault) -> ProcessDispute? {
        guard let resolvedTo = states[rule.resolvedTo], let remainderTo = roles[rule.remainderTo],
            rule.ownershipTo.isEmpty || roles[rule.ownershipTo] != nil
        else { return nil }
        let disputed = rule.states.compactMap { states[$0] }
        let by = rule.by.compactMap { roles[$0] }
        guard disputed.count == rule.states.count, by.count == rule.by.count else { return nil }
        var undecided: [ProcessEffect] = []
        for text in rule.undecided {
            guard let effect = try effect(text) else { return nil }
            undecided.append(effect)
        }
        return ProcessDispute(
            states: disputed, by: by, resolvedTo: resolvedTo, undecided: undecided,
            remainderTo: remainderTo, ownershipTo: roles[rule.ownershipTo])
    }

    private func effect(_ one: Effect) throws(ExpressionFault) -> ProcessEffect? {
        switch one.effect {
        case .collect(let collect):
            guard let role = roles[collect.from] else { return nil }
            return .collect(from: role, amount: try names.expression(collect.amount))
        case .pay(let pay):
            guard let role = roles[pay.to] else { return nil }
            return .pay(to: role, amount: try names.expression(pay.amount))
        case .moveCustody(let move):
            return roles[move.to].map { .moveCustody(to: $0) }
        case .recordSettled(let record):
            guard let role = roles[record.role] else { return nil }
            return .recordSettled(role: role, late: try names.expression(record.late))
        case .transferOwnership(let sale):
            guard let role = roles[sale.to], let otherwise = states[sale.otherwise],
                let otherwiseTo = roles[sale.otherwiseTo]
            else { return nil }
            return .transferOwnership(
                ProcessSale(to: role, otherwise: otherwise, otherwiseTo: otherwiseTo))
        case .countUse(let count):
            return .countUse(times: try names.expression(count.times))
        case nil:
            return nil
        }
    }
}
