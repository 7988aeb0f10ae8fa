import KoinonLedger
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonNode
@testable import TestNodes

/// The rule for a ceremony's base against worlds in which it is known what was final.
@Suite("The base of a recovery")
struct RecoveryRuleTests {
    /// What came of many worlds under one rule.
    struct Tally {
        var decided = 0
        var conflicts = 0
        var undone = 0
        var tooFew = 0
        var example = ""
    }

    private static func run(
        _ rule: some BaseRule, seed: UInt64, worlds: Int, secondCeremony: Bool
    ) -> Tally {
        var random = SeededRandom(seed: seed)
        var tally = Tally()
        for number in 0..<worlds {
            let changes = random.below(3) == 0
            let sizes = [(4, 4), (4, 7), (7, 4), (5, 5), (7, 7), (6, 4)][random.below(6)]
            var world = RecoveryWorld(
                sizes: changes ? sizes : (sizes.0, sizes.0), changes: changes,
                depth: 2 + random.below(2), &random)
            var bases: [Int] = []
            if secondCeremony {
                // Whoever computed it from whichever statements.
                for _ in 0..<3 {
                    let first = world.recovery(
                        closing: 0, stating: world.stating(&random), &random)
                    guard case .base(let header) = rule.decide(first).outcome,
                        let base = world.index(of: header)
                    else { continue }
                    bases.append(base)
                }
                guard !bases.isEmpty else { continue }
                world.begin(on: bases, &random)
            }
            let recovery = world.recovery(
                closing: secondCeremony ? 1 : 0, stating: world.stating(&random),
                bases: bases, &random)
            switch rule.decide(recovery).outcome {
            case .base(let header):
                tally.decided += 1
                guard let base = world.index(of: header) else { continue }
                for final in world.everFinal where !world.isAncestor(final.block, of: base) {
                    tally.undone += 1
                    tally.example = "seed \(seed), world \(number): \(final) undone by \(base)"
                    break
                }
            case .conflict: tally.conflicts += 1
            case .tooFew: tally.tooFew += 1
            case .brokenPromise:
                tally.undone += 1
                tally.example = "seed \(seed), world \(number): finals contradict each other"
            }
        }
        return tally
    }

    @Test(arguments: Seeds.of([1, 2, 3, 4] as [UInt64], casesEach: 600))
    func `undoes no block that may have been final`(seed: UInt64) {
        let tally = Self.run(MayBeFinalRule(), seed: seed, worlds: 600, secondCeremony: false)
        #expect(tally.undone == 0, "\(tally.example)")
        // Whenever nobody thought of those whom a block that may be final names.
        #expect(tally.tooFew > 10, "\(tally)")
        // It has to decide often, or it would say nothing.
        #expect(tally.decided > 400 && tally.conflicts > 20, "\(tally)")
    }

    @Test(arguments: Seeds.of([11, 12, 13, 14] as [UInt64], casesEach: 600))
    func `undoes none in a second ceremony either`(seed: UInt64) {
        let tally = Self.run(MayBeFinalRule(), seed: seed, worlds: 600, secondCeremony: true)
        #expect(tally.undone == 0, "\(tally.example)")
        #expect(tally.decided > 400, "\(tally)")
    }

    @Test func `would be found wrong if it were the highest known quorum`() {
        let tally = Self.run(
            HighestKnownQuorum(), seed: 1, worlds: 600, secondCeremony: false)
        #expect(tally.undone > 0)
    }

    @Test func `counts as final what some way to lie and to be silent makes so`() {
        var random = SeededRandom(seed: 99)
        for _ in 0..<400 {
            let world = RecoveryWorld(
                sizes: ([4, 5, 6, 7][random.below(4)], 4), changes: false, depth: 2, &random)
            let stating = world.stating(&random)
            let recovery = world.recovery(closing: 0, stating: stating, &random)
            let reckoning = MayBeFinalRule.Reckoning(recovery)
            let set = world.first
            // More convictions than may lie leave no world at all.
            guard recovery.convictions.count <= set.members.count - set.quorum else { continue }
            for block in world.blocks.indices {
                let possible = world.isFinalSomehow(block, recovery, stating: stating)
                let count = reckoning.support(of: world.blocks[block].header, in: 0, by: set)
                #expect(count.mayBeFinal == possible, "block \(block), \(count)")
            }
        }
    }
}
