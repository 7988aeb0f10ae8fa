import Foundation
import Testing

@testable import KoinonSimulation

/// The simulator's own test: defects that it has to find.
@Suite("A planted defect") struct PlantTests {
    /// More than any of them needs by far; CONTRIBUTING.md has the bound.
    private static let blocks = 20_000

    @Test("is found within 20,000 blocks", arguments: Plant.all)
    func isFound(_ plant: Plant) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = Simulation(subject: plant.subject, folder: folder.url)
            let outcome = try simulation.run(seed: 1, blocks: Self.blocks)
            let failure = try #require(outcome.failure, "not found: \(plant.name)")
            print(
                "found after \(failure.blocks) blocks of seed 1: \(plant.name): \(failure.finding)")
            // The script alone shows it again, at the same block.
            let again = try #require(try simulation.run(failure.script))
            #expect(again.finding == failure.finding)
            // And it is the defect that is shown, not the steps.
            let sound = Simulation(folder: folder.url)
            #expect(try sound.run(failure.script) == nil)
        }
    }

    @Test(
        "is shown by a short script, which reads back from JSON",
        arguments: [Plant.all[0], Plant.all[3], Plant.all[6]])
    func shrinks(_ plant: Plant) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = Simulation(subject: plant.subject, folder: folder.url)
            let outcome = try simulation.run(seed: 2, blocks: Self.blocks)
            let failure = try #require(outcome.failure, "not found: \(plant.name)")
            let (short, finding) = try Shrinking.shorten(
                failure.script, showing: failure.finding, by: simulation, budget: 12_000)
            print("\(failure.script.steps.count) steps became \(short.steps.count): \(plant.name)")
            #expect(short.steps.count <= 24, "\(short.steps.count) steps")
            let read = try Script(json: Array(short.json().utf8))
            #expect(read == short)
            #expect(try simulation.run(read)?.finding == finding)
        }
    }
}

/// A folder of one test, removed with it.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "koinon-simulation-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
