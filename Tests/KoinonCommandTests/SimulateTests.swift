import ArgumentParser
import Foundation
import KoinonMachine
import KoinonSimulation
import Testing

@testable import koinon

@Suite("koinon simulate")
struct SimulateTests {
    /// The sound ledger up to the seed before `defectiveFrom`, one that loses every entry from
    /// there on.
    private struct LateDefect: SeededSimulation {
        var defectiveFrom: UInt64
        var sound: Simulation

        var defective: Simulation {
            var simulation = sound
            simulation.subject.apply = { entry, replica in
                _ = replica.apply(entry)
                return .noEffect("lost")
            }
            return simulation
        }

        func run(
            seed: UInt64, blocks: Int, progress: (Int) -> Bool
        ) throws -> Simulation.Outcome {
            try (seed < defectiveFrom ? sound : defective)
                .run(seed: seed, blocks: blocks, progress: progress)
        }

        func contradiction(in script: Script) throws -> String? {
            try defective.contradiction(in: script)
        }

        func shorten(
            _ failure: Simulation.Failure
        ) throws -> (script: Script, finding: Finding) {
            try defective.shorten(failure)
        }
    }

    @Test func `tells the seed that failed, the commit and a script that shows it again`()
        async throws
    {
        try await OwnThread.run {
            let folder = try TemporaryFolder()
            let path = folder.url.appending(path: "found.json").path
            let simulation = LateDefect(
                defectiveFrom: 8, sound: Simulation(folder: folder.url.appending(path: "world")))
            let attack = SimulationAttack(
                command: try SimulateCommand.parse(["--output", path]), simulation: simulation)
            let report = try attack.attack(
                SimulationReport(
                    seed: 7, seeds: 4, blocksPerSeed: 5, revision: "commit 0123456789ab"))

            let found = try #require(report.contradiction)
            #expect(found.seed == 8)
            let script = try String(contentsOfFile: path, encoding: .utf8)
            for part in [
                "✗ seed 8, block ", "commit 0123456789ab", script,
                "\(found.shortSteps) of \(found.steps) steps show: ", "--script \(path)",
            ] {
                #expect(report.text.contains(part), "\(report.text)")
            }
            let json = try JSONSerialization.jsonObject(with: Data(Text.json(report).utf8))
            let fields = try #require(json as? [String: Any])
            #expect(fields["seed"] as? Int == 7)
            #expect(fields["failed_seed"] as? Int == 8)
            #expect(fields["revision"] as? String == "commit 0123456789ab")
            #expect(fields["script"] as? String == path)
            #expect(fields["finding"] as? String == found.shortFinding)

            let read = try Script(json: Array(script.utf8))
            #expect(read.stepCount == found.shortSteps && found.shortSteps <= found.steps)
            #expect(try simulation.contradiction(in: read) != nil)
            #expect(try simulation.sound.contradiction(in: read) == nil)
        }
    }

    @Test func `performs a script, and says for programs what it showed`() async throws {
        try await OwnThread.run {
            let folder = try TemporaryFolder()
            var command = try SimulateCommand.parse(["--json"])
            let simulation = LateDefect(
                defectiveFrom: 1, sound: Simulation(folder: folder.url.appending(path: "world")))
            let script = try #require(
                try simulation.run(seed: 1, blocks: 5, progress: { _ in true }).failure?.script)
            let json = Array(try script.json().utf8)
            #expect(throws: ExitStatus.no) {
                try SimulationAttack(command: command, simulation: simulation).perform(json)
            }
            command.json = false
            try SimulationAttack(command: command, simulation: simulation.sound).perform(json)
        }
        let folder = try TemporaryFolder()
        let script = """
            {"format": "koinon/simulation/v1", "setting": {"members": ["alfa"], "parameters": {},
              "time_ms": 1772409600000, "processes": ["lease"], "checkpoint_pages": 8},
              "steps": [{"commit": {}}, {"reopen": {}}]}
            """
        try Data(script.utf8).write(to: folder.url.appending(path: "script.json"))
        let run = try await CommandRun.shell(
            "koinon simulate --script script.json --json", in: folder.url)
        #expect(run.status == 0, "\(run.errors)")
        let fields = try #require(
            try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(fields["steps"] as? Int == 2 && fields["finding"] == nil)
        let beyond = try await CommandRun.shell(
            """
            sed -i 's/{"commit": {}}/{"entry": {"author": "alfa", "clock_ms": 1772409601000, \\
              "sequence_offset": 9223372036854775807}}/' script.json
            koinon simulate --script script.json
            """, in: folder.url)
        #expect(beyond.status == 2 && beyond.errors.contains("steps[0].entry.sequence_offset"))
    }

    @Test func `leaves nothing behind when it is interrupted`() async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.shell(
            """
            TMPDIR=$PWD koinon simulate --blocks 1000000 2> log > out &
            until [ -d koinon-simulation* ]; do sleep 0.1; done
            kill -INT $!
            wait $! || echo "status $?"
            rm log out; ls -A
            """, in: folder.url)
        #expect(run.output == "status 130\n", "\(run.errors)")
    }

    @Test func `names each seed as it begins, and what it did, when nothing is found`()
        async throws
    {
        let folder = try TemporaryFolder()
        let line = "koinon simulate --seed 3 --seeds 2 --blocks 5"
        let run = try await CommandRun.shell(line, in: folder.url)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.hasPrefix("seeds 3 to 4, 5 blocks each, "))
        #expect(run.output.contains("✓ no contradiction"))
        #expect(run.errors.contains("seed 3, ") && run.errors.contains("seed 4, "))

        let programs = try await CommandRun.shell(line + " --json", in: folder.url)
        let json = try JSONSerialization.jsonObject(with: Data(programs.output.utf8))
        let fields = try #require(json as? [String: Any])
        #expect(fields["seed"] as? Int == 3 && fields["seeds"] as? Int == 2)
        #expect(fields["failed_seed"] == nil && fields["script"] == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}
