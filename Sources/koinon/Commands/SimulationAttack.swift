import Foundation
import KoinonSimulation

/// `simulate`: seed after seed, until one shows a contradiction; or one script.
struct SimulationAttack<Simulation: SeededSimulation> where Simulation.Counts: ReportedCounts {
    let command: SimulateCommand
    let simulation: Simulation

    func perform(_ bytes: [UInt8]) throws {
        let script = try Simulation.Script(json: bytes)
        guard let contradiction = try simulation.contradiction(in: script) else {
            print("✓ \(Text.number(script.stepCount)) steps, no contradiction")
            return
        }
        print("✗ \(contradiction)")
        throw ExitStatus.no
    }

    func run() throws {
        let (first, seeds, blocks) = (command.seed, UInt64(command.seeds), command.blocks)
        var report = SimulationReport<Simulation.Counts>(
            seed: first, seeds: command.seeds, blocksPerSeed: blocks,
            revision: SourceRevision.current)
        if !command.json {
            print(
                "seeds \(first) to \(first + seeds - 1), \(blocks) blocks each, \(report.revision)")
        }
        let line = ProgressLine("simulating")
        let start = ContinuousClock.now
        let total = seeds * UInt64(blocks)
        for number in 0..<seeds {
            let outcome = try simulation.run(seed: first + number, blocks: blocks) { done in
                let all = number * UInt64(blocks) + UInt64(done)
                line.show(
                    done: min(all, total), of: total,
                    detail:
                        "seed \(first + number), \(Text.number(all)) of \(Text.number(total)) blocks"
                )
                return true
            }
            report.counts.add(outcome.counts)
            report.digest = outcome.digest
            report.seconds = start.duration(to: .now).inSeconds
            guard let failure = outcome.failure else { continue }
            line.finish()
            try tell(failure, of: outcome.seed, report)
            throw ExitStatus.no
        }
        line.finish()
        print(command.json ? try Text.json(report) : report.text)
    }

    private func tell(
        _ failure: SimulationFailure<Simulation.Script>, of seed: UInt64,
        _ report: SimulationReport<Simulation.Counts>
    ) throws {
        Terminal.writeError(
            "found a contradiction; making the script short …\n  \(failure.finding)\n")
        let (short, finding) = try simulation.shorten(failure)
        let text = try short.json()
        try Data((text + "\n").utf8).write(to: URL(filePath: command.output))
        if command.json {
            var report = report
            report.finding = "\(finding)"
            report.script = command.output
            return print(try Text.json(report))
        }
        print(
            """
            ✗ seed \(seed), block \(failure.blocks): \(failure.finding)
              \(report.revision)
            \(text)
              \(short.stepCount) of \(failure.script.stepCount) steps show: \(finding)
              repeat with: koinon simulate --script \(command.output)
            """)
    }
}
