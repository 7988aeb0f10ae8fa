import KoinonProtocol

/// States that take the whole resource, and transitions that move its ownership.
extension ProcessCheck {
    /// The whole is taken from nothing and left for nothing: no promise or use is turned
    /// into it or out of it, which others would have to give way to. What is counted
    /// stands in no calendar, so it neither becomes a promise nor comes of one.
    mutating func checkExclusive(
        _ from: StateDefinition?, _ to: StateDefinition?, _ place: String
    ) {
        guard let from, let to, from.occupancy != to.occupancy, from.occupancy != .none,
            to.occupancy != .none
        else { return }
        let standAlone: [Occupancy] = [.exclusive, .counted]
        if standAlone.contains(from.occupancy) || standAlone.contains(to.occupancy) {
            find(.occupancyStandsAlone, "\(place).to")
        }
    }

    /// Ownership moves once, from a state in which nobody else has a right to the
    /// thing, and the agreement is over with it.
    mutating func checkSale(
        _ transition: TransitionDefinition, _ from: StateDefinition?, _ to: StateDefinition?,
        _ place: String
    ) {
        var seen = false
        for (position, effect) in transition.effects.enumerated() {
            guard case .transferOwnership(let sale) = effect.effect else { continue }
            let place = "\(place).effects[\(position)].transfer_ownership"
            if seen || from?.occupancy != .exclusive || to?.final != true {
                find(.ownershipMovesAtEnd, place)
            }
            seen = true
            if states[sale.otherwise].map({ process.states[$0].final }) != true {
                find(.ownershipHasOtherwise, "\(place).otherwise")
            }
            if roles[sale.otherwiseTo] == nil {
                find(.ownershipHasOtherwise, "\(place).otherwise_to")
            }
        }
    }
}
