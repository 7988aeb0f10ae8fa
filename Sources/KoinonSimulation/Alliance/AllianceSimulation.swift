import Foundation
import KoinonMachine

/// Runs alliances through seeded lives and stops at the first contradiction.
public struct AllianceSimulation: Sendable {
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

    /// What came of one seed.
    public struct Outcome: Sendable {
        public var seed: UInt64
        public var counts = AllianceCounts()
        /// The last final hashes of all its alliances, to compare runs by.
        public var digest = ""
        public var failure: Failure?
    }

    /// A contradiction, and all that led to it.
    public struct Failure: Sendable {
        public var finding: Finding
        /// Blocks closed under this seed until then.
        public var blocks: Int
        public var script: AllianceScript
    }

    /// Runs one seed for at least so many blocks: one alliance after the other, each to its end.
    ///
    /// - Parameter progress: called now and then with the blocks closed so far; false ends
    ///   the run.
    /// - Throws: faults of this machine (memory, the folder); never a ``Finding``.
    public func run(
        seed: UInt64, blocks: Int, progress: (Int) -> Bool = { _ in true }
    ) throws -> Outcome {
        var outcome = Outcome(seed: seed)
        var random = SplitMix64(seed: seed)
        while outcome.counts.blocks < blocks {
            let before = outcome.counts.blocks
            let script = try AllianceGenerator.script(&random, members: members)
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
