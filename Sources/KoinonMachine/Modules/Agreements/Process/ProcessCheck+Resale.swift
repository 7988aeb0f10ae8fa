import KoinonProtocol

extension ProcessCheck {
    /// When agreements may be sold on, if they may at all.
    mutating func checkResale() {
        guard process.hasResale else { return }
        let rule = process.resale
        if rule.states.isEmpty, rule.partStates.isEmpty { find(.resaleNamesOpenStates, "resale") }
        checkResaleStates(rule.states, "resale.states") { _ in true }
        checkResaleStates(rule.partStates, "resale.part_states") { state in
            state.occupancy == .promised || state.occupancy == .inUse
        }
        let names = ProcessNames(process)
        if !rule.allowed.isEmpty {
            _ = read("resale.allowed") { () throws(ExpressionFault) in
                try names.condition(rule.allowed)
            }
        }
        if !rule.deposit.isEmpty {
            _ = read("resale.deposit") { () throws(ExpressionFault) in
                try names.expression(rule.deposit)
            }
        }
    }

    private mutating func checkResaleStates(
        _ named: [String], _ place: String, _ suits: (StateDefinition) -> Bool
    ) {
        for (index, name) in named.enumerated() {
            guard let state = states[name].map({ process.states[$0] }) else {
                find(.statesExist, "\(place)[\(index)]", "there is no state \(name)")
                continue
            }
            if state.final || named.prefix(index).contains(name) {
                find(.resaleNamesOpenStates, "\(place)[\(index)]", name)
            } else if !suits(state) {
                find(.partsAreOfPromises, "\(place)[\(index)]", name)
            }
        }
    }
}
