import ArgumentParser
import Foundation
import KoinonMachine
import KoinonNode
import KoinonReplay
import Logging

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Play recorded trips from CSV files into a new ledger, or check them first.",
        discussion: """
            A mapping (docs/replay.md) says which columns mean what. Without --mapping the
            file beside the trips is taken: trips.csv goes with trips.mapping.json.

              koinon replay --check trips.csv
              koinon replay trips.csv --mapping trips.mapping.json --home trips-ledger
              koinon replay a.csv.gz b.csv.gz --mapping a.mapping.json \\
                --mapping b.mapping.json

            The new ledger's members are the operators that the mappings name; their keys
            and the riders' can be computed by anybody, so such a ledger is for looking,
            not for use.
            """)

    @Argument(help: "CSV files with trips, plain or gzip.", completion: .file())
    var files: [String]
    @Option(name: .long, help: "The mapping of each file in order, or one for all.")
    var mapping: [String] = []
    @Flag(name: .long, help: "A dry run: report what would be refused and charged, write nothing.")
    var check = false
    @Option(name: .long, help: "Where the new ledger goes.")
    var home = "koinon-replay"
    @Flag(name: .long, help: "With --check: print the report as JSON.")
    var json = false

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name at least one CSV file") }
        guard [0, 1, files.count].contains(mapping.count) else {
            throw ValidationError(
                "--mapping: \(mapping.count) for \(files.count) files; give one for all, or one for each"
            )
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            let plan = try TripPlan(
                files.enumerated().map { index, file in
                    let path = try mappingPath(index)
                    return try TripFile(path: file, mapping: Mapping(path: path), mappingPath: path)
                })
            if check {
                let report = try plan.check()
                print(json ? try report.json() : report.text())
                return
            }
            try await replay(plan)
        }
    }

    private func mappingPath(_ index: Int) throws -> String {
        if let given = mapping.count == 1 ? mapping[0] : mapping.dropFirst(index).first {
            return given
        }
        var stem = files[index]
        for suffix in [".gz", ".csv"] where stem.hasSuffix(suffix) { stem.removeLast(suffix.count) }
        let beside = stem + ".mapping.json"
        guard FileManager.default.fileExists(atPath: beside) else {
            throw ValidationError(
                "\(files[index]): no \(beside) beside it; write one (docs/replay.md) or name one with --mapping"
            )
        }
        return beside
    }

    private func replay(_ plan: TripPlan) async throws {
        guard !plan.trips.isEmpty else {
            throw ValidationError("no row of these files is a trip; see why with --check")
        }
        let nodeHome = NodeHome(URL(filePath: home, directoryHint: .isDirectory))
        let cast = ReplayCast(plan)
        let founded = ReplayRun.foundingTime(of: plan)
        let genesis = try nodeHome.found(
            name: "Replay of \(plan.operators.map(\.title).joined(separator: ", "))".clipped(
                to: 64),
            at: founded, members: cast.sides.map(\.member), processes: StandardProcesses.all,
            clock: .afterLastBlock)
        let node = try Node(
            home: nodeHome, clock: ShiftedClock(startingAt: founded), logger: .forCommand)
        let running = Task { try await node.run() }
        var run = ReplayRun(plan, cast: cast, chain: genesis.chain)
        let summary = try await run.run(on: node, showing: ProgressLine("replaying"))
        node.stop()
        try await running.value
        print(DemoText.summary(summary, plan: plan))
        print("\n  koinon verify --home \(home)")
    }
}

extension ReplayRun {
    /// Runs with a progress line.
    mutating func run(on node: Node, showing line: ProgressLine) async throws -> ReplaySummary {
        defer { line.finish() }
        return try await run(on: node) { progress in
            let seconds = progress.elapsed.inSeconds
            let rate = seconds > 0 ? Int(Double(progress.tripsBegun) / seconds) : 0
            line.show(
                done: UInt64(progress.tripsBegun), of: UInt64(progress.trips),
                detail:
                    "\(Text.number(progress.tripsBegun)) of \(Text.number(progress.trips)) trips, \(Text.number(rate)) a second"
            )
        }
    }
}

extension Logger {
    /// Warnings and worse, on standard error.
    static var forCommand: Logger {
        var logger = Logger(label: "koinon") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }
}

extension String {
    /// At most so many bytes of UTF-8, whole characters.
    fileprivate func clipped(to bytes: Int) -> String {
        var text = self
        while text.utf8.count > bytes { text.removeLast() }
        return text
    }
}
