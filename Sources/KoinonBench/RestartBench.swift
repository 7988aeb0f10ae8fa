import Foundation
import Glibc
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

/// How long a node takes to be back: after it was stopped, and after it was killed under load.
public struct RestartBench: Sendable {
    public var accounts: Int
    public var transactions: Int

    public init(accounts: Int, transactions: Int) {
        self.accounts = accounts
        self.transactions = transactions
    }

    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        /// Checks of the transactions' signatures a second, all cores doing nothing else.
        public var signatureLimitPerS: Double
        /// From opening the ledger of a stopped node to the first new transaction's being
        /// durable.
        public var restartS: Double
        /// The same after the process was killed.
        public var restartAfterKillS: Double
        /// Transactions that the start after the kill executed again.
        public var executedAgain: UInt64
        public var peakMemoryBytes: UInt64
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let home = folder.url.appending(path: "home", directoryHint: .isDirectory)
        let ledger = try PreparedLedger(at: home, accounts: accounts) {
            notes.progress("accounts", $0, accounts)
        }
        let file = try MessageFile(creating: folder.url.appending(path: "messages"))
        // Two more than are sent before the kill: the first of each start.
        let load = PaymentLoad(accounts: accounts, transactions: transactions + 2)
        try load.write(
            to: file, chain: ledger.genesis.chain, firstNonce: PreparedLedger.nextNonce,
            now: SystemClock().now
        ) { notes.progress("signing", $0, load.transactions) }
        let reader = try file.reader()
        notes.say("paying, then killing the node")
        let child = try NodeProcess(home: home)
        try await send(transactions, from: reader, to: home)
        child.kill()
        let missing = try missingRows(home)

        notes.say("starting again")
        PeakMemory.reset()
        let afterKill = try await start(ledger.home, first: try reader.next(1))
        notes.say("stopping and starting again")
        let afterStop = try await start(ledger.home, first: try reader.next(1))
        let peak = PeakMemory.bytes
        // Only now: before, it would make the keys known to the nodes that are started here.
        notes.say("checking the same signatures on all cores")
        let limit = try SignatureLimit.measure(file)
        return Report(
            accounts: accounts, transactions: transactions, signatureLimitPerS: limit.perSecond,
            restartS: afterStop, restartAfterKillS: afterKill, executedAgain: missing,
            peakMemoryBytes: peak, machine: MachineDescription())
    }

    /// Seconds until the first transaction is durable; then stops the node.
    private func start(_ home: NodeHome, first: [Envelope]) async throws -> Double {
        let begun = ContinuousClock.now
        let running = try RunningNode(home)
        try LoadDriver.check(await running.node.submit(first, waits: true))
        let took = begun.duration(to: .now).inSeconds
        try await running.stop()
        return took
    }

    /// Sends by HTTP, several requests at a time, until all are durable.
    private func send(_ count: Int, from reader: MessageFile.Reader, to home: URL) async throws {
        let client = try NodeClient(home: home.path)
        var left = count
        while left > 0 {
            var requests: [[Envelope]] = []
            while left > 0, requests.count < 16 {
                let part = try reader.next(min(left, 512))
                left -= part.count
                requests.append(part)
            }
            try await withThrowingTaskGroup(of: [Submission].self) { group in
                for request in requests {
                    group.addTask { try await client.submit(request) }
                }
                for try await answers in group {
                    guard let other = answers.first(where: { $0.status != .done }) else { continue }
                    throw BenchFault("the node did not take the load: \(other.message)")
                }
            }
        }
    }

    private func missingRows(_ home: URL) throws -> UInt64 {
        let store = try LedgerStore(opening: home, readOnly: true)
        defer { try? store.close() }
        return try store.read { reader in
            let indexed = try reader.indexedHeight().rawValue
            let tip = try reader.tip().header.height.rawValue
            guard tip > indexed else { return 0 }
            return try (indexed + 1...tip).reduce(0) {
                $0 + UInt64(try reader.executedTransactions(at: Height($1)).ids.count)
            }
        }
    }
}

/// `koinon node` as a process of its own, which can be killed.
private final class NodeProcess {
    private let process = Process()

    /// Returns once it takes transactions.
    init(home: URL) throws {
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["node", "--home", home.path, "--port", "0"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        while !text.contains("answers ") {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty {
                throw BenchFault(
                    "the node in \(home.path) ended: \(text.isEmpty ? "without a word" : text)")
            }
            text += String(decoding: bytes, as: UTF8.self)
        }
    }

    deinit { kill() }

    /// Ends it at once, as a loss of power does.
    func kill() {
        guard process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
