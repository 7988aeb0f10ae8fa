import KoinonProtocol

/// What a process says about disputes.
extension ProcessCheck {
    mutating func checkDispute() {
        guard process.hasDispute else { return }
        let rule = process.dispute
        if rule.states.isEmpty { find(.disputeStatesAreOpen, "dispute.states") }
        for (position, name) in rule.states.enumerated() {
            let place = "dispute.states[\(position)]"
            guard let state = states[name].map({ process.states[$0] }) else {
                find(.statesExist, place, "there is no state \(name)")
                continue
            }
            if state.final || rule.states[..<position].contains(name) {
                find(.disputeStatesAreOpen, place)
            }
        }
        for (position, name) in rule.by.enumerated() { checkRole(name, "dispute.by[\(position)]") }
        if rule.by.count != 2 || rule.by[0] == rule.by[1] {
            find(.disputeHasTwoSides, "dispute.by")
        }
        if states[rule.resolvedTo].map({ process.states[$0].final }) != true {
            find(.disputeEndsIt, "dispute.resolved_to")
        }
        if roles[rule.remainderTo] == nil { find(.disputeEndsIt, "dispute.remainder_to") }
        checkDecidedOwnership(rule)
        for (position, effect) in rule.undecided.enumerated() {
            let place = "dispute.undecided[\(position)]"
            switch effect.effect {
            case .pay(let pay): checkRole(pay.to, "\(place).pay.to")
            case .recordSettled(let record): checkRole(record.role, "\(place).record_settled.role")
            case .moveCustody(let move): checkRole(move.to, "\(place).move_custody.to")
            // Nobody acts, so nobody's money is taken, and nothing is sold to anybody.
            case .collect, .transferOwnership, .countUse, nil: find(.disputeOnlyPays, place)
            }
        }
        checkExpressions(of: rule.undecided, at: "dispute.undecided")
    }

    /// A decision may only move ownership where nobody else has a right to the thing.
    private mutating func checkDecidedOwnership(_ rule: DisputeRule) {
        guard !rule.ownershipTo.isEmpty else { return }
        checkRole(rule.ownershipTo, "dispute.ownership_to")
        let whole = rule.states.allSatisfy { name in
            states[name].map { process.states[$0].occupancy == .exclusive } ?? true
        }
        if !whole { find(.disputeMovesTheWhole, "dispute.ownership_to") }
    }
}
