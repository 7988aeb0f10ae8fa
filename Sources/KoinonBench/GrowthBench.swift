import Foundation
import KoinonProtocol

/// How much slower payments are when there are many more accounts.
public struct GrowthBench: Sendable {
    public var accounts: Int
    public var fewAccounts: Int
    public var transactions: Int
    /// Times that both are measured, in turn; the best of each counts.
    public var rounds: Int

    public init(accounts: Int, fewAccounts: Int, transactions: Int, rounds: Int) {
        self.accounts = accounts
        self.fewAccounts = fewAccounts
        self.transactions = transactions
        self.rounds = rounds
    }

    public struct Report: Codable, Sendable {
        public var accounts: Int
        public var fewAccounts: Int
        public var transactions: Int
        public var rounds: Int
        /// Checks of these signatures a second, the best of both; their messages are alike.
        public var signatureLimitPerS: Double
        public var committedPerS: Double
        public var committedPerSFew: Double
        /// `committed_per_s` ÷ `committed_per_s_few`.
        public var growthRatio: Double
        public var processorUsPerTransaction: Double
        public var processorUsPerTransactionFew: Double
        public var machine: MachineDescription
    }

    public func run(in parent: URL? = nil, _ notes: BenchNotes) async throws -> Report {
        let folder = try WorkFolder(under: parent)
        var sides: [Side] = []
        for count in [fewAccounts, accounts] {
            notes.say("\(count) accounts")
            let home = folder.url.appending(path: "\(count)", directoryHint: .isDirectory)
            sides.append(
                Side(
                    ledger: try PreparedLedger(at: home, accounts: count),
                    load: PaymentLoad(accounts: count, transactions: transactions)))
        }
        for _ in 0..<rounds {
            for index in sides.indices { try await sides[index].measure(folder.url, notes) }
        }
        return Report(
            accounts: accounts, fewAccounts: fewAccounts, transactions: transactions,
            rounds: rounds,
            signatureLimitPerS: max(sides[0].signatureLimit, sides[1].signatureLimit),
            committedPerS: sides[1].best, committedPerSFew: sides[0].best,
            growthRatio: sides[1].best / sides[0].best,
            processorUsPerTransaction: sides[1].leastProcessor,
            processorUsPerTransactionFew: sides[0].leastProcessor, machine: MachineDescription())
    }

    private struct Side {
        var ledger: PreparedLedger
        var load: PaymentLoad
        var nextNonce = PreparedLedger.nextNonce
        var best = 0.0
        var signatureLimit = 0.0
        var leastProcessor = Double.infinity

        mutating func measure(_ folder: URL, _ notes: BenchNotes) async throws {
            notes.say("paying among \(load.accounts)")
            let report = try await PaymentsBench(load: load)
                .run(on: ledger, in: folder, firstNonce: nextNonce, notes)
            nextNonce += load.noncesPerAccount
            best = max(best, report.committedPerS)
            signatureLimit = max(signatureLimit, report.signatureLimitPerS)
            leastProcessor = min(leastProcessor, report.processorUsPerTransaction)
        }
    }
}
