import KoinonProtocol

/// The states as a graph: where agreements can get to, and that they end.
extension ProcessCheck {
    mutating func checkWays() {
        let edges =
            process.transitions.compactMap {
                transition -> (from: Int?, to: Int, byTimer: Bool)? in
                guard let to = states[transition.to] else { return nil }
                if transition.from.isEmpty { return (nil, to, false) }
                guard let from = states[transition.from] else { return nil }
                return (from, to, transition.hasTimer)
            } + process.transitions.flatMap(unsoldWays) + disputedWays
        let reachable = closure(of: edges.filter { $0.from == nil }.map(\.to)) { state in
            edges.filter { $0.from == state }.map(\.to)
        }
        let finals = process.states.indices.filter { process.states[$0].final }
        let ending = closure(of: finals) { state in
            edges.filter { $0.to == state }.compactMap(\.from)
        }
        let circling = circle(
            in: edges.filter(\.byTimer).compactMap { edge in
                edge.from.map { ($0, edge.to) }
            })
        for (index, state) in process.states.enumerated() {
            if !reachable[index] { find(.stateIsReachable, "states[\(index)]", state.name) }
            if state.final { continue }
            if !ending[index] { find(.stateHasWayToEnd, "states[\(index)]", state.name) }
            if !edges.contains(where: { $0.from == index && $0.byTimer }) {
                find(.stateHasTimer, "states[\(index)]", state.name)
            } else if circling[index] {
                find(.timersAreNoCircle, "states[\(index)]", state.name)
            }
        }
    }

    /// Where disputes lead.
    private var disputedWays: [(from: Int?, to: Int, byTimer: Bool)] {
        process.dispute.states.compactMap { name in
            guard let from = states[name], let to = states[process.dispute.resolvedTo] else {
                return nil
            }
            return (from, to, false)
        }
    }

    /// Where a timer leads when ownership cannot move.
    private func unsoldWays(
        of transition: TransitionDefinition
    ) -> [(from: Int?, to: Int, byTimer: Bool)] {
        guard let from = states[transition.from] else { return [] }
        return transition.effects.compactMap { effect in
            guard case .transferOwnership(let sale) = effect.effect else { return nil }
            return states[sale.otherwise].map { (from, $0, false) }
        }
    }

    /// The states that can be reached from some by following `next`, by position.
    private func closure(of first: [Int], next: (Int) -> [Int]) -> [Bool] {
        var found = Array(repeating: false, count: process.states.count)
        var waiting = first
        while let state = waiting.popLast() {
            guard !found[state] else { continue }
            found[state] = true
            waiting.append(contentsOf: next(state))
        }
        return found
    }

    /// The states from which one can come back to them: those that remain when states
    /// without a way on are taken away one after the other, and likewise backwards.
    private func circle(in edges: [(from: Int, to: Int)]) -> [Bool] {
        var kept = Array(repeating: true, count: process.states.count)
        var changed = true
        while changed {
            changed = false
            for state in kept.indices where kept[state] {
                let leads = edges.contains { $0.from == state && kept[$0.to] }
                let comes = edges.contains { $0.to == state && kept[$0.from] }
                if !leads || !comes {
                    kept[state] = false
                    changed = true
                }
            }
        }
        return kept
    }
}
