import Foundation
import KoinonMachine

/// Runs ledgers through seeded lives and stops at the first contradiction.
public struct Simulation: Sendable {
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

    /// What came of one seed.
    public struct Outcome: Sendable {
        public var seed: UInt64
        public var counts = RunCounts()
        /// The last header hashes of all its ledgers, to compare runs by.
        public var digest = ""
        public var failure: Failure?
    }

    /// A contradiction, and all that led to it.
    public struct Failure: Sendable {
        public var finding: Finding
        /// Blocks closed under this seed until then.
        public var blocks: Int
        public var script: Script
    }

    /// Runs one seed for so many blocks.
    ///
    /// - Parameter progress: called after each step with the blocks closed so far; false
    ///   ends the run.
    /// - Throws: faults of this machine (memory, the folder); never a ``Finding``.
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
