import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// Who pays whom in a benchmark.
public enum PaymentPattern: String, CaseIterable, Sendable {
    /// Every account sends in turn; receivers are drawn evenly.
    case uniform
    /// Every account sends in turn, and all pay the same one.
    case hot
}

/// Signed payments, made before the clock runs.
public struct PaymentLoad {
    public var accounts: Int
    public var transactions: Int
    public var pattern: PaymentPattern
    public var actionsPerTransaction: Int
    /// From signing on.
    public var lifetimeMilliseconds: UInt64

    public init(
        accounts: Int, transactions: Int, pattern: PaymentPattern = .uniform,
        actionsPerTransaction: Int = 1, lifetimeMilliseconds: UInt64 = 23 * 3_600_000
    ) {
        self.accounts = accounts
        self.transactions = transactions
        self.pattern = pattern
        self.actionsPerTransaction = actionsPerTransaction
        self.lifetimeMilliseconds = lifetimeMilliseconds
    }

    /// Account 0 receives the payments of the hot pattern and sends none.
    private static let hot = 0

    /// How many nonces of each sender the load uses at most.
    var noncesPerAccount: UInt64 {
        UInt64((transactions + accounts - 2) / max(accounts - 1, 1))
    }

    /// Writes the transactions of all rounds: in each every account but the hot one sends
    /// once, in an order that the seed decides.
    ///
    /// - Parameter firstNonce: the first nonce that no sender has used.
    public func write(
        to file: MessageFile, chain: ChainID, firstNonce: UInt64, now: Timestamp,
        seed: UInt64 = 1, progress: (Int) -> Void = { _ in }
    ) throws {
        guard accounts > 1 else { throw BenchFault("--accounts: payments need at least 2") }
        let crowd = Crowd(chain: chain)
        var generator = SeededGenerator(seed: seed)
        var order = Array(1..<accounts)
        order.shuffle(using: &generator)
        let part = 16_384
        for start in stride(from: 0, to: transactions, by: part) {
            let end = min(start + part, transactions)
            let plans = (start..<end).map { number in
                Plan(
                    sender: order[number % order.count],
                    nonce: firstNonce + UInt64(number / order.count),
                    seed: generator.next())
            }
            let envelopes = AllCores.map(0..<plans.count) { index in
                envelope(plans[index], crowd, now)
            }
            try file.append(envelopes.map { try $0.get() })
            progress(end)
        }
        file.finish()
    }

    private struct Plan: Sendable {
        var sender: Int
        var nonce: UInt64
        var seed: UInt64
    }

    private func envelope(
        _ plan: Plan, _ crowd: Crowd, _ now: Timestamp
    ) -> Result<Envelope, TransactionBuildingFault> {
        var generator = SeededGenerator(seed: plan.seed)
        let key = Crowd.key(plan.sender)
        let actions = (0..<actionsPerTransaction).map { _ in
            Action.transfer(
                unit: PreparedLedger.unit,
                to: crowd.account(of: Crowd.key(receiver(for: plan, &generator))),
                amount: Amount(minor: 1 + generator.next() % 99))
        }
        var builder = TransactionBuilder(
            chain: crowd.chain, sender: crowd.account(of: key), key: key, nextNonce: plan.nonce,
            lifetimeMilliseconds: lifetimeMilliseconds)
        return Result { () throws(TransactionBuildingFault) in
            try builder.build(actions, now: now).envelope
        }
    }

    private func receiver(for plan: Plan, _ generator: inout SeededGenerator) -> Int {
        if pattern == .hot { return Self.hot }
        let drawn = Int.random(in: 0..<accounts - 1, using: &generator)
        return drawn < plan.sender ? drawn : drawn + 1
    }
}

extension PaymentLoad: Sendable {}
