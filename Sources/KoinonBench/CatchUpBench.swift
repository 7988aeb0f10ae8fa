import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonServer
import ServiceLifecycle

/// How fast a new home comes to where another node is, by HTTP, with both on the same cores.
public struct CatchUpBench: Sendable {
    /// On the ledger whose blocks are taken.
    public var accounts: Int
    public var transactions: Int
    /// On the ledger that is joined from a snapshot.
    public var snapshotAccounts: Int

    public init(accounts: Int, transactions: Int, snapshotAccounts: Int) {
        self.accounts = accounts
        self.transactions = transactions
        self.snapshotAccounts = snapshotAccounts
    }

    /// Field names are those of the JSON form; docs/benchmarks.md says what each means.
    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        public var blocks: Int
        public var signatureLimitPerS: Double
        /// Executed transactions a second, taken from another node's blocks until durable.
        public var catchUpPerS: Double
        /// `catch_up_per_s` ÷ `signature_limit_per_s`.
        public var ratio: Double
        public var snapshotAccounts: Int
        public var snapshotBytes: Int
        /// Until the snapshot is whole and its block final.
        public var snapshotMakeS: Double
        /// From an empty home to the other node's last block.
        public var joinS: Double
        public var peakMemoryBytes: UInt64
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let blocks = try await measureBlocks(folder.url, notes)
        PeakMemory.reset()
        let join = try await measureJoin(folder.url, notes)
        return Report(
            accounts: accounts, transactions: Int(blocks.report.transactions),
            blocks: Int(blocks.report.blocks), signatureLimitPerS: blocks.limit.perSecond,
            catchUpPerS: blocks.rate, ratio: blocks.rate / blocks.limit.perSecond,
            snapshotAccounts: snapshotAccounts, snapshotBytes: join.bytes,
            snapshotMakeS: join.makeSeconds, joinS: join.joinSeconds,
            peakMemoryBytes: PeakMemory.bytes, machine: MachineDescription())
    }

    private func measureBlocks(
        _ folder: URL, _ notes: BenchNotes
    ) async throws -> (report: BlockSyncReport, rate: Double, limit: SignatureLimit) {
        let ledger = try PreparedLedger(
            at: folder.appending(path: "blocks", directoryHint: .isDirectory), accounts: 0)
        let file = try MessageFile(creating: folder.appending(path: "messages"))
        let running = try RunningNode(ledger.home)
        notes.say("opening \(accounts) accounts")
        try await VerifyBench(accounts: accounts, transactions: transactions)
            .open(on: running.node, ledger)
        try PaymentLoad(accounts: accounts, transactions: transactions).write(
            to: file, chain: ledger.genesis.chain, firstNonce: 1, now: SystemClock().now
        ) { notes.progress("signing", $0, transactions) }
        notes.say("paying")
        _ = try await LoadDriver(clients: 24, perRequest: 512).run(file, on: running.node)
        try await running.stop()
        notes.say("checking the same signatures on all cores")
        let before = try SignatureLimit.measure(file)
        notes.say("catching up by blocks")
        let served = try await ServedLedger(ledger.home)
        let report = try await NewHome.arrive(
            folder.appending(path: "follower", directoryHint: .isDirectory), ledger.genesis,
            from: served.address, worthSnapshot: .max)
        try await served.stop()
        let taken = report.catchUp
        return (
            taken.blocks, Double(taken.blocks.transactions) / taken.elapsed.inSeconds,
            try before.better(withAgain: file)
        )
    }

    private func measureJoin(
        _ folder: URL, _ notes: BenchNotes
    ) async throws -> (bytes: Int, makeSeconds: Double, joinSeconds: Double) {
        notes.say("preparing \(snapshotAccounts) accounts")
        let ledger = try PreparedLedger(
            at: folder.appending(path: "joined", directoryHint: .isDirectory),
            accounts: snapshotAccounts)
        let file = try MessageFile(creating: folder.appending(path: "few"))
        try PaymentLoad(accounts: min(snapshotAccounts, 1_000), transactions: 1_000).write(
            to: file, chain: ledger.genesis.chain, firstNonce: PreparedLedger.nextNonce,
            now: SystemClock().now)
        let served = try await ServedLedger(ledger.home)
        _ = try await LoadDriver(clients: 2, perRequest: 100).run(file, on: served.node)
        await served.node.untilIdle()
        try await served.node.writeRows()
        notes.say("making a snapshot")
        let start = ContinuousClock.now
        let height = try await served.snapshots.make(
            of: served.node.store, genesis: ledger.genesis)
        let made = start.duration(to: .now)
        notes.say("joining")
        let again = ContinuousClock.now
        let report = try await NewHome.arrive(
            folder.appending(path: "joiner", directoryHint: .isDirectory), ledger.genesis,
            from: served.address, worthSnapshot: 1)
        let joined = again.duration(to: .now)
        guard report.snapshot == height, report.catchUp.to == served.node.finalHeight else {
            throw BenchFault("the new home is not where the other node is")
        }
        try await served.stop()
        return (Int(report.fetchedBytes), made.inSeconds, joined.inSeconds)
    }
}

/// A node that gives its blocks and snapshots by HTTP, in this process.
private final class ServedLedger: Sendable {
    let node: Node
    let snapshots: SnapshotFolder
    let address: String
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(_ home: NodeHome) async throws {
        let node = try Node(home: home, logger: NewHome.quiet)
        self.node = node
        snapshots = SnapshotFolder(home: home)
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.limits.requestsPerSecond = 0
        var context = ServerContext(
            node: node, configuration: configuration, logger: NewHome.quiet)
        context.snapshots = snapshots
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = try HTTPService(context) { listening.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: node), .init(service: service)], logger: NewHome.quiet))
        self.group = group
        running = Task { try await group.run() }
        guard let port = await ports.first(where: { _ in true }) else {
            throw BenchFault("the node did not begin to serve")
        }
        address = "http://127.0.0.1:\(port)"
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
        try node.store.close()
    }
}
