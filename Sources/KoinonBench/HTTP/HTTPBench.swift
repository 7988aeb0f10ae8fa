import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// What of a node's speed is left over HTTP, with client and server on the same cores: sending,
/// searching, pages, and memory over time.
public struct HTTPBench: Sendable {
    public var accounts: Int
    /// Of each way in each round.
    public var transactions: Int
    /// How often the ways take turns.
    public var rounds: Int
    /// Connections at the same time, where a request carries one transaction.
    public var clients: Int
    /// In the index that is searched.
    public var offers: Int
    public var searches: Int
    /// Of load under which memory is watched; 0 leaves that out.
    public var minutes: Double

    public init(
        accounts: Int, transactions: Int, rounds: Int = 3, clients: Int = 256,
        offers: Int = 100_000, searches: Int = 5_000, minutes: Double = 10
    ) {
        self.accounts = accounts
        self.transactions = transactions
        self.rounds = rounds
        self.clients = clients
        self.offers = offers
        self.searches = searches
        self.minutes = minutes
    }

    /// Field names are those of the JSON form; docs/benchmarks.md says what each means.
    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        public var rounds: Int
        public var clients: Int
        /// Checks of the payments' signatures a second, all cores doing nothing else.
        public var signatureLimitPerS: Double
        /// Without HTTP, as `bench payments` measures.
        public var committedInProcessPerS: Double
        /// One transaction a request.
        public var committedOverHttpPerS: Double
        public var committedByBulkPerS: Double
        /// `committed_over_http_per_s` ÷ `committed_in_process_per_s`.
        public var ratio: Double
        public var bulkRatio: Double
        /// Processor time of a transaction on all cores, the clients' included.
        public var processorUsInProcess: Double
        public var processorUsOverHttp: Double
        /// From sending to durable, while requests come half as fast as before.
        public var p50MsAtHalfLoad: Double
        public var p99MsAtHalfLoad: Double
        public var offers: Int
        public var searchPerS: Double
        public var searchP50Ms: Double
        public var searchP99Ms: Double
        /// Of the slowest page: the median of its renderings.
        public var pageMs: Double
        public var slowestPage: String
        /// Each page's median.
        public var pagesMs: [String: Double]
        /// How much more memory the process has at the end of `minutes` of load than at its
        /// beginning, as a fraction; absent without such a load.
        public var memoryGrowth: Double?
        public var memoryBytes: UInt64?
        public var minutes: Double
        public var peakMemoryBytes: UInt64
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let sending = try await send(in: folder.url.appending(path: "sending"), notes)
        let reading = try await ReadingLoad(bench: self)
            .run(in: folder.url.appending(path: "reading"), notes)
        return Report(
            accounts: accounts, transactions: transactions, rounds: rounds, clients: clients,
            signatureLimitPerS: sending.signatureLimit,
            committedInProcessPerS: sending.inProcess.perSecond,
            committedOverHttpPerS: sending.single.perSecond,
            committedByBulkPerS: sending.bulk.perSecond,
            ratio: sending.single.perSecond / sending.inProcess.perSecond,
            bulkRatio: sending.bulk.perSecond / sending.inProcess.perSecond,
            processorUsInProcess: sending.inProcess.processorMicroseconds,
            processorUsOverHttp: sending.single.processorMicroseconds,
            p50MsAtHalfLoad: sending.atHalfLoad.percentile(50),
            p99MsAtHalfLoad: sending.atHalfLoad.percentile(99), offers: offers,
            searchPerS: Double(searches) / reading.searches.elapsed.inSeconds,
            searchP50Ms: reading.searches.percentile(50),
            searchP99Ms: reading.searches.percentile(99), pageMs: reading.slowest.1,
            slowestPage: reading.slowest.0, pagesMs: reading.pages,
            memoryGrowth: reading.memory?.growth, memoryBytes: reading.memory?.bytes,
            minutes: minutes, peakMemoryBytes: sending.peakMemoryBytes,
            machine: MachineDescription())
    }

    /// One way of sending, over all rounds.
    private struct Way {
        private var sent = 0
        private var elapsed = Duration.zero
        private var processor = 0.0

        var perSecond: Double { Double(sent) / elapsed.inSeconds }
        var processorMicroseconds: Double { processor / Double(sent) * 1e6 }

        /// Counts what the node put off meanwhile as well: else the next way would pay for it.
        mutating func send(
            _ transactions: Int, to node: Node, _ body: () async throws -> Void
        ) async throws {
            let before = ProcessorTime.seconds
            let start = ContinuousClock.now
            try await body()
            try await node.writeRows()
            elapsed += start.duration(to: .now)
            processor += ProcessorTime.seconds - before
            sent += transactions
        }
    }

    private struct Sending {
        var inProcess = Way()
        var single = Way()
        var bulk = Way()
        var atHalfLoad = LoadDriver.Outcome()
        var peakMemoryBytes: UInt64 = 0
        /// Checks a second.
        var signatureLimit = 0.0
    }

    private func send(in folder: URL, _ notes: BenchNotes) async throws -> Sending {
        let home = folder.appending(path: "home", directoryHint: .isDirectory)
        let ledger = try PreparedLedger(at: home, accounts: accounts) {
            notes.progress("accounts", $0, accounts)
        }
        let file = try MessageFile(creating: folder.appending(path: "messages"))
        let atHalfLoad = transactions * rounds / 2
        let load = PaymentLoad(
            accounts: accounts, transactions: 3 * transactions * rounds + atHalfLoad)
        try load.write(
            to: file, chain: ledger.genesis.chain, firstNonce: PreparedLedger.nextNonce,
            now: SystemClock().now
        ) { notes.progress("signing", $0, load.transactions) }
        let source = try SharedReader(file)
        PeakMemory.reset()
        let served = try await ServedNode(ledger.home)
        let client = try await LoadClient(port: served.port, connections: clients)
        var sending = Sending()
        // In turn, since the machine may be faster now and slower then.
        for round in 1...rounds {
            let turn = rounds == 1 ? "" : ", \(round) of \(rounds)"
            notes.say("in process\(turn)")
            try await sending.inProcess.send(transactions, to: served.node) {
                try await sendInProcess(source, served.node)
            }
            notes.say("one transaction a request\(turn)")
            let share = source.share(of: transactions)
            try await sending.single.send(transactions, to: served.node) {
                _ = try await client.run(.payments { try share.next(1)?.first })
            }
            notes.say("in bulk\(turn)")
            try await sending.bulk.send(transactions, to: served.node) {
                try await sendInBulk(source, served)
            }
        }
        notes.say("at half load")
        let rest = source.share(of: atHalfLoad)
        sending.atHalfLoad = try await client.run(
            .payments(perSecond: sending.single.perSecond / 2) { try rest.next(1)?.first })
        try await client.close()
        try await served.stop()
        sending.peakMemoryBytes = PeakMemory.bytes
        // Only now: before, it would make the keys known to the node, which is in this process.
        notes.say("checking the same signatures on all cores")
        sending.signatureLimit = try SignatureLimit.measure(file).perSecond
        return sending
    }

    private func sendInProcess(_ source: SharedReader, _ node: Node) async throws {
        let share = source.share(of: transactions)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<24 {
                group.addTask {
                    while let part = try share.next(512) {
                        try LoadDriver.check(await node.submit(part, waits: true))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func sendInBulk(_ source: SharedReader, _ served: ServedNode) async throws {
        let share = source.share(of: transactions)
        let client = try NodeClient("http://127.0.0.1:\(served.port)", connections: 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while let part = try share.next(4_096) {
                        try Self.check(try await client.submit(part))
                    }
                }
            }
            try await group.waitForAll()
        }
        try await client.close()
    }

    private static func check(_ submissions: [Submission]) throws {
        for submission in submissions where submission.status != .done {
            throw BenchFault(
                "a transaction of the load was \(submission.status.rawValue): \(submission.message)"
            )
        }
    }
}
