import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// What it costs to prove a transaction, and to check the proof.
public struct ProofsBench: Sendable {
    public var accounts: Int
    public var transactions: Int
    /// Proofs that are made and checked.
    public var proofs: Int

    public init(accounts: Int, transactions: Int, proofs: Int) {
        self.accounts = accounts
        self.transactions = transactions
        self.proofs = proofs
    }

    public struct Report: Codable, Sendable {
        public var transactions: Int
        public var proofs: Int
        /// Checks of the transactions' signatures a second, all cores doing nothing else.
        public var signatureLimitPerS: Double
        /// Transactions in the blocks that the proofs are about, on average.
        public var transactionsPerBlock: Double
        /// To make a proof file of a transaction and its receipt from the store.
        public var proveUs: Double
        /// To read the file and check it from the genesis document alone.
        public var checkUs: Double
        public var proofBytes: Double
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let ledger = try PreparedLedger(
            at: folder.url.appending(path: "home", directoryHint: .isDirectory),
            accounts: accounts)
        let file = try MessageFile(creating: folder.url.appending(path: "messages"))
        try PaymentLoad(accounts: accounts, transactions: transactions).write(
            to: file, chain: ledger.genesis.chain, firstNonce: PreparedLedger.nextNonce,
            now: SystemClock().now
        ) { notes.progress("signing", $0, transactions) }
        notes.say("checking the same signatures on all cores")
        let before = try SignatureLimit.measure(file)
        let running = try RunningNode(ledger.home)
        notes.say("paying")
        _ = try await LoadDriver(clients: 24, perRequest: 512).run(file, on: running.node)
        await running.node.untilIdle()
        notes.say("proving and checking")
        let ids = try sample(file)
        var proving = Duration.zero
        var checking = Duration.zero
        var bytes = 0
        for id in ids {
            let clock = ContinuousClock()
            let start = clock.now
            let proof = try running.node.store.prove(transaction: id, genesis: ledger.genesis)
            let json = Array(proof.json.utf8)
            proving += start.duration(to: clock.now)
            bytes += json.count
            let checkStart = clock.now
            _ = try ProofFile(json: json).check(genesis: ledger.genesis)
            checking += checkStart.duration(to: clock.now)
        }
        let counts = try running.node.store.read { try $0.counts() }
        try await running.stop()
        let limit = try before.better(withAgain: file)
        let count = Double(ids.count)
        return Report(
            transactions: transactions, proofs: ids.count, signatureLimitPerS: limit.perSecond,
            transactionsPerBlock: Double(transactions) / Double(max(counts.blocks, 2) - 1),
            proveUs: proving.inSeconds / count * 1e6, checkUs: checking.inSeconds / count * 1e6,
            proofBytes: Double(bytes) / count, machine: MachineDescription())
    }

    /// Ids evenly from the whole load.
    private func sample(_ file: MessageFile) throws -> [Hash256] {
        let reader = try file.reader()
        let every = max(transactions / proofs, 1)
        var ids: [Hash256] = []
        var place = 0
        while case let envelopes = try reader.next(4_096), !envelopes.isEmpty {
            for envelope in envelopes {
                if place.isMultiple(of: every), ids.count < proofs { ids.append(envelope.bodyHash) }
                place += 1
            }
        }
        return ids
    }
}
