import ArgumentParser
import Foundation
import KoinonSimulation

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Attack the ledger with seeded random lives and check all that it does.",
        discussion: """
            Random actions of all modules, well formed and not, jumps to the edges of timers,
            crashes of the store with lost and torn writes. After every block the modules'
            invariants, a second replica and a reference model are compared. The first
            contradiction ends the run; what led to it is made short and written as a script.

              koinon simulate --seed 1 --blocks 2000
              koinon simulate --seed 1 --seeds 200 --blocks 500
              koinon simulate --alliance --seed 1 --blocks 2000
              koinon simulate --script failure.json

            With --alliance several nodes, their engine, disks, clocks and network live in one
            process under one seeded order of events: crashes, cuts, delays, lying members, an
            engine that tells nodes different orders. --members says how many found each
            alliance.

            A seed says all: the same seed and program give the same run. docs/simulate.md says
            what is checked, and what was found so far.

            Exit status: 0 no contradiction, 1 one was found, 2 it could not run.
            """)

    @Option(name: .long, help: "The first seed.")
    var seed: UInt64 = 1
    @Option(name: .long, help: "Blocks to close under each seed.")
    var blocks = 2_000
    @Option(name: .long, help: "How many seeds to run, one after the other.")
    var seeds = 1
    @Option(name: .long, help: "Perform this script instead.", completion: .file())
    var script: String?
    @Option(name: .long, help: "Where the script of a contradiction goes.")
    var output = "simulation-failure.json"
    @Flag(name: .long, help: "Attack alliances of several nodes.")
    var alliance = false
    @Option(name: .long, help: "With --alliance: founding members of each; else by chance.")
    var members: Int?
    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard blocks > 0, seeds > 0 else {
            throw ValidationError("--blocks and --seeds: give 1 or more")
        }
        if let members, !(1...20).contains(members) {
            throw ValidationError("--members: give 1 to 20")
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            let folder = FileManager.default.temporaryDirectory
                .appending(path: "koinon-simulation-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let simulation = Simulation(folder: folder)
            let alliances = AllianceSimulation(folder: folder, members: members)
            if let script {
                let bytes = try Array(Data(contentsOf: URL(filePath: script)))
                if AllianceScript.isOne(bytes) {
                    try AllianceAttack(command: self, simulation: alliances).perform(bytes)
                } else {
                    try perform(bytes, simulation)
                }
            } else if alliance {
                try AllianceAttack(command: self, simulation: alliances).run()
            } else {
                try attack(simulation)
            }
        }
    }

    private func perform(_ bytes: [UInt8], _ simulation: Simulation) throws {
        let script = try Script(json: bytes)
        guard let (finding, step) = try simulation.run(script) else {
            print("✓ \(Text.number(script.steps.count)) steps, no contradiction")
            return
        }
        print("✗ step \(step): \(finding)")
        throw ExitStatus.no
    }

    private func attack(_ simulation: Simulation) throws {
        let revision = SourceRevision.current
        if !json {
            print(
                "seeds \(seed) to \(seed + UInt64(seeds) - 1), \(blocks) blocks each, \(revision)")
        }
        let line = ProgressLine("simulating")
        let start = ContinuousClock.now
        var report = SimulationReport(
            seed: seed, seeds: seeds, blocksPerSeed: blocks, revision: revision)
        for number in 0..<UInt64(seeds) {
            let total = UInt64(seeds) * UInt64(blocks)
            let outcome = try simulation.run(seed: seed + number, blocks: blocks) { done in
                let all = number * UInt64(blocks) + UInt64(done)
                line.show(
                    done: all, of: total,
                    detail:
                        "seed \(seed + number), \(Text.number(all)) of \(Text.number(total)) blocks"
                )
                return true
            }
            report.add(outcome)
            guard let failure = outcome.failure else { continue }
            line.finish()
            report.seconds = start.duration(to: .now).inSeconds
            try tell(failure, of: outcome.seed, simulation, report)
            throw ExitStatus.no
        }
        line.finish()
        report.seconds = start.duration(to: .now).inSeconds
        print(json ? try Text.json(report) : report.text)
    }

    private func tell(
        _ failure: Simulation.Failure, of seed: UInt64, _ simulation: Simulation,
        _ report: SimulationReport
    ) throws {
        Terminal.writeError("found a contradiction; making the script short …\n")
        let (short, finding) = try Shrinking.shorten(
            failure.script, showing: failure.finding, by: simulation)
        let text = try short.json()
        try Data((text + "\n").utf8).write(to: URL(filePath: output))
        if json {
            var report = report
            report.finding = "\(finding)"
            report.script = output
            return print(try Text.json(report))
        }
        print(
            """
            ✗ seed \(seed), block \(failure.blocks): \(failure.finding)
              \(report.revision)
            \(text)
              \(short.steps.count) of \(failure.script.steps.count) steps show: \(finding)
              repeat with: koinon simulate --script \(output)
            """)
    }
}
