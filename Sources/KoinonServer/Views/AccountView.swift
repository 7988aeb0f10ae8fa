import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// An account: who may act for it, through whom it is here, what is known of it.
public struct AccountView: Codable, Sendable, Equatable {
    public struct Key: Codable, Sendable, Equatable {
        /// 64 hexadecimal digits.
        public var publicKey: String
        public var addedAt: TimeView
        /// What it may spend a UTC day; empty: it has no limits, and may manage keys.
        public var limits: [Limit]
        /// The next nonce is this plus 1; 0 before its first transaction.
        public var highestNonce: UInt64
    }
    public struct Limit: Codable, Sendable, Equatable {
        public var perDay: MoneyView
        /// Of the day of the ledger's time.
        public var spentToday: MoneyView
    }
    public struct Sponsor: Codable, Sendable, Equatable {
        public var member: String
        public var since: TimeView
    }
    public struct Recovery: Codable, Sendable, Equatable {
        /// Who may replace all keys.
        public var account: String
        public var delayMs: UInt64
        /// The key that replaces all others, and when, once a recovery has begun.
        public var pendingKey: String?
        public var due: TimeView?
    }

    public var id: String
    public var openedAt: TimeView
    /// The present sponsor.
    public var sponsor: String
    /// Oldest first; the last is the present one.
    public var sponsors: [Sponsor]
    /// To which it wishes to move.
    public var requestedSponsor: String?
    public var keys: [Key]
    public var recovery: Recovery?
    /// The member that acts through it.
    public var member: String?
    /// Settled agreements, on every platform.
    public var settled: UInt64
    public var settledLate: UInt64
    public var settledSinceLate: UInt64
    /// Members that checked that a person of its own stands behind it.
    public var vouchedBy: [String]
    /// Open ones.
    public var flags: [FlagView]
    /// In all kinds alike, in millionths.
    public var standingPpm: UInt32
    public var stateKey: String

    /// Nil when there is no such account.
    public static func make(_ id: AccountID, in reader: ViewReader) -> AccountView? {
        guard let row = Accounts.account(id, in: reader.state) else { return nil }
        let record = Agreements.record(of: id, in: reader.state)
        let standing = Reputation.standing(
            of: id, kind: nil, at: reader.time, in: reader.state)
        return AccountView(
            id: id.text, openedAt: TimeView(ms: row.openedAtMs),
            sponsor: row.sponsorships.last?.sponsor ?? "",
            sponsors: row.sponsorships.map {
                Sponsor(member: $0.sponsor, since: TimeView(ms: $0.sinceMs))
            },
            requestedSponsor: row.requestedSponsor.isEmpty ? nil : row.requestedSponsor,
            keys: row.keys.map { key($0, reader) }, recovery: recovery(of: row, reader),
            member: Alliance.memberID(actingAs: id, in: reader.state)?.rawValue,
            settled: record.settled, settledLate: record.settledLate,
            settledSinceLate: record.settledSinceLate,
            vouchedBy: Reputation.vouches.rows(under: id, in: reader.state).map(\.key.b)
                .filter { Alliance.member($0, in: reader.state) != nil }.map(\.rawValue),
            flags: FlagView.open(of: id, in: reader), standingPpm: standing.boundPpm,
            stateKey: stateKeyText(Accounts.accounts.stateKey(id)))
    }

    private static func key(_ row: AccountKey, _ reader: ViewReader) -> Key {
        Key(
            publicKey: Hex.encode(row.publicKey), addedAt: TimeView(ms: row.addedAtMs),
            limits: zip(row.limits, row.spending).map { limit, spending in
                let isToday = spending.day == reader.time.utcDay
                return Limit(
                    perDay: reader.money(limit.perDayMinor, limit.unit),
                    spentToday: reader.money(isToday ? spending.spentMinor : 0, limit.unit))
            }, highestNonce: row.window.highest)
    }

    private static func recovery(of row: Account, _ reader: ViewReader) -> Recovery? {
        guard let account = reader.account(row.recoveryAccount) else { return nil }
        let pending = row.hasPendingRecovery ? row.pendingRecovery : nil
        return Recovery(
            account: account, delayMs: row.recoveryDelayMs,
            pendingKey: pending.map { Hex.encode($0.publicKey) },
            due: pending.map { TimeView(ms: $0.dueMs) })
    }
}

/// What an account has of one unit.
public struct BalanceView: Codable, Sendable, Equatable {
    public var unit: String
    public var title: String
    public var amount: MoneyView
    public var stateKey: String

    /// One for each unit of which it has anything, shorter names first; nil when there is
    /// no such account.
    public static func all(of id: AccountID, in reader: ViewReader) -> [BalanceView]? {
        guard Accounts.account(id, in: reader.state) != nil else { return nil }
        return Money.balances(of: id, in: reader.state).map { unit, amount in
            BalanceView(
                unit: unit, title: Money.unit(unit, in: reader.state)?.title ?? "",
                amount: reader.money(amount.minor, unit),
                stateKey: stateKeyText(Money.balances.stateKey(Key2(id, unit))))
        }
    }
}
