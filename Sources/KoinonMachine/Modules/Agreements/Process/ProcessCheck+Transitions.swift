import KoinonProtocol

extension ProcessCheck {
    /// What one transition says, apart from its expressions.
    mutating func checkTransition(at index: Int) {
        let transition = process.transitions[index]
        let place = "transitions[\(index)]"
        let from = states[transition.from].map { process.states[$0] }
        let to = states[transition.to].map { process.states[$0] }
        if !transition.from.isEmpty, from == nil {
            find(.statesExist, "\(place).from", "there is no state \(transition.from)")
        }
        if to == nil { find(.statesExist, "\(place).to", "there is no state \(transition.to)") }
        for (position, name) in transition.by.enumerated() {
            checkRole(name, "\(place).by[\(position)]")
        }
        if !transition.remainderTo.isEmpty {
            checkRole(transition.remainderTo, "\(place).remainder_to")
        }
        if transition.from.isEmpty {
            checkOpens(transition, place)
        } else if transition.by.isEmpty == !transition.hasTimer {
            find(.takenByRolesOrTimer, place)
        }
        if let from, from.final {
            find(.finalStatesStay, "\(place).from", "\(from.name) is final")
        }
        if let to {
            if to.final, transition.remainderTo.isEmpty {
                find(.remainderHasReceiver, "\(place).remainder_to")
            }
            if !to.final, !transition.remainderTo.isEmpty {
                find(.remainderOnlyAtEnd, "\(place).remainder_to")
            }
        }
        if transition.hasTimer { checkTimer(transition, from, to, place) }
        checkExclusive(from, to, place)
        checkSale(transition, from, to, place)
        for position in transition.guards.indices
        where !Self.isIdentifier(transition.guards[position].otherwise) {
            find(.guardsNameReason, "\(place).guards[\(position)].otherwise")
        }
        for position in transition.effects.indices {
            checkEffect(transition, position, "\(place).effects[\(position)]")
        }
    }

    mutating func checkRole(_ name: String, _ place: String) {
        if roles[name] == nil { find(.rolesExist, place, "there is no role \(name)") }
    }

    private mutating func checkOpens(_ transition: TransitionDefinition, _ place: String) {
        let isOpeners =
            transition.by.count == 1
            && roles[transition.by[0]].map { process.roles[$0].source } == .opener
        if !isOpeners || transition.hasTimer { find(.openerOpens, place) }
    }

    /// A timer must never fail, or an agreement could stay in a state for ever.
    private mutating func checkTimer(
        _ transition: TransitionDefinition, _ from: StateDefinition?, _ to: StateDefinition?,
        _ place: String
    ) {
        if case .UNRECOGNIZED = transition.timer.base {
            find(.valuesAreKnown, "\(place).timer.base")
        }
        if !transition.guards.isEmpty { find(.timersAreUnguarded, "\(place).guards") }
        guard let from, let to else { return }
        let beginsUse = to.occupancy == .inUse && from.occupancy != .inUse
        let takes =
            [.promised, .exclusive, .counted].contains(to.occupancy) && from.occupancy == .none
        if beginsUse || takes { find(.timersTakeNothingNew, "\(place).to") }
    }

    private mutating func checkEffect(
        _ transition: TransitionDefinition, _ position: Int, _ place: String
    ) {
        switch transition.effects[position].effect {
        case .collect(let collect):
            checkRole(collect.from, "\(place).collect.from")
            // Only a signature of the payer may take money from its balance.
            if transition.by != [collect.from] {
                find(.collectsFromWhoActs, "\(place).collect.from")
            }
        case .pay(let pay): checkRole(pay.to, "\(place).pay.to")
        case .moveCustody(let move): checkRole(move.to, "\(place).move_custody.to")
        case .recordSettled(let record): checkRole(record.role, "\(place).record_settled.role")
        case .transferOwnership(let sale): checkRole(sale.to, "\(place).transfer_ownership.to")
        case .countUse: break
        case nil: find(.effectsSaySomething, place)
        }
    }
}
