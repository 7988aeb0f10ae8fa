import KoinonProtocol

extension ProcessCheck {
    mutating func checkExpressions() {
        let names = ProcessNames(process)
        for (index, definition) in process.definitions.enumerated() {
            _ = read("definitions[\(index)].expression") { () throws(ExpressionFault) in
                try names.expression(definition.expression, definitionsBelow: index)
            }
        }
        for (index, transition) in process.transitions.enumerated() {
            let place = "transitions[\(index)]"
            for (position, one) in transition.guards.enumerated() {
                _ = read("\(place).guards[\(position)].condition") { () throws(ExpressionFault) in
                    try names.condition(one.condition)
                }
            }
            for (position, one) in transition.effects.enumerated() {
                guard let (field, text) = Self.expression(of: one) else { continue }
                _ = read("\(place).effects[\(position)].\(field)") { () throws(ExpressionFault) in
                    try names.expression(text)
                }
            }
            guard transition.hasTimer else { continue }
            let offset = read("\(place).timer.offset_ms") { () throws(ExpressionFault) in
                try names.expression(transition.timer.offsetMs)
            }
            if let offset, !offset.isFixedWithinState {
                find(.timersUseFixedValues, "\(place).timer.offset_ms")
            }
        }
    }

    /// The expressions of effects that no transition has.
    mutating func checkExpressions(of effects: [Effect], at list: String) {
        let names = ProcessNames(process)
        for (position, one) in effects.enumerated() {
            guard let (field, text) = Self.expression(of: one) else { continue }
            _ = read("\(list)[\(position)].\(field)") { () throws(ExpressionFault) in
                try names.expression(text)
            }
        }
    }

    mutating func read<Result>(
        _ place: String, _ parse: () throws(ExpressionFault) -> Result
    ) -> Result? {
        do throws(ExpressionFault) {
            return try parse()
        } catch {
            find(.expressionsAreReadable, place, error.description)
            return nil
        }
    }

    private static func expression(of effect: Effect) -> (field: String, text: String)? {
        switch effect.effect {
        case .collect(let collect): ("collect.amount", collect.amount)
        case .pay(let pay): ("pay.amount", pay.amount)
        case .recordSettled(let record): ("record_settled.late", record.late)
        case .countUse(let count): ("count_use.times", count.times)
        case .moveCustody, .transferOwnership, nil: nil
        }
    }
}

extension IntegerExpression {
    /// Whether every value in it stays the same from entering a state until leaving it.
    var isFixedWithinState: Bool {
        switch self {
        case .integer: true
        case .variable(.given(let variable)): variable.isFixedWithinState
        case .variable(.term): true
        case .variable(.definition): false
        case .sum(let a, let b), .difference(let a, let b), .product(let a, let b),
            .floorQuotient(let a, let b), .ceilingQuotient(let a, let b):
            a.isFixedWithinState && b.isFixedWithinState
        case .minimum(let all), .maximum(let all): all.allSatisfy(\.isFixedWithinState)
        }
    }
}
