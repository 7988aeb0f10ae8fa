import KoinonProtocol

extension Accounts {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var sponsored: [String: UInt64] = [:]
        var pending = 0
        let rows = accounts.rows(in: state)
        for (id, account) in rows {
            violations += keyViolations(of: id, account, in: state).map { "account \(id): \($0)" }
            sponsored[account.sponsorships.last?.sponsor ?? "", default: 0] += 1
            guard account.hasPendingRecovery else { continue }
            pending += 1
            let due = Timestamp(milliseconds: account.pendingRecovery.dueMs)
            if !Timers.isSet(
                due: due, module: number, kind: TimerKind.recovery.rawValue, subject: id.bytes,
                in: state)
            {
                violations.append("account \(id): its recovery never comes")
            }
        }
        if Timers.all(of: number, in: state).count != pending {
            violations.append("a timer is set for a recovery that is not pending")
        }
        var counted: UInt64 = 0
        for (member, row) in sponsors.rows(in: state) {
            counted += row.accounts
            let actual = sponsored[member.rawValue] ?? 0
            if row.accounts != actual {
                violations.append("\(member) counts \(row.accounts) accounts and has \(actual)")
            }
        }
        if counted != UInt64(rows.count) { violations.append("an account has no sponsor") }
        return violations
    }

    private static func keyViolations(
        of id: AccountID, _ account: Account, in state: some StateReader
    ) -> [String] {
        var violations: [String] = []
        if Set(account.keys.map(\.publicKey)).count != account.keys.count {
            violations.append("a key stands twice")
        }
        if !account.keys.contains(where: \.limits.isEmpty) {
            violations.append("no key may manage it")
        }
        if account.keys.count > maximumKeys { violations.append("more keys than allowed") }
        for key in account.keys {
            guard let publicKey = PublicKey(key.publicKey) else {
                violations.append("a key has \(key.publicKey.count) bytes")
                continue
            }
            if revokedKeys.contains(Key2(id, publicKey), in: state) {
                violations.append("a revoked key is active")
            }
            if key.hasWindow { violations += windowViolations(key.window) }
            if key.limits.map(\.unit) != key.spending.map(\.unit) {
                violations.append("spending and limits of a key differ in units")
            }
            for (limit, spent) in zip(key.limits, key.spending)
            where spent.spentMinor > limit.perDayMinor {
                violations.append("a key has spent more than its limit in \(limit.unit)")
            }
        }
        return violations
    }

    private static func windowViolations(_ window: NonceWindow) -> [String] {
        var violations: [String] = []
        // Everything above the last range, the highest included, is used.
        var previous: UInt64 =
            window.highest > NonceWindow.width ? window.highest - NonceWindow.width : 0
        for range in window.unused {
            if range.first <= previous || range.last < range.first {
                violations.append("unused nonces out of order or out of the window")
            }
            previous = range.last + 1
        }
        if window.highest == 0 || previous > window.highest {
            violations.append("unused nonces above the highest used")
        }
        return violations
    }
}
