import ArgumentParser
import KoinonBench

struct BenchAllianceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alliance",
        abstract: "Payments made final by several nodes and etcd, all on this machine.",
        discussion: """
            Every member checks and executes everything, on the same cores as all others. With
            --minutes a full load goes on at the end, and etcd's size is watched.

              koinon bench alliance --members 4 --json
              koinon bench alliance --members 4 --minutes 30
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
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...16).contains(members), [1, 3, 5].contains(etcd) else {
            throw ValidationError("--members: 1 to 16; --etcd: 1, 3 or 5")
        }
        guard accounts >= 2, transactions >= 1 else {
            throw ValidationError("give at least 2 accounts and 1 transaction")
        }
        guard (0...1_440).contains(minutes) else {
            throw ValidationError("--minutes: 0 to 1440")
        }
    }

    func run() async throws {
        let bench = AllianceBench(
            members: members, servers: etcd, accounts: accounts, transactions: transactions,
            minutes: minutes)
        try await options.report { folder, notes in try await bench.run(in: folder, notes) }
    }
}
