import Foundation
import Testing

@testable import KoinonSimulation

/// The simulator's own test: wrong rules that it has to find.
@Suite("A wrong rule of an alliance") struct AlliancePlantTests {
    /// More than any of them needs by far.
    private static let blocks = 12_000

    @Test("is found within 12,000 blocks", arguments: AlliancePlant.all)
    func isFound(_ plant: AlliancePlant) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(subject: plant.subject, folder: folder.url)
            let outcome = try simulation.run(seed: 1, blocks: Self.blocks)
            let failure = try #require(outcome.failure, "not found: \(plant.name)")
            let place = "after \(failure.blocks) blocks of seed 1"
            print("\(place): \(plant.name): \(failure.finding)")
            #expect(plant.kinds.contains(failure.finding.kind))
            // The script alone shows it again, at the same moment.
            #expect(try simulation.run(failure.script) == failure.finding)
            // And it is the rule that is shown, not the steps.
            let sound = AllianceSimulation(folder: folder.url)
            #expect(try sound.run(failure.script) == nil)
        }
    }

    @Test(
        "is found in a life written for it",
        arguments: (AlliancePlant.all + AlliancePlant.ofLives).filter { !$0.scripts.isEmpty })
    func isFoundInScript(_ plant: AlliancePlant) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(subject: plant.subject, folder: folder.url)
            let findings = try plant.scripts.compactMap { try simulation.run($0) }
            let finding = try #require(findings.first, "not found: \(plant.name)")
            print("in a life written for it: \(plant.name): \(finding)")
            #expect(findings.allSatisfy { plant.kinds.contains($0.kind) })
            let sound = AllianceSimulation(folder: folder.url)
            #expect(try plant.scripts.allSatisfy { try sound.run($0) == nil })
        }
    }

    @Test(
        "is shown by a short script, which reads back from JSON",
        arguments: [AlliancePlant.all[0]])
    func shrinks(_ plant: AlliancePlant) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = AllianceSimulation(subject: plant.subject, folder: folder.url)
            let outcome = try simulation.run(seed: 2, blocks: Self.blocks)
            let failure = try #require(outcome.failure, "not found: \(plant.name)")
            let (short, finding) = try AllianceShrinking.shorten(
                failure.script, showing: failure.finding, by: simulation, budget: 60)
            print("\(failure.script.steps.count) steps became \(short.steps.count): \(plant.name)")
            #expect(short.steps.count <= 12, "\(short.steps.count) steps")
            let read = try AllianceScript(json: Array(short.json().utf8))
            #expect(read == short)
            #expect(try simulation.run(read) == finding)
        }
    }
}
