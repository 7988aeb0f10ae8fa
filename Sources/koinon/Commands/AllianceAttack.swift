import Foundation
import KoinonSimulation

/// `simulate --alliance`: seed after seed, until one shows a contradiction.
struct AllianceAttack {
    let command: SimulateCommand
    let simulation: AllianceSimulation

    func perform(_ bytes: [UInt8]) throws {
        let script = try AllianceScript(json: bytes)
        guard let finding = try simulation.run(script) else {
            print("✓ \(Text.number(script.steps.count)) steps, no contradiction")
            return
        }
        print("✗ \(finding)")
        throw ExitStatus.no
    }

    func run() throws {
        let revision = SourceRevision.current
        let (first, seeds, blocks) = (command.seed, UInt64(command.seeds), command.blocks)
        if !command.json {
            print("seeds \(first) to \(first + seeds - 1), \(blocks) blocks each, \(revision)")
        }
        let line = ProgressLine("simulating")
        let start = ContinuousClock.now
        var report = AllianceReport(
            seed: first, seeds: command.seeds, blocksPerSeed: blocks, revision: revision)
        let total = seeds * UInt64(blocks)
        for number in 0..<seeds {
            let outcome = try simulation.run(seed: first + number, blocks: blocks) { done in
                let all = number * UInt64(blocks) + UInt64(done)
                line.show(
                    done: min(all, total), of: total,
                    detail: "seed \(first + number), \(Text.number(all)) blocks")
                return true
            }
            report.counts.add(outcome.counts)
            report.digest = outcome.digest
            guard let failure = outcome.failure else { continue }
            line.finish()
            report.seconds = start.duration(to: .now).inSeconds
            try tell(failure, of: outcome.seed, report)
            throw ExitStatus.no
        }
        line.finish()
        report.seconds = start.duration(to: .now).inSeconds
        print(command.json ? try Text.json(report) : report.text)
    }

    private func tell(
        _ failure: AllianceSimulation.Failure, of seed: UInt64, _ report: AllianceReport
    ) throws {
        Terminal.writeError("found a contradiction; making the script short …\n")
        let (short, finding) = try AllianceShrinking.shorten(
            failure.script, showing: failure.finding, by: simulation)
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
              \(short.steps.count) of \(failure.script.steps.count) steps show: \(finding)
              repeat with: koinon simulate --script \(command.output)
            """)
    }
}

/// What `simulate --alliance` did, for people and programs.
struct AllianceReport: Encodable {
    var seed: UInt64
    var seeds: Int
    var blocksPerSeed: Int
    var revision: String
    var counts = AllianceCounts()
    var digest = ""
    var seconds = 0.0
    var finding: String?
    var script: String?

    private enum CodingKeys: String, CodingKey {
        case seed, seeds, revision, digest, seconds, finding, script
        case blocksPerSeed = "blocks_per_seed"
        case alliances, blocks, blocksPerSecond = "blocks_per_s"
        case transactions, expired, entries, attestations, starts, crashes, lies, splits
        case lostDisks = "lost_disks"
        case lostGuards = "lost_guards"
        case memberChanges = "member_changes"
        case ceremonies, bases, epochs, lags, renewals
    }

    init(seed: UInt64, seeds: Int, blocksPerSeed: Int, revision: String) {
        self.seed = seed
        self.seeds = seeds
        self.blocksPerSeed = blocksPerSeed
        self.revision = revision
    }

    var blocksPerSecond: Int { seconds > 0 ? Int(Double(counts.blocks) / seconds) : 0 }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(seed, forKey: .seed)
        try container.encode(seeds, forKey: .seeds)
        try container.encode(blocksPerSeed, forKey: .blocksPerSeed)
        try container.encode(revision, forKey: .revision)
        try container.encode(digest, forKey: .digest)
        try container.encode(seconds, forKey: .seconds)
        try container.encodeIfPresent(finding, forKey: .finding)
        try container.encodeIfPresent(script, forKey: .script)
        try container.encode(counts.alliances, forKey: .alliances)
        try container.encode(counts.blocks, forKey: .blocks)
        try container.encode(blocksPerSecond, forKey: .blocksPerSecond)
        try container.encode(counts.transactions, forKey: .transactions)
        try container.encode(counts.expired, forKey: .expired)
        try container.encode(counts.entries, forKey: .entries)
        try container.encode(counts.attestations, forKey: .attestations)
        try container.encode(counts.starts, forKey: .starts)
        try container.encode(counts.crashes, forKey: .crashes)
        try container.encode(counts.lies, forKey: .lies)
        try container.encode(counts.lostDisks, forKey: .lostDisks)
        try container.encode(counts.lostGuards, forKey: .lostGuards)
        try container.encode(counts.splits, forKey: .splits)
        try container.encode(counts.ceremonies, forKey: .ceremonies)
        try container.encode(counts.bases, forKey: .bases)
        try container.encode(counts.epochs, forKey: .epochs)
        try container.encode(counts.lags, forKey: .lags)
        try container.encode(counts.renewals, forKey: .renewals)
        try container.encode(counts.memberChanges, forKey: .memberChanges)
    }

    var text: String {
        """
        ✓ no contradiction
          alliances     \(Text.number(counts.alliances)), \(Text.number(counts.splits)) with an engine that lied: \(Text.number(counts.ceremonies)) ceremonies, \(Text.number(counts.bases)) bases, \(Text.number(counts.epochs)) epochs begun
          blocks        \(Text.number(counts.blocks)) in \(Text.seconds(seconds)), \(blocksPerSecond) a second; \(Text.number(counts.memberChanges)) changed the members
          transactions  \(Text.number(counts.transactions)) executed, \(Text.number(counts.expired)) expired
          entries       \(Text.number(counts.entries)), \(Text.number(counts.attestations)) attestations
          faults        \(Text.number(counts.crashes)) crashes, \(Text.number(counts.lostDisks)) disks and \(Text.number(counts.lostGuards)) guards lost, \(Text.number(counts.renewals)) node keys renewed, \(Text.number(counts.lies)) lies, \(Text.number(counts.lags)) nodes behind what is trimmed
          last final    \(digest)
        """
    }
}
