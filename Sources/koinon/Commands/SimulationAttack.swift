import Foundation
import KoinonSimulation

/// What came of one script, for programs.
private struct PerformedScript: Encodable {
    var steps: Int
    /// Left out when there is none.
    var finding: String?
}

/// `simulate`: seed after seed, until one shows a contradiction; or one script.
struct SimulationAttack<Simulation: SeededSimulation> where Simulation.Counts: ReportedCounts {
    let command: SimulateCommand
    let simulation: Simulation

    func perform(_ bytes: [UInt8]) throws {
        let script = try Simulation.Script(json: bytes)
        let contradiction = try simulation.contradiction(in: script)
        if command.json {
            print(try Text.json(PerformedScript(steps: script.stepCount, finding: contradiction)))
        } else if let contradiction {
            print("✗ \(contradiction)")
        } else {
            print("✓ \(Text.number(script.stepCount)) steps, no contradiction")
        }
        if contradiction != nil { throw ExitStatus.no }
    }

    func run() throws {
        let beginning = SimulationReport<Simulation.Counts>(
            seed: command.seed, seeds: command.seeds, blocksPerSeed: command.blocks,
            revision: SourceRevision.current)
        if !command.json { print(beginning.headline) }
        let report = try attack(beginning)
        print(command.json ? try Text.json(report) : report.text)
        if report.contradiction != nil { throw ExitStatus.no }
    }

    /// Runs the seeds of a report until one shows a contradiction, whose script it writes.
    func attack(
        _ beginning: SimulationReport<Simulation.Counts>
    ) throws -> SimulationReport<Simulation.Counts> {
        var report = beginning
        let line = ProgressLine("simulating")
        let start = ContinuousClock.now
        let blocks = UInt64(report.blocksPerSeed)
        let total = UInt64(report.seeds) * blocks
        for number in 0..<UInt64(report.seeds) {
            let seed = report.seed + number
            // Whatever ends the process under this seed, its last line names it.
            line.show(
                done: number * blocks, of: total, detail: "seed \(seed), \(report.revision)",
                atOnce: true)
            let outcome = try simulation.run(seed: seed, blocks: report.blocksPerSeed) { done in
                let all = number * blocks + UInt64(done)
                line.show(
                    done: min(all, total), of: total,
                    detail: "seed \(seed), \(Text.number(all)) of \(Text.number(total)) blocks")
                return true
            }
            report.counts.add(outcome.counts)
            report.digest = outcome.digest
            report.seconds = start.duration(to: .now).inSeconds
            guard let failure = outcome.failure else { continue }
            line.finish()
            report.contradiction = try shorten(failure, of: seed)
            return report
        }
        line.finish()
        return report
    }

    private func shorten(
        _ failure: SimulationFailure<Simulation.Script>, of seed: UInt64
    ) throws -> ReportedContradiction {
        Terminal.writeError(
            "found a contradiction under seed \(seed); making the script short …\n"
                + "  \(failure.finding)\n")
        let (short, finding) = try simulation.shorten(failure)
        let script = try short.json()
        try Data((script + "\n").utf8).write(to: URL(filePath: command.output))
        return ReportedContradiction(
            seed: seed, blocks: failure.blocks, finding: "\(failure.finding)",
            steps: failure.script.stepCount, script: script, path: command.output,
            shortFinding: "\(finding)", shortSteps: short.stepCount)
    }
}
