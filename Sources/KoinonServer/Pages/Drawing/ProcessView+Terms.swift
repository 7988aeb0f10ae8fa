extension ProcessView {
    /// Without the ways that the terms of an offer rule out, and the states that only they lead
    /// to: who books at once need not read what happens when somebody asks first.
    ///
    /// Only guards that compare a term with a number are weighed; every other may hold.
    func under(_ terms: [OfferView.Term]) -> ProcessView {
        let values = Dictionary(terms.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        var kept: [Transition] = []
        var certain: Set<[String]> = []
        for way in transitions {
            let holds = way.guards.map { Self.holds($0, values) }
            if holds.contains(false) { continue }
            if way.timerBase == nil {
                // The first whose guards hold is taken; an opening is asked for without its name.
                let choice = [way.from ?? "", way.from == nil ? "" : way.name] + way.by
                if certain.contains(choice) { continue }
                if holds.allSatisfy({ $0 == true }) { certain.insert(choice) }
            }
            kept.append(way)
        }
        var reached: Set<String> = []
        func leaves(_ way: Transition) -> Bool { way.from.map { reached.contains($0) } ?? true }
        while let next = kept.first(where: { leaves($0) && !reached.contains($0.to) }) {
            reached.insert(next.to)
        }
        var result = self
        result.transitions = kept.filter(leaves)
        result.states = states.filter { reached.contains($0.name) || $0.name == resolvedTo }
        return result
    }

    /// Nil: the terms alone do not say.
    private static func holds(_ condition: String, _ values: [String: Int64]) -> Bool? {
        let parts = condition.split(separator: " ")
        guard parts.count == 3, parts[1] == "==", let number = Int64(parts[2]) else { return nil }
        return values[String(parts[0])].map { $0 == number }
    }
}
