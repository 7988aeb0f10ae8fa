import Foundation
import KoinonMachine

/// Runs ledgers through seeded lives and stops at the first contradiction.
public struct Simulation: SeededSimulation {
    public typealias Outcome = SimulationOutcome<Script, RunCounts>
    public typealias Failure = SimulationFailure<Script>

    /// Blocks after which a new ledger begins: small ledgers are checked quickly, and many
    /// beginnings show more than one long life.
    public static let blocksPerWorld = 500

    public var subject: Subject
    /// For the stores' lock files; emptied afterwards by whoever made it.
    public var folder: URL

    public init(subject: Subject = .sound, folder: URL) {
        self.subject = subject
        self.folder = folder
    }

    public func run(
        seed: UInt64, blocks: Int, progress: (Int) -> Bool = { _ in true }
    ) throws -> Outcome {
        var outcome = Outcome(seed: seed)
        var random = SplitMix64(seed: seed)
        while outcome.counts.blocks < blocks {
            let before = outcome.counts.blocks
            let life = min(Self.blocksPerWorld, blocks - before)
            let setting = StepGenerator.setting(&random)
            let next = SplitMix64(seed: random.next())
            let world: World
            do {
                world = try World(setting, subject: subject, folder: folder)
            } catch let finding as Finding {
                outcome.failure = Failure(
                    finding: finding, blocks: before, script: Script(setting: setting, steps: []))
                return outcome
            }
            var generator = StepGenerator(Scene(world, random: next))
            var steps: [Step] = []
            do {
                var goesOn = true
                while world.counts.blocks < life, goesOn {
                    for step in generator.next() {
                        steps.append(step)
                        try world.perform(step)
                    }
                    goesOn = progress(before + world.counts.blocks)
                }
                try world.finish()
                outcome.counts.add(world.counts)
                outcome.digest = world.shadow.header.hash.hex
                if !goesOn { return outcome }
            } catch let finding as Finding {
                outcome.counts.add(world.counts)
                outcome.failure = Failure(
                    finding: finding, blocks: outcome.counts.blocks,
                    script: Script(setting: setting, steps: steps))
                try? world.store.close()
                return outcome
            }
        }
        return outcome
    }

    public func contradiction(in script: Script) throws -> String? {
        try run(script).map { "step \($0.step): \($0.finding)" }
    }

    public func shorten(_ failure: Failure) throws -> (script: Script, finding: Finding) {
        try Shrinking.shorten(failure.script, showing: failure.finding, by: self)
    }

    /// Performs a script.
    ///
    /// - Returns: the contradiction that it shows, and the place of the step that showed it;
    ///   nil when it shows none.
    public func run(_ script: Script) throws -> (finding: Finding, step: Int)? {
        let world: World
        do {
            world = try World(script.setting, subject: subject, folder: folder)
        } catch let finding as Finding {
            return (finding, 0)
        }
        defer { try? world.store.close() }
        for (index, step) in script.steps.enumerated() {
            do {
                try world.perform(step)
            } catch let finding as Finding {
                return (finding, index)
            }
        }
        do {
            try world.finish()
        } catch let finding as Finding {
            return (finding, script.steps.count)
        }
        return nil
    }
}
