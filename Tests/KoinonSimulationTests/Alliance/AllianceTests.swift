import Foundation
import TestSeeds
import Testing

@testable import KoinonSimulation

@Suite("The sound alliance, simulated") struct AllianceTests {
    @Test(
        "shows no contradiction in any seed's life",
        arguments: Seeds.of([1, 6, 7] as [UInt64], casesEach: 250))
    func holds(seed: UInt64) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(folder: folder.url)
            let outcome = try simulation.run(seed: seed, blocks: 250)
            if let failure = outcome.failure { Issue.record("seed \(seed): \(failure.finding)") }
            let counts = outcome.counts
            print("simulated alliances of seed \(seed): \(counts.blocks) blocks, \(outcome.digest)")
            // It did something of everything.
            #expect(counts.blocks >= 250 && counts.transactions > 250)
            #expect(counts.attestations > counts.blocks)
            #expect(counts.starts > 4 && counts.entries > counts.blocks)
        }
    }

    @Test func `together do something of everything`() async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(folder: folder.url)
            let outcome = try simulation.run(seed: 33, blocks: 600)
            if let failure = outcome.failure { Issue.record("\(failure.finding)") }
            let counts = outcome.counts
            #expect(counts.crashes > 5 && counts.lies > 10 && counts.splits > 0)
            #expect(counts.memberChanges > 1 && counts.expired > 0)
        }
    }

    @Test func `of one seed is the same twice`() async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(folder: folder.url)
            let first = try simulation.run(seed: 77, blocks: 60)
            let second = try simulation.run(seed: 77, blocks: 60)
            #expect(first.digest == second.digest)
            #expect(first.counts == second.counts)
            let other = try simulation.run(seed: 78, blocks: 60)
            #expect(other.digest != first.digest)
        }
    }

    @Test func `reads its scripts back from JSON`() async throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20 {
            let script = try AllianceGenerator.script(&random, members: nil)
            #expect(try AllianceScript(json: Array(script.json().utf8)) == script)
        }
    }
}
