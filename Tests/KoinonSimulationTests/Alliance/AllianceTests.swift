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

    @Test func `shows no contradiction in lives that are led to turns`() async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(folder: folder.url)
            var random = SplitMix64(seed: 6)
            for number in 1...20 {
                let script = try AllianceGenerator.led(&random, members: nil)
                if let found = try simulation.run(script) {
                    Issue.record("life \(number): \(found)")
                }
            }
        }
    }

    @Test func `meets everything that may happen within 8,000 blocks`() async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(folder: folder.url)
            var counts = AllianceCounts()
            func isComplete() -> Bool {
                counts.crashes > 5 && counts.lies > 5 && counts.clockLies > 1
                    && counts.splits > 0 && counts.bases > 0
                    && counts.memberChanges > 1 && counts.expired > 0 && counts.lostDisks > 0
                    && counts.lostGuards > 0 && counts.renewals > 0 && counts.epochs > 1
                    && counts.lags > 0 && counts.shownBranches > 0
            }
            var seed: UInt64 = 100
            while !isComplete(), counts.blocks < 8_000 {
                let outcome = try simulation.run(seed: seed, blocks: 100)
                if let failure = outcome.failure { Issue.record("\(seed): \(failure.finding)") }
                counts.add(outcome.counts)
                seed += 1
            }
            print("seeds 100 to \(seed - 1) of alliances: \(counts)")
            #expect(isComplete())
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

    @Test func `is led to a turn every second time, and else lives as without that`() throws {
        var lives = AllianceLives(seed: 5, members: nil)
        var random = SplitMix64(seed: 5)
        for _ in 0..<10 {
            #expect(try lives.next() == AllianceGenerator.script(&random, members: nil))
            let led = try lives.next()
            #expect(led.steps.map(\.atMs) == led.steps.map(\.atMs).sorted())
            #expect(led.steps.allSatisfy { $0.atMs < led.setting.healsAtMs })
        }
    }

    @Test("is led to turns with any number of members", arguments: 1...12)
    func isLed(members: Int) throws {
        var lives = AllianceLives(seed: 9, members: members)
        for _ in 0..<40 {
            let setting = try lives.next().setting
            #expect(setting.members.count == members)
            #expect(setting.liars.count <= AllianceSetting.faults(among: members))
        }
    }

    @Test func `reads its scripts back from JSON`() async throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20 {
            for script in [
                try AllianceGenerator.script(&random, members: nil),
                try AllianceGenerator.led(&random, members: nil),
                AlliancePlantScripts.hiddenFromOne(),
            ] {
                #expect(try AllianceScript(json: Array(script.json().utf8)) == script)
            }
        }
    }
}
