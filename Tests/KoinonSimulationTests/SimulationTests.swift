import Foundation
import TestSeeds
import Testing

@testable import KoinonProtocol
@testable import KoinonSimulation

@Suite("The sound ledger, simulated") struct SimulationTests {
    @Test(
        "shows no contradiction in any seed's life",
        arguments: Seeds.of([1, 2] as [UInt64], casesEach: 1_000))
    func holds(seed: UInt64) async throws {
        try await SimulationThread.run {
            let folder = try TemporaryFolder()
            let simulation = Simulation(folder: folder.url)
            let outcome = try simulation.run(seed: seed, blocks: 1_000)
            if let failure = outcome.failure { Issue.record("seed \(seed): \(failure.finding)") }
            print("simulated seed \(seed): \(outcome.counts.blocks) blocks, last \(outcome.digest)")
            // It did something of everything.
            let counts = outcome.counts
            #expect(counts.blocks >= 1_000)
            #expect(counts.done > 300 && counts.rejected > 200 && counts.ignored > 50)
            #expect(counts.timers > 20 && counts.crashes > 5 && counts.reopenings > 5)
            #expect(counts.voidEntries > 3 && counts.entriesWithoutEffect > 5)
            #expect(counts.codes.count > 60, "\(counts.codes.count) rejections")
            // Whatever the seed, a life may be without one of them; the first is not.
            for process in Setting.knownProcesses.keys where seed == 1 {
                let taken = counts.transitions.keys.filter { $0.hasPrefix(process + ".") }
                #expect(!taken.isEmpty, "\(process) of \(counts.transitions)")
            }
            // Few things are beyond the model.
            #expect(counts.unsure * 8 < counts.done)
        }
    }

    @Test func `of one seed is the same twice`() async throws {
        try await SimulationThread.run {
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
}

@Suite("The generators") struct GeneratorTests {
    /// A new action without a generator fails here.
    @Test func `make every action of every module`() {
        var names: Set<String> = []
        for module in Self.fields(of: "Action") {
            for action in Self.fields(of: module.type) {
                names.insert("\(module.name).\(action.name)")
            }
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

/// A model that shared code with the machine would agree with its mistakes.
@Suite("The reference model") struct ReferenceModelTests {
    @Test func `imports nothing of the machine`() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/KoinonSimulation/Reference")
        let files = try FileManager.default.contentsOfDirectory(
            at: sources, includingPropertiesForKeys: nil)
        #expect(files.count > 10)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let imports = text.split(separator: "\n").filter { $0.contains("import ") }
                .compactMap { $0.split(separator: " ").last.map(String.init) }
            let allowed: Set = ["Foundation", "KoinonLedger", "KoinonProtocol"]
            #expect(Set(imports).subtracting(allowed) == [], "\(file.lastPathComponent)")
        }
    }
}
