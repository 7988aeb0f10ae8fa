import ArgumentParser
import KoinonBench

struct BenchCatchUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catch-up",
        abstract: "A new home comes to where another node is: by blocks, and from a snapshot.",
        discussion: """
            Both nodes share this machine's cores and speak by HTTP.

              koinon bench catch-up --accounts 10000 --transactions 100000 --json
            """)

    @Option(name: .long, help: "Accounts on the ledger whose blocks are taken.")
    var accounts = 10_000
    @Option(name: .long, help: "Signed payments in its blocks.")
    var transactions = 100_000
    @Option(name: .long, help: "Accounts on the ledger that is joined from a snapshot.")
    var snapshotAccounts = 1_000_000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
        try BenchBounds.check("--snapshot-accounts", snapshotAccounts, BenchBounds.accounts)
    }

    func run() async throws {
        let bench = CatchUpBench(
            accounts: accounts, transactions: transactions, snapshotAccounts: snapshotAccounts)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}
