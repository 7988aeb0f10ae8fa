/// Makes a failing script short by delta debugging (Zeller, Hildebrandt 2002): leave parts
/// out, large ones first, as long as the same kind of contradiction shows.
public struct Shrinking {
    let simulation: Simulation
    /// Steps that may still be performed; the work is bounded by this, not by a clock.
    private var budget: Int
    private let kind: Finding.Kind
    private(set) var script: Script
    private(set) var finding: Finding

    /// - Parameters:
    ///   - script: shows `finding`.
    ///   - budget: how many steps may be performed at most.
    public static func shorten(
        _ script: Script, showing finding: Finding, by simulation: Simulation,
        budget: Int = 200_000
    ) throws -> (script: Script, finding: Finding) {
        var shrinking = Shrinking(
            simulation: simulation, budget: budget, kind: finding.kind, script: script,
            finding: finding)
        try shrinking.run()
        return (shrinking.script, shrinking.finding)
    }

    private mutating func run() throws {
        // Whether it repeats at all; what follows the contradiction goes at once.
        guard try keep(script) else { return }
        var before = Int.max
        while weight < before, budget > 0 {
            before = weight
            try dropSteps()
            try dropTransactions()
            try dropActions()
        }
    }

    /// How much the script says.
    private var weight: Int {
        script.steps.reduce(0) { sum, step in
            guard case .entry(let entry) = step else { return sum + 1 }
            return sum + 1 + entry.transactions.reduce(0) { $0 + 1 + $1.actions.count }
        }
    }

    /// Takes the candidate if it shows the contradiction.
    private mutating func keep(_ candidate: Script) throws -> Bool {
        guard budget > 0 else { return false }
        guard let result = try simulation.run(candidate), result.finding.kind == kind else {
            budget -= candidate.steps.count + 1
            return false
        }
        budget -= result.step + 1
        script = candidate
        script.steps = Array(candidate.steps.prefix(result.step + 1))
        finding = result.finding
        return true
    }

    private mutating func dropSteps() throws {
        var size = max(1, script.steps.count / 2)
        while true {
            var end = script.steps.count
            while end > 0 {
                var candidate = script
                let first = max(0, end - size)
                candidate.steps.removeSubrange(first..<min(end, candidate.steps.count))
                _ = try keep(candidate)
                end = min(first, script.steps.count)
            }
            if size == 1 { return }
            size = (size + 1) / 2
        }
    }

    private mutating func dropTransactions() throws {
        for index in script.steps.indices.reversed() {
            guard index < script.steps.count, case .entry(let entry) = script.steps[index] else {
                continue
            }
            for position in entry.transactions.indices.reversed() {
                guard index < script.steps.count, case .entry(var entry) = script.steps[index],
                    position < entry.transactions.count
                else { continue }
                entry.transactions.remove(at: position)
                var candidate = script
                candidate.steps[index] = .entry(entry)
                _ = try keep(candidate)
            }
        }
    }

    /// From the end, so that the ids of what the others create stay.
    private mutating func dropActions() throws {
        for index in script.steps.indices.reversed() {
            guard index < script.steps.count, case .entry(let entry) = script.steps[index] else {
                continue
            }
            for position in entry.transactions.indices {
                for action in entry.transactions[position].actions.indices.reversed() {
                    guard index < script.steps.count, case .entry(var entry) = script.steps[index],
                        entry.transactions[position].actions.count > 1
                    else { continue }
                    entry.transactions[position].actions.remove(at: action)
                    var candidate = script
                    candidate.steps[index] = .entry(entry)
                    _ = try keep(candidate)
                }
            }
        }
    }
}
