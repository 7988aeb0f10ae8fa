import Foundation
import Testing

@testable import KoinonProtocol
@testable import KoinonSimulation

@Suite("The sound ledger, simulated") struct SimulationTests {
    @Test("shows no contradiction, and the same seed gives the same life", arguments: [1, 2] as [UInt64])
    func holds(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let simulation = Simulation(folder: folder.url)
        let outcome = try simulation.run(seed: seed, blocks: 1_000)
        if let failure = outcome.failure { Issue.record("seed \(seed): \(failure.finding)") }
        print("simulated seed \(seed): \(outcome.counts.blocks) blocks, last \(outcome.digest)")
        // It did something of everything.
        let counts = outcome.counts
        #expect(counts.blocks == 1_000)
        #expect(counts.done > 400 && counts.rejected > 300 && counts.ignored > 50)
        #expect(counts.timers > 20 && counts.crashes > 5 && counts.reopenings > 5)
        #expect(counts.voidEntries > 3 && counts.entriesWithoutEffect > 5)
        #expect(counts.codes.count > 60, "\(counts.codes.count) rejections")
        // Few things are beyond the model.
        #expect(counts.unsure * 20 < counts.done)
    }

    @Test func `of one seed is the same twice`() throws {
        let folder = try TemporaryFolder()
        let simulation = Simulation(folder: folder.url)
        let first = try simulation.run(seed: 77, blocks: 300)
        let second = try simulation.run(seed: 77, blocks: 300)
        #expect(first.digest == second.digest)
        #expect(first.counts == second.counts)
        let other = try simulation.run(seed: 78, blocks: 300)
        #expect(other.digest != first.digest)
    }
}

@Suite("The generators") struct GeneratorTests {
    /// A new action without a generator fails here.
    @Test func `make every action of every module`() {
        var names: Set<String> = []
        for module in Self.fields(of: "Action") {
            for action in Self.fields(of: module.type) { names.insert("\(module.name).\(action.name)") }
        }
        #expect(names.count >= 24)
        #expect(Set(ActionGenerator.all.map(\.name)) == names)
        #expect(ActionGenerator.all.count == names.count)
    }

    private static func fields(of message: String) -> [(name: String, type: String)] {
        let schema = JSONFormSchemas.shared.messages[message]
        return (schema?.fields ?? []).map { field in
            if case .message(let type) = field.kind { return (field.name, type) }
            return (field.name, "")
        }
    }
}
