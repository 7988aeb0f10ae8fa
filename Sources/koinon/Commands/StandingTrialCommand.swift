import ArgumentParser
import KoinonReplay

struct StandingTrialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trial",
        abstract: "Try standing on recorded ratings, and on rings of false accounts.",
        discussion: """
            Plays agreements and sealed reviews through the machine, in memory.

              koinon standing trial --data FOLDER     ratings with labelled frauds
              koinon standing trial --rings           what false praise buys

            FOLDER holds bitcoin_otc_ratings.csv.gz and bitcoin_otc_labels.csv.
            docs/reputation.md says what is measured and what it is worth.
            """)

    @Option(name: .long, help: "The folder with ratings and labels.") var data: String?
    @Flag(name: .long, help: "Rings of 10, 100 and 1,000 false accounts beside an honest year.")
    var rings = false

    func validate() throws {
        guard data != nil || rings else {
            throw ValidationError("name --data FOLDER, --rings, or both")
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            if let data { try ratings(data) }
            if rings { try ringTable() }
        }
    }

    private func ratings(_ folder: String) throws {
        let file = try RatingFile(folder: folder)
        let line = ProgressLine("playing ratings")
        defer { line.finish() }
        let report = try RatingTrial(file).run { done in
            line.show(
                done: UInt64(done), of: UInt64(file.ratings.count),
                detail: "\(Text.number(done)) of \(Text.number(file.ratings.count))")
        }
        line.finish()
        print(
            """
            \(Text.number(report.ratings)) ratings of \(Text.number(report.people)) people; \
            labelled: \(report.honest) honest, \(report.frauds) frauds

            area under the ROC curve, after a person's first ratings received

            """)
        let counts = RatingTrial.counts.map { "\($0)" }
        print("  honest against fraud")
        print(Self.table(counts, report.rows.map { ($0.name, $0.labelled) }))
        print("\n  the others: later ratings good against bad on the whole")
        print(Self.table(counts, report.rows.map { ($0.name, $0.later) }))
    }

    private static func table(_ counts: [String], _ rows: [(String, [Double?])]) -> String {
        Text.table(
            [["after"] + counts]
                + rows.map { name, areas in
                    [name]
                        + areas.map { area in
                            guard let area else { return "-" }
                            let thousandths = Int((area * 1_000).rounded())
                            let digits = String(thousandths % 1_000)
                            return "\(thousandths / 1_000)."
                                + String(repeating: "0", count: 3 - digits.count) + digits
                        }
                }, right: [1, 2, 3])
    }

    private func ringTable() throws {
        let rows = try RingTrial.run { Terminal.writeError("  \($0)\n") }
        print("\nwhat the best standing is, in millionths; a newcomer's is 25,129\n")
        print(
            Text.table(
                [["", "agreements", "fees paid", "standing"]]
                    + rows.map { row in
                        let cents = String(row.feesMinor % 100)
                        return [
                            row.name, Text.number(row.agreements),
                            "\(Text.number(row.feesMinor / 100))."
                                + String(repeating: "0", count: 2 - cents.count) + cents,
                            Text.number(row.standingPpm),
                        ]
                    }, right: [1, 2, 3]))
    }
}
