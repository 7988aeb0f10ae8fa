import ArgumentParser
import KoinonBench

struct BenchAllianceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alliance",
        abstract: "Payments made final by several nodes and etcd, all on this machine.",
        discussion: """
            Every member checks and executes everything, on the same cores as all others. With
            --minutes a load goes on at the end, a full one or --rate transactions a second, and
            etcd's size is watched.

              koinon bench alliance --members 4 --json
              koinon bench alliance --members 4 --minutes 30
              koinon bench alliance --minutes 30 --rate 500 --keep-mebibytes 32
            """)

    @Option(name: .long, help: "Members, each with a node.")
    var members = 4
    @Option(name: .long, help: "Servers of etcd: 1, 3 or 5.")
    var etcd = 3
    @Option(name: .long, help: "Accounts on the ledger.")
    var accounts = 10_000
    @Option(name: .long, help: "Signed payments to send, for each part.")
    var transactions = 20_000
    @Option(name: .long, help: "Minutes of load under which etcd's size is watched.")
    var minutes = 0.0
    @Option(name: .long, help: "Transactions a second of that load; 0: as many as can be.")
    var rate = 0.0
    @Option(name: .long, help: "MiB of entries that nodes keep at etcd; 0: as they do.")
    var keepMebibytes = 0
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...16).contains(members), [1, 3, 5].contains(etcd) else {
            throw ValidationError("--members: 1 to 16; --etcd: 1, 3 or 5")
        }
        try BenchBounds.check("--accounts", accounts, BenchBounds.accounts)
        try BenchBounds.check("--transactions", transactions, BenchBounds.transactions)
        guard (0...1_440).contains(minutes) else {
            throw ValidationError("--minutes: 0 to 1440")
        }
        guard rate >= 0, (0...65_536).contains(keepMebibytes) else {
            throw ValidationError("--rate: 0 or more; --keep-mebibytes: 0 to 65536")
        }
    }

    func run() async throws {
        let bench = AllianceBench(
            members: members, servers: etcd, accounts: accounts, transactions: transactions,
            minutes: minutes, rate: rate,
            keepBytes: keepMebibytes > 0 ? keepMebibytes * 1_048_576 : nil)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}
