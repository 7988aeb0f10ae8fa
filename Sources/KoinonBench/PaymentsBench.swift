import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// How fast a node takes payments, from signed bytes to durable blocks.
public struct PaymentsBench: Sendable {
    public var load: PaymentLoad
    /// Clients at the same time, and what each sends at once.
    public var clients: Int
    public var perRequest: Int

    public init(load: PaymentLoad, clients: Int = 64, perRequest: Int = 512) {
        self.load = load
        self.clients = clients
        self.perRequest = perRequest
    }

    /// Field names are those of the JSON form; docs/benchmarks.md says what each means.
    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        public var pattern: String
        public var actionsPerTransaction: Int
        /// Checks of these signatures a second, all cores doing nothing else.
        public var signatureLimitPerS: Double
        /// Transactions a second, durable.
        public var committedPerS: Double
        public var paymentsPerS: Double
        /// `committed_per_s` ÷ `signature_limit_per_s`.
        public var ratio: Double
        /// Processor time on all cores, which other programs on the machine hardly change.
        public var processorUsPerSignature: Double
        public var processorUsPerTransaction: Double
        public var p50Ms: Double
        public var p99Ms: Double
        /// Of the whole process while the node worked, the clients' part included.
        public var peakMemoryBytes: UInt64
        /// What the ledger's file grew by.
        public var bytesPerTransaction: Double
        public var machine: MachineDescription
    }

    /// Runs in a folder of its own under `parent`.
    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let home = folder.url.appending(path: "home", directoryHint: .isDirectory)
        let ledger = try PreparedLedger(at: home, accounts: load.accounts) {
            notes.progress("accounts", $0, load.accounts)
        }
        return try await run(on: ledger, in: folder.url, notes)
    }

    /// - Parameter firstNonce: the first that no account has used.
    func run(
        on ledger: PreparedLedger, in folder: URL, firstNonce: UInt64 = PreparedLedger.nextNonce,
        _ notes: BenchNotes
    ) async throws -> Report {
        let file = try MessageFile(creating: folder.appending(path: "messages"))
        try load.write(
            to: file, chain: ledger.genesis.chain, firstNonce: firstNonce,
            now: SystemClock().now
        ) { notes.progress("signing", $0, load.transactions) }
        notes.say("checking the same signatures on all cores")
        let before = try SignatureLimit.measure(file)
        notes.say("opening the node")
        PeakMemory.reset()
        let running = try RunningNode(ledger.home)
        let bytesBefore = try ledger.bytes()
        notes.say("sending")
        let processorBefore = ProcessorTime.seconds
        let start = ContinuousClock.now
        let outcome = try await LoadDriver(clients: clients, perRequest: perRequest)
            .run(file, on: running.node)
        // Stopping included: by then the node has also written the rows that it put off.
        try await running.stop()
        let elapsed = start.duration(to: .now)
        let processor = ProcessorTime.seconds - processorBefore
        let peak = PeakMemory.bytes
        let bytesAfter = try ledger.bytes()
        let limit = try before.better(withAgain: file)
        let rate = Double(load.transactions) / elapsed.inSeconds
        return Report(
            accounts: load.accounts, transactions: load.transactions,
            pattern: load.pattern.rawValue, actionsPerTransaction: load.actionsPerTransaction,
            signatureLimitPerS: limit.perSecond, committedPerS: rate,
            paymentsPerS: rate * Double(load.actionsPerTransaction),
            ratio: rate / limit.perSecond,
            processorUsPerSignature: limit.processorMicroseconds,
            processorUsPerTransaction: processor / Double(load.transactions) * 1e6,
            p50Ms: outcome.percentile(50), p99Ms: outcome.percentile(99), peakMemoryBytes: peak,
            bytesPerTransaction: Double(bytesAfter - bytesBefore) / Double(load.transactions),
            machine: MachineDescription())
    }
}
