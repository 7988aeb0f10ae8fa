/// Makes a failing script of an alliance short, as ``Shrinking`` does: leaves steps out, large
/// parts first, for as long as the same kind of contradiction shows.
public struct AllianceShrinking {
    private let simulation: AllianceSimulation
    private let kind: Finding.Kind
    /// How many times the script may still be performed.
    private var budget: Int
    private var script: AllianceScript
    private var finding: Finding

    /// - Parameters:
    ///   - script: shows `finding`.
    ///   - budget: how often a shorter script is tried at most.
    public static func shorten(
        _ script: AllianceScript, showing finding: Finding, by simulation: AllianceSimulation,
        budget: Int = 400
    ) throws -> (script: AllianceScript, finding: Finding) {
        var shrinking = AllianceShrinking(
            simulation: simulation, kind: finding.kind, budget: budget, script: script,
            finding: finding)
        try shrinking.run()
        return (shrinking.script, shrinking.finding)
    }

    private mutating func run() throws {
        guard try keep(script) else { return }
        var before = Int.max
        // Faults first: without them what is left is quickly seen to be needed or not.
        while script.steps.count < before, budget > 0 {
            before = script.steps.count
            try drop { if case .send = $0.happens { false } else { true } }
            try drop { if case .send = $0.happens { true } else { false } }
            try dropCandidates()
        }
    }

    private mutating func keep(_ candidate: AllianceScript) throws -> Bool {
        guard budget > 0 else { return false }
        budget -= 1
        guard let found = try simulation.run(candidate), found.kind == kind else { return false }
        script = candidate
        finding = found
        return true
    }

    private mutating func drop(_ isOne: (AllianceStep) -> Bool) throws {
        var size = max(1, script.steps.count(where: isOne) / 2)
        while true {
            var end = script.steps.count(where: isOne)
            while end > 0 {
                let range = max(0, end - size)..<end
                var candidate = script
                var number = -1
                candidate.steps.removeAll { step in
                    guard isOne(step) else { return false }
                    number += 1
                    return range.contains(number)
                }
                if candidate.steps.count < script.steps.count { _ = try keep(candidate) }
                end = range.lowerBound
            }
            if size == 1 { return }
            size = (size + 1) / 2
        }
    }

    private mutating func dropCandidates() throws {
        for name in script.setting.candidates {
            var candidate = script
            candidate.setting.candidates.removeAll { $0 == name }
            _ = try keep(candidate)
        }
    }
}
