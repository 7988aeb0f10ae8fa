import KoinonProtocol

/// When the opener may sell its place or its later time; states by position.
struct ProcessResale: Sendable {
    var states: [Int]
    var partStates: [Int]
    /// Nil: always, in these states.
    var allowed: ProcessCondition?
    /// Nil: nothing of the hold is the opener's own deposit.
    var deposit: IntegerExpression?

    /// Names of states that are not there are left out; ``ProcessCheck`` finds them.
    init(
        _ rule: ResaleRule, states: [String: Int], names: ProcessNames
    ) throws(ExpressionFault) {
        self.states = rule.states.compactMap { states[$0] }
        partStates = rule.partStates.compactMap { states[$0] }
        allowed = try rule.allowed.isEmpty ? nil : names.condition(rule.allowed)
        deposit = try rule.deposit.isEmpty ? nil : names.expression(rule.deposit)
    }
}
