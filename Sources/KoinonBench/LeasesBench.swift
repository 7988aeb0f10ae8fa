import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// How fast a node runs whole leases: open, start, finish and settle, each a signed
/// transaction of its own.
public struct LeasesBench: Sendable {
    public var leases: Int
    public var borrowers: Int
    public var clients: Int
    /// Leases that a client runs side by side.
    public var perRequest: Int

    public init(leases: Int, borrowers: Int, clients: Int = 48, perRequest: Int = 256) {
        self.leases = leases
        self.borrowers = borrowers
        self.clients = clients
        self.perRequest = perRequest
    }

    static let stepsPerLease = 4

    public struct Report: Codable, Sendable {
        public var leases: Int
        public var transactionsPerLease: Int
        public var signatureLimitPerS: Double
        public var committedPerS: Double
        /// Whole leases a second.
        public var tripsPerS: Double
        /// `committed_per_s` ÷ `signature_limit_per_s`.
        public var ratio: Double
        /// Processor time on all cores, which other programs on the machine hardly change.
        public var processorUsPerSignature: Double
        public var processorUsPerTransaction: Double
        public var peakMemoryBytes: UInt64
        public var bytesPerTransaction: Double
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        guard leases > 0, borrowers > 0 else { throw BenchFault("give at least 1 of each") }
        let folder = try WorkFolder(under: parent)
        let ledger = try PreparedLedger(
            at: folder.url.appending(path: "home", directoryHint: .isDirectory),
            accounts: borrowers + LeaseMarket.providerCount)
        let running = try RunningNode(ledger.home)
        notes.say("registering resources and offers")
        // As many things as there are leases at once, and half as many again.
        let things = min(leases, clients * perRequest * 3 / 2)
        var market = LeaseMarket(chain: ledger.genesis.chain, staff: ledger.staff)
        for part in try market.setUp(things: things, now: running.node.now) {
            try LoadDriver.check(await running.node.submit(part, waits: true))
        }
        let file = try MessageFile(creating: folder.url.appending(path: "messages"))
        try market.write(
            leases: leases, borrowers: borrowers, group: perRequest, to: file,
            now: running.node.now
        ) { notes.progress("signing", $0, leases) }
        notes.say("checking the same signatures on all cores")
        let before = try SignatureLimit.measure(file)
        PeakMemory.reset()
        let bytesBefore = try ledger.bytes()
        notes.say("leasing")
        // A group's requests stand one behind the other in the file, so a client that took
        // the openings also takes what follows them.
        let processorBefore = ProcessorTime.seconds
        let start = ContinuousClock.now
        try await run(file, on: running.node)
        try checkSettled(running.node)
        // By then the node has also written the rows that it put off.
        try await running.stop()
        let elapsed = start.duration(to: .now)
        let processor = ProcessorTime.seconds - processorBefore
        let peak = PeakMemory.bytes
        let bytesAfter = try ledger.bytes()
        let limit = try before.better(withAgain: file)
        let transactions = leases * Self.stepsPerLease
        let rate = Double(transactions) / elapsed.inSeconds
        return Report(
            leases: leases, transactionsPerLease: Self.stepsPerLease,
            signatureLimitPerS: limit.perSecond,
            committedPerS: rate, tripsPerS: rate / Double(Self.stepsPerLease),
            ratio: rate / limit.perSecond, processorUsPerSignature: limit.processorMicroseconds,
            processorUsPerTransaction: processor / Double(transactions) * 1e6,
            peakMemoryBytes: peak,
            bytesPerTransaction: Double(bytesAfter - bytesBefore) / Double(transactions),
            machine: MachineDescription())
    }

    private func run(_ file: MessageFile, on node: Node) async throws {
        let groups = try LeaseGroups(file, leases: leases, group: perRequest)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    while let steps = try groups.next() {
                        for step in steps {
                            try LoadDriver.check(await node.submit(step, waits: true))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Every lease must have come to its end.
    private func checkSettled(_ node: Node) throws {
        let settled = node.replica.read { replica in
            Agreements.agreements.rows(in: replica.state).count { $0.value.state == "settled" }
        }
        guard settled == leases else {
            throw BenchFault("\(settled) of \(leases) leases are settled")
        }
    }
}
