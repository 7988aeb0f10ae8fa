import ArgumentParser
import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonReplay
import Logging

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Replay a quarter of real bike trips, then show what a shared ledger is for.",
        discussion: """
            Two bike-share operators are two members of one alliance. Every trip is leased,
            charged and settled on the ledger; the invoices are compared with a plain
            computation straight from the CSV files.

              koinon demo
              koinon demo --home /tmp/koinon-demo --no-serve
            """)

    @Option(name: .long, help: "Where the demonstration's ledger goes; an earlier one is replaced.")
    var home = "koinon-demo"
    @Option(name: .long, help: "The folder with the trips; found beside the command when left out.")
    var data: String?
    @Flag(name: .long, help: "End when the demonstration is over, instead of serving it.")
    var noServe = false
    @Option(name: .long, help: "The port to serve it at; 0 takes a free one.")
    var port: String?

    func run() async throws {
        try await ExitStatus.reporting {
            let folder = try DemoData(folder: data)
            // Before the work, which a wrong setting would make vain.
            let settings = try await serving()
            let home = try DemoHome(path: home)
            let plan = try folder.plan()
            print(try DemoText.opening(plan))
            var stage = try await DemoStage(plan: plan, home: home)
            try await stage.actOne(data: folder)
            try await stage.actTwo()
            print(DemoText.whatNext(home: home.path))
            guard !noServe else { return }
            try await ServedHome(
                NodeHome(URL(filePath: home.path, directoryHint: .isDirectory)),
                settings: settings, name: home.path
            ).run()
        }
    }

    /// Settings of the environment and the flag; the home is made anew and has no file.
    private func serving() async throws -> NodeSettings {
        let reader = await SettingsReader(
            flags: port.map { ["http.port": $0] } ?? [:],
            environment: ProcessInfo.processInfo.environment, file: nil, home: nil)
        for fault in reader.faults { Terminal.writeError("koinon: \(fault)\n") }
        guard reader.faults.isEmpty else { throw ExitStatus.fault }
        var settings = reader.settings
        if settings.server.join.member.isEmpty {
            // Whoever opens the page can join and pay: nothing here is worth anything.
            settings.server.join.member = "healthyride"
            settings.server.join.testUnit = "usd"
            settings.server.join.testAmountMinor = 50_000
        }
        return settings
    }
}

/// The committed trips.
struct DemoData {
    let folder: URL

    init(folder: String?) throws {
        let command = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let candidates =
            folder.map { [URL(filePath: $0)] }
            ?? [
                URL(filePath: "Examples/Data"),
                command.deletingLastPathComponent().appending(path: "../../../Examples/Data"),
            ]
        let found = candidates.first {
            FileManager.default.fileExists(
                atPath: $0.appending(path: "healthyride.mapping.json").path)
        }
        guard let found else {
            throw HomeFault(
                "the demonstration's trips are not here; run it in the project's folder or say --data FOLDER"
            )
        }
        self.folder = found.standardizedFileURL
    }

    func plan() throws -> TripPlan {
        let parts = [
            ("healthyride-2018q1.csv.gz", "healthyride.mapping.json"),
            ("valleybike-2020-12-to-2021-02.csv.gz", "valleybike.mapping.json"),
        ]
        return try TripPlan(
            parts.map { file, mapping in
                let mappingPath = folder.appending(path: mapping).path
                return try TripFile(
                    path: folder.appending(path: file).path,
                    mapping: Mapping(path: mappingPath), mappingPath: mappingPath)
            })
    }

    /// The invoices as Examples/invoice.py reckons them, in cents by operator; nil
    /// with the reason when it cannot run.
    func plainInvoices() -> Result<[String: UInt64], HomeFault> {
        struct Document: Decodable {
            struct Invoice: Decodable {
                var `operator`: String
                var invoice_cents: UInt64
            }
            var invoices: [Invoice]
        }
        let script = folder.deletingLastPathComponent().appending(path: "invoice.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] ?? "python3"
        process.arguments = [python, script.path, folder.path]
        let output = Pipe()
        process.standardOutput = output
        do {
            try process.run()
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                return .failure(
                    HomeFault("\(python) \(script.path): exit status \(process.terminationStatus)"))
            }
            let document = try JSONDecoder().decode(Document.self, from: bytes)
            return .success(
                Dictionary(
                    document.invoices.map { ($0.operator, $0.invoice_cents) },
                    uniquingKeysWith: { first, _ in first }))
        } catch {
            return .failure(HomeFault("\(python) \(script.path) did not answer: \(error)"))
        }
    }
}

/// The folder of the demonstration's ledger; only one that a demonstration made is replaced.
struct DemoHome {
    private static let marker = "demo.json"
    let path: String
    var url: URL { URL(filePath: path, directoryHint: .isDirectory) }
    var nodeHome: NodeHome { NodeHome(url) }

    init(path: String) throws {
        self.path = path
        let files = FileManager.default
        let url = URL(filePath: path, directoryHint: .isDirectory)
        if files.fileExists(atPath: path) {
            let contents = try files.contentsOfDirectory(atPath: path)
            guard contents.isEmpty || contents.contains(Self.marker) else {
                throw HomeFault(
                    "\(path): holds something that no demonstration made; name another folder with --home"
                )
            }
            try files.removeItem(at: url)
        }
        try files.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let note = "{\"note\": \"A demonstration: everybody can compute these keys.\"}\n"
        try Data(note.utf8).write(to: url.appending(path: Self.marker))
    }
}
