import ArgumentParser
import Foundation
import KoinonBench
import KoinonSimulation

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Attack the ledger with seeded random lives and check all that it does.",
        discussion: """
            Random actions of all modules, well formed and not, jumps to the edges of
            timers, crashes of the store with lost and torn writes. After every block the
            modules' invariants, a second replica and a reference model are compared. The
            first contradiction ends the run; what led to it is made short and written as a
            script.

              koinon simulate --seed 1 --blocks 2000
              koinon simulate --seed 1 --seeds 200 --blocks 500
              koinon simulate --alliance --seed 1 --blocks 2000
              koinon simulate --script failure.json

            With --alliance several nodes, their engine, disks, clocks and network live in
            one process under one seeded order of events: crashes, cuts, delays, lying
            members, an engine that tells nodes different orders. --members says how many
            found each alliance.

            A seed says all: the same seed and program give the same run. docs/simulate.md
            says what is checked, and what was found so far.

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
        guard !seed.addingReportingOverflow(UInt64(seeds - 1)).overflow else {
            throw ValidationError(
                "--seed and --seeds: give less, the last seed is \(UInt64.max) at most")
        }
        guard !UInt64(seeds).multipliedReportingOverflow(by: UInt64(blocks)).overflow else {
            throw ValidationError("--seeds and --blocks: give fewer")
        }
        if let members {
            guard alliance else { throw ValidationError("--members: goes with --alliance") }
            guard (1...20).contains(members) else {
                throw ValidationError("--members: give 1 to 20")
            }
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            // Removes the folder when somebody has had enough.
            let interruption = WorkInterruption()
            let folder = try WorkFolder(of: "simulation")
            defer {
                interruption.end()
                withExtendedLifetime(folder) {}
            }
            do { try attack(in: folder.url) } catch {
                await interruption.settle()
                throw error
            }
        }
    }

    private func attack(in folder: URL) throws {
        let ledgers = SimulationAttack(command: self, simulation: Simulation(folder: folder))
        let alliances = SimulationAttack(
            command: self, simulation: AllianceSimulation(folder: folder, members: members))
        if let script {
            let bytes = try Array(Data(contentsOf: URL(filePath: script)))
            if AllianceScript.isOne(bytes) {
                try alliances.perform(bytes)
            } else {
                try ledgers.perform(bytes)
            }
            return
        }
        try checkOutput()
        if alliance {
            try alliances.run()
        } else {
            try ledgers.run()
        }
    }

    /// Before hours of simulating, since what is found could not be kept otherwise.
    private func checkOutput() throws {
        let folder = URL(filePath: output).deletingLastPathComponent()
        guard FileManager.default.isWritableFile(atPath: folder.path) else {
            throw ValidationError("--output: \(folder.relativePath) is no folder to write in")
        }
    }
}
