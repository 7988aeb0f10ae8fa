import Foundation
import KoinonMachine
import KoinonSimulation

/// What `simulate` did, for people and programs.
struct SimulationReport<Counts: ReportedCounts>: Encodable {
    var seed: UInt64
    var seeds: Int
    var blocksPerSeed: Int
    var revision: String
    var counts = Counts()
    var digest = ""
    var seconds = 0.0
    var contradiction: ReportedContradiction?

    private var blocksPerSecond: Int {
        seconds > 0 ? Int(Double(counts.blocks) / seconds) : 0
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FieldName.self)
        func encode(_ value: some Encodable, _ name: String) throws {
            try container.encode(value, forKey: FieldName(name))
        }
        try encode(seed, "seed")
        try encode(seeds, "seeds")
        try encode(blocksPerSeed, "blocks_per_seed")
        try encode(revision, "revision")
        try encode(digest, "digest")
        try encode(seconds, "seconds")
        try encode(blocksPerSecond, "blocks_per_s")
        if let contradiction {
            try encode(contradiction.seed, "failed_seed")
            try encode(contradiction.shortFinding, "finding")
            try encode(contradiction.path, "script")
        }
        for (name, value) in counts.fields { try encode(value, name) }
    }

    /// What is going to be done.
    var headline: String {
        "seeds \(seed) to \(seed + UInt64(seeds - 1)), \(blocksPerSeed) blocks each, \(revision)"
    }

    var text: String {
        if let contradiction { return contradiction.text(revision) }
        let blocks =
            "\(Text.number(counts.blocks)) in \(Text.seconds(seconds)), \(blocksPerSecond) a second"
        let rows = [("blocks", blocks)] + counts.rows + [("last block", digest)]
        return "✓ no contradiction\n"
            + rows.map { "  " + $0.padding(toLength: 14, withPad: " ", startingAt: 0) + $1 }
            .joined(separator: "\n")
    }
}

/// A contradiction, and all that repeats it.
struct ReportedContradiction {
    var seed: UInt64
    /// Closed under the seed until then.
    var blocks: Int
    var finding: String
    /// All that led to it.
    var steps: Int
    /// In fewer steps, as JSON, and the file that holds it.
    var script: String
    var path: String
    var shortFinding: String
    var shortSteps: Int

    func text(_ revision: String) -> String {
        """
        ✗ seed \(seed), block \(blocks): \(finding)
          \(revision)
        \(script)
          \(shortSteps) of \(steps) steps show: \(shortFinding)
          repeat with: koinon simulate --script \(path)
        """
    }
}

private struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
}

/// Counts as a report tells them.
protocol ReportedCounts: SimulationCounts {
    var fields: [(name: String, value: any Encodable)] { get }
    /// Beside the blocks.
    var rows: [(title: String, text: String)] { get }
}

extension RunCounts: ReportedCounts {
    var fields: [(name: String, value: any Encodable)] {
        let names = codes.map { code, count in
            (Modules.rejectionMeanings[code]?.name ?? "\(code)", count)
        }
        return [
            ("blocks", blocks), ("transactions", done), ("rejected", rejected),
            ("ignored", ignored), ("timers", timers), ("commits", commits),
            ("crashes", crashes), ("reopenings", reopenings), ("not_foretold", unsure),
            ("rejection_codes", Dictionary(names) { $0 + $1 }), ("actions", actions),
            ("transitions", transitions),
        ]
    }

    var rows: [(title: String, text: String)] {
        let codes = Modules.rejectionMeanings.count
        let met = self.codes.keys.count { Modules.rejectionMeanings[$0] != nil }
        return [
            (
                "entries",
                "\(Text.number(entries)); \(Text.number(entriesWithoutEffect)) without effect, \(Text.number(voidEntries)) void"
            ),
            (
                "transactions",
                "\(Text.number(done)) done, \(Text.number(rejected)) rejected with \(met) of \(codes) codes, \(Text.number(ignored)) ignored"
            ),
            ("timers", Text.number(timers)),
            (
                "store",
                "\(Text.number(commits)) commits, \(Text.number(crashes)) crashes, \(Text.number(reopenings)) orderly reopenings"
            ),
            ("not foretold", "\(Text.number(unsure)) by the reference model"),
        ]
    }
}

extension AllianceCounts: ReportedCounts {
    var fields: [(name: String, value: any Encodable)] {
        Self.all.map { ($0.name, self[keyPath: $0.count]) }
    }

    var rows: [(title: String, text: String)] {
        [
            (
                "alliances",
                "\(Text.number(alliances)), \(Text.number(splits)) engines that lied: \(Text.number(ceremonies)) computations, \(Text.number(bases)) bases, \(Text.number(epochs)) epochs begun"
            ),
            (
                "members",
                "\(Text.number(memberChanges)) changes, \(Text.number(renewals)) node keys renewed, \(Text.number(lies)) lies"
            ),
            (
                "transactions",
                "\(Text.number(transactions)) executed, \(Text.number(expired)) expired"
            ),
            (
                "entries",
                "\(Text.number(entries)), \(Text.number(attestations)) attestations; \(Text.number(lags)) nodes behind what is trimmed"
            ),
            (
                "faults",
                "\(Text.number(crashes)) crashes, \(Text.number(lostDisks)) disks and \(Text.number(lostGuards)) guards lost"
            ),
        ]
    }
}

/// The state of the sources that a run belongs to.
enum SourceRevision {
    /// The commit of the checkout that the command stands in, with "-dirty" behind it when
    /// files differ from it; "an unknown commit" elsewhere.
    static var current: String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*",
        ]
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
