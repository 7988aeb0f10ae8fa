import Foundation
import KoinonMachine
import KoinonSimulation

/// What `simulate` did, for people and programs.
struct SimulationReport: Encodable {
    var seed: UInt64
    var seeds: Int
    var blocksPerSeed: Int
    var revision: String
    var counts = RunCounts()
    var digest = ""
    var seconds = 0.0
    var finding: String?
    var script: String?

    private enum CodingKeys: String, CodingKey {
        case seed, seeds, revision, digest, seconds, finding, script
        case blocksPerSeed = "blocks_per_seed"
        case blocks, transactions, rejected, ignored, timers, commits, crashes, reopenings
        case notForetold = "not_foretold"
        case rejectionCodes = "rejection_codes"
        case actions, transitions
    }

    init(seed: UInt64, seeds: Int, blocksPerSeed: Int, revision: String) {
        self.seed = seed
        self.seeds = seeds
        self.blocksPerSeed = blocksPerSeed
        self.revision = revision
    }

    mutating func add(_ outcome: Simulation.Outcome) {
        counts.add(outcome.counts)
        digest = outcome.digest
    }

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
        try container.encode(counts.blocks, forKey: .blocks)
        try container.encode(counts.done, forKey: .transactions)
        try container.encode(counts.rejected, forKey: .rejected)
        try container.encode(counts.ignored, forKey: .ignored)
        try container.encode(counts.timers, forKey: .timers)
        try container.encode(counts.commits, forKey: .commits)
        try container.encode(counts.crashes, forKey: .crashes)
        try container.encode(counts.reopenings, forKey: .reopenings)
        try container.encode(counts.unsure, forKey: .notForetold)
        let names = counts.codes.map { code, count in
            (Modules.rejectionMeanings[code]?.name ?? "\(code)", count)
        }
        try container.encode(Dictionary(names) { $0 + $1 }, forKey: .rejectionCodes)
        try container.encode(counts.actions, forKey: .actions)
        try container.encode(counts.transitions, forKey: .transitions)
    }

    var text: String {
        let codes = Modules.rejectionMeanings.count
        let met = counts.codes.keys.count { Modules.rejectionMeanings[$0] != nil }
        let rate = seconds > 0 ? Int(Double(counts.blocks) / seconds) : 0
        return """
            ✓ no contradiction
              blocks        \(Text.number(counts.blocks)) in \(Text.seconds(seconds)), \(rate) a second
              entries       \(Text.number(counts.entries)); \(Text.number(counts.entriesWithoutEffect)) without effect, \(Text.number(counts.voidEntries)) void
              transactions  \(Text.number(counts.done)) done, \(Text.number(counts.rejected)) rejected with \(met) of \(codes) codes, \(Text.number(counts.ignored)) ignored
              timers        \(Text.number(counts.timers))
              store         \(Text.number(counts.commits)) commits, \(Text.number(counts.crashes)) crashes, \(Text.number(counts.reopenings)) orderly reopenings
              not foretold  \(Text.number(counts.unsure)) by the reference model
              last block    \(digest)
            """
    }
}

/// The state of the sources that a run belongs to.
enum SourceRevision {
    /// The commit of the checkout that the command stands in, "an unknown commit" elsewhere.
    static var current: String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "rev-parse", "--short=12", "HEAD"]
        process.currentDirectoryURL = Bundle.main.bundleURL
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "an unknown commit" }
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let commit = text.filter { !$0.isWhitespace }
        return process.terminationStatus == 0 && !commit.isEmpty
            ? "commit \(commit)" : "an unknown commit"
    }
}
