import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonServer
import Logging
import ServiceLifecycle

/// What of a node's speed is left over HTTP, with client and server on the same cores.
public struct HTTPBench: Sendable {
    public var accounts: Int
    /// Of each part.
    public var transactions: Int
    /// Connections at the same time, where a request carries one transaction.
    public var clients: Int

    public init(accounts: Int, transactions: Int, clients: Int = 128) {
        self.accounts = accounts
        self.transactions = transactions
        self.clients = clients
    }

    /// Field names are those of the JSON form; docs/benchmarks.md says what each means.
    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        /// Without HTTP, as `bench payments` measures.
        public var committedInProcessPerS: Double
        /// One transaction a request.
        public var committedOverHttpPerS: Double
        public var committedByBulkPerS: Double
        /// `committed_over_http_per_s` ÷ `committed_in_process_per_s`.
        public var ratio: Double
        public var bulkRatio: Double
        /// From sending to durable, while requests come half as fast as before.
        public var p50MsAtHalfLoad: Double
        public var p99MsAtHalfLoad: Double
        public var peakMemoryBytes: UInt64
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try BenchFolder(under: parent)
        let home = folder.url.appending(path: "home", directoryHint: .isDirectory)
        let ledger = try PreparedLedger(at: home, accounts: accounts) {
            notes.progress("accounts", $0, accounts)
        }
        let file = try MessageFile(creating: folder.url.appending(path: "messages"))
        // Half as many again for the part at half load, and as many for each of the others.
        let load = PaymentLoad(accounts: accounts, transactions: transactions * 7 / 2)
        try load.write(
            to: file, chain: ledger.genesis.chain, firstNonce: PreparedLedger.nextNonce,
            now: SystemClock().now
        ) { notes.progress("signing", $0, load.transactions) }
        let source = try SharedReader(file)
        PeakMemory.reset()
        let served = try await ServedNode(ledger.home, connections: clients)
        notes.say("in process")
        let inProcess = try await rate(source) { try await sendInProcess(source, served.node, $0) }
        notes.say("one transaction a request")
        let single = try await rate(source) { try await sendSingly(source, served.client, $0) }
        notes.say("in bulk")
        let bulk = try await rate(source) { try await sendInBulk(source, served.client, $0) }
        notes.say("at half load")
        let latencies = try await atHalfLoad(source, served.client, single / 2)
        try await served.stop()
        return Report(
            accounts: accounts, transactions: transactions, committedInProcessPerS: inProcess,
            committedOverHttpPerS: single, committedByBulkPerS: bulk, ratio: single / inProcess,
            bulkRatio: bulk / inProcess, p50MsAtHalfLoad: latencies.percentile(50),
            p99MsAtHalfLoad: latencies.percentile(99), peakMemoryBytes: PeakMemory.bytes,
            machine: MachineDescription())
    }

    /// Transactions a second.
    private func rate(
        _ source: SharedReader, _ body: (Int) async throws -> Void
    ) async throws -> Double {
        let start = ContinuousClock.now
        try await body(transactions)
        return Double(transactions) / start.duration(to: .now).inSeconds
    }

    private func sendInProcess(_ source: SharedReader, _ node: Node, _ count: Int) async throws {
        let share = source.share(of: count)
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

    private func sendSingly(_ source: SharedReader, _ client: NodeClient, _ count: Int) async throws
    {
        let share = source.share(of: count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    while let envelope = try share.next(1)?.first {
                        try Self.check([try await client.submit(envelope)])
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func sendInBulk(_ source: SharedReader, _ client: NodeClient, _ count: Int) async throws
    {
        let share = source.share(of: count)
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
    }

    /// Requests come at a fixed pace, whether earlier ones have their answer or not.
    private func atHalfLoad(
        _ source: SharedReader, _ client: NodeClient, _ perSecond: Double
    ) async throws -> LoadDriver.Outcome {
        let share = source.share(of: transactions / 2)
        var outcome = LoadDriver.Outcome()
        outcome.latencies = try await withThrowingTaskGroup(of: Double.self) { group in
            let start = ContinuousClock.now
            var sent = 0
            while let envelope = try share.next(1)?.first {
                let due = start.advanced(by: .seconds(Double(sent) / perSecond))
                sent += 1
                // Behind its time: send at once, and the latency counts from when it was due.
                if due > .now { try await Task.sleep(until: due) }
                group.addTask {
                    try Self.check([try await client.submit(envelope)])
                    return due.duration(to: .now).inSeconds * 1_000
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        outcome.latencies.sort()
        return outcome
    }

    private static func check(_ submissions: [Submission]) throws {
        for submission in submissions where submission.status != .done {
            throw BenchFault(
                "a transaction of the load was \(submission.status.rawValue): \(submission.message)"
            )
        }
    }
}

/// A node with its HTTP service in this process, on a free port and without limits on clients.
private final class ServedNode: Sendable {
    let node: Node
    let client: NodeClient
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(_ home: NodeHome, connections: Int) async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let node = try Node(home: home, logger: logger)
        self.node = node
        var configuration = ServerConfiguration()
        configuration.port = 0
        configuration.limits.requestsPerSecond = 0
        configuration.limits.connections = 0
        configuration.limits.connectionsPerAddress = 0
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = try HTTPService(
            ServerContext(node: node, configuration: configuration, logger: logger)
        ) { port in
            listening.yield(port)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: node), .init(service: service)], logger: logger))
        self.group = group
        running = Task { try await group.run() }
        guard let port = await ports.first(where: { _ in true }) else {
            throw BenchFault("the node did not begin to serve")
        }
        client = try NodeClient("http://127.0.0.1:\(port)", connections: connections)
    }

    func stop() async throws {
        try await client.close()
        await group.triggerGracefulShutdown()
        try await running.value
        try node.store.close()
    }
}
