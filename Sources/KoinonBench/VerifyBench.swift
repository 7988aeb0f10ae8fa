import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

/// How fast a whole ledger is recomputed from its genesis document.
public struct VerifyBench: Sendable {
    public var accounts: Int
    public var transactions: Int

    public init(accounts: Int, transactions: Int) {
        self.accounts = accounts
        self.transactions = transactions
    }

    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var transactions: Int
        public var blocks: UInt64
        public var signatureLimitPerS: Double
        /// Executed transactions a second, those that opened the accounts included.
        public var verifiedPerS: Double
        /// `verified_per_s` ÷ `signature_limit_per_s`.
        public var ratio: Double
        public var processorUsPerSignature: Double
        public var processorUsPerTransaction: Double
        public var machine: MachineDescription
    }

    /// Everything on this ledger came by transactions, so that verification finds it sound.
    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        let home = folder.url.appending(path: "home", directoryHint: .isDirectory)
        let ledger = try PreparedLedger(at: home, accounts: 0)
        let running = try RunningNode(ledger.home)
        notes.say("opening \(accounts) accounts")
        try await open(on: running.node, ledger)
        let file = try MessageFile(creating: folder.url.appending(path: "messages"))
        try PaymentLoad(accounts: accounts, transactions: transactions).write(
            to: file, chain: ledger.genesis.chain, firstNonce: 1, now: SystemClock().now
        ) { notes.progress("signing", $0, transactions) }
        notes.say("paying")
        _ = try await LoadDriver(clients: 24, perRequest: 512).run(file, on: running.node)
        try await running.stop()

        notes.say("checking the same signatures on all cores")
        let before = try SignatureLimit.measure(file)
        notes.say("verifying")
        let store = try LedgerStore(opening: home, readOnly: true)
        let processorBefore = ProcessorTime.seconds
        let start = ContinuousClock.now
        let report = try await Verification.run(store, genesis: ledger.genesis)
        let elapsed = start.duration(to: .now)
        let processor = ProcessorTime.seconds - processorBefore
        try store.close()
        let limit = try before.better(withAgain: file)
        let rate = Double(report.transactions) / elapsed.inSeconds
        return Report(
            accounts: accounts, transactions: Int(report.transactions), blocks: report.blocks,
            signatureLimitPerS: limit.perSecond, verifiedPerS: rate,
            ratio: rate / limit.perSecond,
            processorUsPerSignature: limit.processorMicroseconds,
            processorUsPerTransaction: processor / Double(report.transactions) * 1e6,
            machine: MachineDescription())
    }

    func open(on node: Node, _ ledger: PreparedLedger) async throws {
        guard let member = PreparedLedger.member else {
            preconditionFailure("bench is a member's name")
        }
        let crowd = Crowd(chain: node.chain)
        var staff = TransactionBuilder(
            chain: node.chain, sender: crowd.account(of: ledger.staff), key: ledger.staff)
        func send(_ actions: [[Action]]) async throws {
            let envelopes = try actions.map { try staff.build($0, now: node.now).envelope }
            try LoadDriver.check(await node.submit(envelopes, waits: true))
        }
        try await send([[.createUnit(PreparedLedger.unit, title: "US dollar", scale: 2)]])
        // Groups, so that the staff's nonces under way stay within their window.
        for start in stride(from: 0, to: accounts, by: 10_000) {
            let group = Array(start..<min(start + 10_000, accounts))
            let keys = AllCores.map(0..<group.count) { Crowd.key(group[$0]) }
            try await send(
                keys.inParts(of: 100).map { part in
                    part.map {
                        .openAccount(
                            consent: AccountConsent.signed(
                                by: $0, chain: node.chain, sponsor: member))
                    }
                })
            try await send(
                keys.inParts(of: 100).map { part in
                    part.map {
                        .issue(
                            unit: PreparedLedger.unit, to: crowd.account(of: $0),
                            amount: PreparedLedger.balance)
                    }
                })
        }
    }
}

extension Array {
    /// Runs of at most `count` elements, in order.
    func inParts(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map {
            Array(self[$0..<Swift.min($0 + count, self.count)])
        }
    }
}
