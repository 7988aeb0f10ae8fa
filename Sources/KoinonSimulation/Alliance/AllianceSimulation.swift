import Foundation
import KoinonMachine

/// Runs alliances through seeded lives and stops at the first contradiction.
public struct AllianceSimulation: SeededSimulation {
    public typealias Outcome = SimulationOutcome<AllianceScript, AllianceCounts>
    public typealias Failure = SimulationFailure<AllianceScript>

    public var subject: AllianceSubject
    /// For the stores' lock files; emptied afterwards by whoever made it.
    public var folder: URL
    /// How many members found each alliance; chosen by chance when nil.
    public var members: Int?

    public init(subject: AllianceSubject = .sound, folder: URL, members: Int? = nil) {
        self.subject = subject
        self.folder = folder
        self.members = members
    }

    /// One alliance after the other, each to its end.
    public func run(
        seed: UInt64, blocks: Int, progress: (Int) -> Bool = { _ in true }
    ) throws -> Outcome {
        var outcome = Outcome(seed: seed)
        var lives = AllianceLives(seed: seed, members: members)
        while outcome.counts.blocks < blocks {
            let before = outcome.counts.blocks
            let script = try lives.next()
            let world = try AllianceWorld(script.setting, subject: subject, folder: folder)
            defer { world.close() }
            var goesOn = true
            do {
                try world.run(script.steps) {
                    goesOn = progress(before + world.counts.blocks)
                    return goesOn
                }
            } catch let finding as Finding {
                outcome.counts.add(world.counts)
                outcome.failure = Failure(
                    finding: finding, blocks: outcome.counts.blocks, script: script)
                return outcome
            }
            outcome.counts.add(world.counts)
            outcome.digest = world.digest
            if !goesOn { return outcome }
        }
        return outcome
    }

    public func contradiction(in script: AllianceScript) throws -> String? {
        try run(script)?.description
    }

    public func shorten(
        _ failure: Failure
    ) throws -> (script: AllianceScript, finding: Finding) {
        try AllianceShrinking.shorten(failure.script, showing: failure.finding, by: self)
    }

    /// Performs a script.
    ///
    /// - Returns: the contradiction that it shows; nil when it shows none.
    public func run(_ script: AllianceScript) throws -> Finding? {
        let world = try AllianceWorld(script.setting, subject: subject, folder: folder)
        defer { world.close() }
        do {
            try world.run(script.steps)
            return nil
        } catch let finding as Finding {
            return finding
        }
    }
}
