import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// How fast an alliance makes payments final, with all nodes and etcd on this machine.
public struct AllianceBench: Sendable {
    public var members: Int
    public var servers: Int
    public var accounts: Int
    public var transactions: Int
    /// Of a load at the end, under which etcd's size is watched; 0 leaves it out.
    public var minutes: Double
    /// Transactions a second of that load; 0: as many as can be.
    public var rate: Double
    /// Bytes of entries that each node keeps at etcd; nil for what nodes keep by themselves.
    public var keepBytes: Int?

    public init(
        members: Int, servers: Int, accounts: Int, transactions: Int, minutes: Double = 0,
        rate: Double = 0, keepBytes: Int? = nil
    ) {
        self.members = members
        self.servers = servers
        self.accounts = accounts
        self.transactions = transactions
        self.minutes = minutes
        self.rate = rate
        self.keepBytes = keepBytes
    }

    /// Field names are those of the JSON form; docs/benchmarks.md says what each means.
    public struct Report: Codable, Sendable {
        public var members: Int
        public var servers: Int
        public var accounts: Int
        public var transactions: Int
        /// Checks of these signatures a second, all cores doing nothing else.
        public var signatureLimitPerS: Double
        /// Transactions a second that clients were told are final.
        public var finalPerS: Double
        /// `final_per_s` × members ÷ `signature_limit_per_s`: every member checks everything.
        public var ratio: Double
        /// Processor time for each transaction at full load, in microseconds: of one node, and
        /// of all servers of etcd together.
        public var nodeUsPerTransaction: Double
        public var engineUsPerTransaction: Double
        /// From sending to final, a few transactions a second.
        public var p50FinalMs: Double
        public var p99FinalMs: Double
        /// Transactions a second that a node takes which was away meanwhile, its start
        /// included.
        public var catchUpPerS: Double
        /// Until a new home stands where the nodes do, begun from a snapshot of the accounts.
        public var joinS: Double
        /// Of one core, a node, while nothing happens.
        public var idleCpuPercent: Double
        public var minutes: Double
        /// Transactions a second that clients were told are final, over `minutes`.
        public var lastingFinalPerS: Double?
        /// What the largest server of etcd stores at the end of `minutes`.
        public var engineBytes: Int?
        /// That by what it was in the middle of them.
        public var engineBytesGrowth: Double?
        public var machine: MachineDescription
    }

    private static let lightTransactions = 200
    private static let lightPause = Duration.milliseconds(50)
    private static let idle = Duration.seconds(10)
    /// What a node that was away takes at least: few would measure its start.
    private static let missedMinimum = 100_000
    private static let perRequest = 512
    private static let clientsPerNode = 8

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let alliance = try BenchAlliance(
            members: members, servers: servers, accounts: accounts, keepBytes: keepBytes,
            in: folder.url
        ) { notes.progress("accounts", $0, accounts) }
        let file = try MessageFile(creating: folder.url.appending(path: "messages"))
        // Once of each account, then at full load, then while one node is away.
        let load = PaymentLoad(
            accounts: accounts,
            transactions: Self.lightTransactions + accounts + transactions + missed)
        try load.write(
            to: file, chain: alliance.genesis.chain, firstNonce: PreparedLedger.nextNonce,
            now: SystemClock().now
        ) { notes.progress("signing", $0, load.transactions) }
        notes.say("checking the same signatures on all cores")
        let limit = try SignatureLimit.measure(file)
        notes.say("starting \(servers) servers of etcd and \(members) nodes")
        try await alliance.start()
        let source = try SharedReader(file)
        notes.say("at light load")
        let light = try await atLightLoad(source, alliance)
        notes.say("once of each account")
        try await send(accounts, of: source, to: alliance.clients)
        notes.say("at full load")
        let busy = (nodes: alliance.nodeSeconds, engine: alliance.engineSeconds)
        let begin = ContinuousClock.now
        try await send(transactions, of: source, to: alliance.clients)
        let rate = Double(transactions) / begin.duration(to: .now).inSeconds
        let nodeSeconds = (alliance.nodeSeconds - busy.nodes) / Double(members)
        let engineSeconds = alliance.engineSeconds - busy.engine
        notes.say("catching up")
        let catchUp = try await catchingUp(source, alliance)
        notes.say("joining")
        let join = try await alliance.join()
        notes.say("idle")
        try await alliance.untilQuiet()
        let before = alliance.nodeSeconds
        try await Task.sleep(for: Self.idle)
        let idle = (alliance.nodeSeconds - before) / Self.idle.inSeconds
        let lasting = try await lasting(alliance, in: folder.url, after: load, notes)
        for client in alliance.clients { try await client.close() }
        return Report(
            members: members, servers: servers, accounts: accounts, transactions: transactions,
            signatureLimitPerS: limit.perSecond, finalPerS: rate,
            ratio: rate * Double(members) / limit.perSecond,
            nodeUsPerTransaction: nodeSeconds * 1_000_000 / Double(transactions),
            engineUsPerTransaction: engineSeconds * 1_000_000 / Double(transactions),
            p50FinalMs: light.percentile(50), p99FinalMs: light.percentile(99),
            catchUpPerS: catchUp, joinS: join.inSeconds,
            idleCpuPercent: idle / Double(members) * 100,
            minutes: minutes, lastingFinalPerS: lasting?.finalPerS,
            engineBytes: lasting?.engineBytes, engineBytesGrowth: lasting?.engineBytesGrowth,
            machine: MachineDescription())
    }

    private var missed: Int { max(transactions, Self.missedMinimum) }

    private func lasting(
        _ alliance: BenchAlliance, in folder: URL, after load: PaymentLoad, _ notes: BenchNotes
    ) async throws -> LastingLoad.Outcome? {
        guard minutes > 0 else { return nil }
        notes.say("under load for \(minutes) minutes")
        return try await LastingLoad(
            bench: self, alliance: alliance, folder: folder,
            firstNonce: PreparedLedger.nextNonce + load.noncesPerAccount
        ).run(notes)
    }

    /// One transaction at a time, to each node in turn.
    private func atLightLoad(
        _ source: SharedReader, _ alliance: BenchAlliance
    ) async throws -> LoadDriver.Outcome {
        let share = source.share(of: Self.lightTransactions)
        var outcome = LoadDriver.Outcome()
        var turn = 0
        while let envelope = try share.next(1)?.first {
            let sent = ContinuousClock.now
            try Self.check([
                try await alliance.clients[turn % members].submit(envelope, wait: .final)
            ])
            outcome.latencies.append(sent.duration(to: .now).inSeconds * 1_000)
            turn += 1
            try await Task.sleep(for: Self.lightPause)
        }
        outcome.latencies.sort()
        return outcome
    }

    /// All at once, spread over the nodes, until clients know that each is final.
    func send(_ count: Int, of source: SharedReader, to clients: [NodeClient]) async throws {
        let share = source.share(of: count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                for _ in 0..<Self.clientsPerNode {
                    group.addTask {
                        while let part = try share.next(Self.perRequest) {
                            try Self.check(try await client.submit(part, wait: .final))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The last node is away while the others take a load; how fast it comes as far as they,
    /// once they have written the rows that they put off.
    private func catchingUp(
        _ source: SharedReader, _ alliance: BenchAlliance
    ) async throws -> Double {
        let last = members - 1
        guard members >= 4 else { return 0 }
        alliance.stopNode(last)
        try await send(missed, of: source, to: Array(alliance.clients.dropLast()))
        let target = try await alliance.clients[0].status().height
        try await alliance.untilQuiet()
        let begin = ContinuousClock.now
        try alliance.startNode(last)
        try await alliance.untilAnswers(last)
        while try await alliance.clients[last].status().height < target {
            try await Task.sleep(for: .milliseconds(10))
        }
        return Double(missed) / begin.duration(to: .now).inSeconds
    }

    private static func check(_ answers: [Submission]) throws {
        for answer in answers where answer.status != .done || answer.final != true {
            throw BenchFault(
                "a transaction of the load is \(answer.status.rawValue), final: \(answer.final ?? false) \(answer.message)"
            )
        }
    }
}
