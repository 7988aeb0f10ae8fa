import ArgumentParser
import Foundation
import KoinonBench

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine's ledger against the machine's own limit.",
        discussion: """
            The limit is how many of the same signatures all cores check a second when they
            do nothing else. docs/benchmarks.md says what each figure means and what to
            expect.

              koinon bench payments --accounts 1000000 --transactions 200000 --json
              koinon bench payments --accounts 1000000 --transactions 200000 --pattern hot
              koinon bench leases --leases 20000
            """,
        subcommands: [
            BenchPaymentsCommand.self, BenchLeasesCommand.self, BenchGrowthCommand.self,
            BenchRestartCommand.self, BenchVerifyCommand.self, BenchProofsCommand.self,
            BenchHTTPCommand.self, BenchAllianceCommand.self, BenchCatchUpCommand.self,
            BenchPostgresCommand.self,
        ])
}

/// What every benchmark takes.
struct BenchOptions: ParsableArguments {
    @Flag(name: .long, help: "Print the report as JSON.")
    var json = false
    @Option(
        name: .long, help: "Work in a folder below this one; the system's temporary one otherwise.")
    var folder: String?

    private var parent: URL? { folder.map { URL(filePath: $0, directoryHint: .isDirectory) } }

    /// Runs a benchmark with a progress line and prints its report.
    func report<Report: Encodable>(
        _ run: (URL?, BenchNotes) async throws -> Report
    ) async throws {
        try await ExitStatus.reporting {
            let interruption = WorkInterruption()
            defer { interruption.end() }
            let report: Report
            do { report = try await run(parent, .shown) } catch {
                await interruption.settle()
                throw error
            }
            let text = try BenchReportText.json(report)
            print(json ? text : Self.lines(text))
        }
    }

    /// The same names and figures, a line each, without the braces.
    private static func lines(_ json: String) -> String {
        json.split(separator: "\n").filter { $0.contains(" : ") && !$0.hasSuffix("{") }
            .map { line in
                line.replacing("\"", with: "").replacing(" : ", with: "  ")
                    .trimmingCharacters(in: [","])
            }.joined(separator: "\n")
    }
}

struct BenchPaymentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payments",
        abstract: "Signed payments from many accounts, submitted to a node until durable.")

    @Option(name: .long, help: "Accounts that send and receive.")
    var accounts = 100_000
    @Option(name: .long, help: "Signed transactions to send.")
    var transactions = 100_000
    @Option(name: .long, help: "uniform: anybody pays anybody; hot: all pay one account.")
    var pattern = PaymentPattern.uniform
    @Option(name: .long, help: "Payments in each transaction, 1 to 100.")
    var actionsPerTransaction = 1
    @Option(name: .long, help: "Clients at the same time.")
    var clients = 64
    @Option(name: .long, help: "Transactions that a client sends at once.")
    var perRequest = 512
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
        try BenchBounds.check("--actions-per-transaction", actionsPerTransaction, 1...100)
        try BenchBounds.check("--clients", clients, BenchBounds.count)
        try BenchBounds.check("--per-request", perRequest, BenchBounds.count)
    }

    func run() async throws {
        let load = PaymentLoad(
            accounts: accounts, transactions: transactions, pattern: pattern,
            actionsPerTransaction: actionsPerTransaction)
        let bench = PaymentsBench(load: load, clients: clients, perRequest: perRequest)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

struct BenchLeasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leases",
        abstract: "Whole leases: open, start, finish and settle, each a signed transaction.")

    @Option(name: .long, help: "Leases to run.")
    var leases = 20_000
    @Option(name: .long, help: "Accounts that borrow.")
    var accounts = 10_000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--leases", leases, 1...100_000_000)
        try BenchBounds.check("--accounts", accounts, 1...BenchBounds.accounts.upperBound)
    }

    func run() async throws {
        let bench = LeasesBench(leases: leases, borrowers: accounts)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

extension PaymentPattern: ExpressibleByArgument {}

extension BenchNotes {
    /// Shows what a benchmark is doing: a line for each step, and on a terminal how far it is.
    fileprivate static let shown = BenchNotes { what, done, total in
        let isInteractive = Terminal.isInteractive
        if done >= total {
            Terminal.writeError((isInteractive ? "\u{1b}[K" : "") + "\u{2022} \(what)\n")
        } else if isInteractive {
            Terminal.writeError("\u{1b}[K  \(what) \(done * 100 / total)%\r")
        }
    }
}

/// How much a benchmark may be asked for: beyond, its figures would overflow long after the
/// machine had no room left.
enum BenchBounds {
    static let accounts = 2...10_000_000
    static let transactions = 1...1_000_000_000
    /// Of anything else.
    static let count = 1...1_000_000

    /// - Throws: `ValidationError` that names the option and what it takes.
    static func check(_ option: String, _ value: Int, _ bounds: ClosedRange<Int>) throws {
        guard bounds.contains(value) else {
            throw ValidationError(
                "\(option): give \(bounds.lowerBound) to \(bounds.upperBound), not \(value)")
        }
    }
}
