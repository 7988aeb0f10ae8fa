import ArgumentParser
import KoinonBench

struct BenchGrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Payments among many accounts, compared with payments among few.")

    @Option(name: .long, help: "Many accounts.")
    var accounts = 1_000_000
    @Option(name: .long, help: "Few accounts.")
    var fewAccounts = 10_000
    @Option(name: .long, help: "Signed transactions to send, each time.")
    var transactions = 200_000
    @Option(name: .long, help: "How often both are measured; the best of each counts.")
    var rounds = 2
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--few-accounts", fewAccounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
        try BenchBounds.check("--rounds", rounds, BenchBounds.count)
    }

    func run() async throws {
        let bench = GrowthBench(
            accounts: accounts, fewAccounts: fewAccounts, transactions: transactions,
            rounds: rounds)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

struct BenchRestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Until a stopped node, and one killed under load, takes transactions again.")

    @Option(name: .long, help: "Accounts on the ledger.")
    var accounts = 1_000_000
    @Option(name: .long, help: "Signed transactions to send before.")
    var transactions = 100_000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
    }

    func run() async throws {
        let bench = RestartBench(accounts: accounts, transactions: transactions)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

struct BenchVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "A whole ledger recomputed from its genesis document.")

    @Option(name: .long, help: "Accounts, opened by transactions.")
    var accounts = 2_000
    @Option(name: .long, help: "Signed payments on the ledger.")
    var transactions = 200_000
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
    }

    func run() async throws {
        let bench = VerifyBench(accounts: accounts, transactions: transactions)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

struct BenchProofsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proofs", abstract: "Proof files of transactions, made and checked.")

    @Option(name: .long, help: "Accounts on the ledger.")
    var accounts = 10_000
    @Option(name: .long, help: "Signed transactions on the ledger.")
    var transactions = 50_000
    @Option(name: .long, help: "Proofs to make and check.")
    var proofs = 200
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
        try BenchBounds.check("--proofs", proofs, BenchBounds.count)
    }

    func run() async throws {
        let bench = ProofsBench(accounts: accounts, transactions: transactions, proofs: proofs)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

struct BenchPostgresCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "postgres",
        abstract: "The same payments in PostgreSQL, side by side.",
        discussion: """
            Needs Debian's postgresql. Starts a server of its own in the working folder.
            """)

    @Option(name: .long, help: "Accounts that send and receive.")
    var accounts = 100_000
    @Option(name: .long, help: "Signed payments to send, each time.")
    var transactions = 100_000
    @Option(name: .long, help: "uniform: anybody pays anybody; hot: all pay one account.")
    var pattern = PaymentPattern.uniform
    @Option(name: .long, help: "Connections that pay one by one.")
    var connections = 16
    @Option(name: .long, help: "Payments in one database transaction of the batched variant.")
    var batch = 512
    @Option(name: .long, help: "How often each is measured, in turn; the best counts.")
    var rounds = 2
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
        try BenchBounds.check("--connections", connections, 1...40)
        try BenchBounds.check("--batch", batch, BenchBounds.count)
        try BenchBounds.check("--rounds", rounds, BenchBounds.count)
    }

    func run() async throws {
        let bench = PostgresBench(
            accounts: accounts, transactions: transactions, pattern: pattern,
            connections: connections, batch: batch, rounds: rounds)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}

struct BenchHTTPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "A node by HTTP: payments, searches, pages, memory.",
        discussion: """
            Client and server share this machine's cores. The last part sends for --minutes and
            watches memory; 0 leaves it out.

              koinon bench http --json
              koinon bench http --minutes 0
            """)

    @Option(name: .long, help: "Accounts on the ledger.")
    var accounts = 10_000
    @Option(name: .long, help: "Signed transactions to send, each time.")
    var transactions = 50_000
    @Option(name: .long, help: "How often the ways of sending take turns.")
    var rounds = 3
    @Option(name: .long, help: "Connections at the same time.")
    var clients = 256
    @Option(name: .long, help: "Offers in the index that is searched.")
    var offers = 100_000
    @Option(name: .long, help: "Searches to make.")
    var searches = 5_000
    @Option(name: .long, help: "Minutes of load under which memory is watched.")
    var minutes = 10.0
    @OptionGroup var options: BenchOptions

    func validate() throws {
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check(
            "--transactions", transactions, 2...BenchBounds.transactions.upperBound)
        try BenchBounds.check("--rounds", rounds, BenchBounds.count)
        try BenchBounds.check("--clients", clients, BenchBounds.count)
        try BenchBounds.check("--offers", offers, BenchBounds.count)
        try BenchBounds.check("--searches", searches, BenchBounds.count)
        guard (0...1_440).contains(minutes) else {
            throw ValidationError("--minutes: 0 to 1440")
        }
    }

    func run() async throws {
        let bench = HTTPBench(
            accounts: accounts, transactions: transactions, rounds: rounds, clients: clients,
            offers: offers, searches: searches, minutes: minutes)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}
