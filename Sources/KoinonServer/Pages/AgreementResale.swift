import KoinonProtocol

/// Selling on what one does not need.
extension AgreementParts {
    /// What is for sale now, and the forms to sell, to take back and to buy; nil where the
    /// process or the offer knows no resale, or it cannot come to one any more.
    func resale() -> PageModel? {
        guard let rule = found.rules?.resale, found.rules?.hasResale == true,
            let opener = view.parties.first(where: { $0.source == "opener" }), !view.disputed
        else { return nil }
        let whole = rule.states.contains(view.state.name)
        let part = rule.partStates.contains(view.state.name)
        guard whole || part, isAllowed(rule.allowed) || view.resale != nil else { return nil }
        var model: PageModel = [
            "agreement": view.id, "unit": view.unit, "opener": opener.account,
            "part": part, "whole": whole,
            "barred": (view.parties.map(\.account) + [view.arbiter ?? ""])
                .joined(separator: " "),
        ]
        if let offered = view.resale {
            var one: PageModel = [
                "price": texts.money(offered.price), "price_minor": offered.price.minor,
                "from_ms": String(offered.from?.ms ?? 0),
            ]
            if let from = offered.from { one["from"] = texts.time(from) }
            if let until = offered.until { one["until"] = texts.time(until) }
            model["offered"] = one
        }
        return model
    }

    /// Of conditions like "resale == 1"; what is more than that only the ledger judges.
    private func isAllowed(_ condition: String) -> Bool {
        let parts = condition.split(separator: " ")
        guard parts.count == 3, parts[1] == "==", let wanted = Int64(parts[2]),
            let term = found.terms.first(where: { $0.name == parts[0] })
        else { return true }
        return term.value == wanted
    }
}
