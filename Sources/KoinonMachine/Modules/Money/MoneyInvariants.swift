import KoinonProtocol

extension Money {
    /// Per unit: issued − redeemed = Σ balances + Σ holds; no rows of nothing.
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        // In UInt64, as no sum of rows below 2^63 that is right can wrap unseen twice.
        var there: [String: UInt64] = [:]
        func count(_ amount: UInt64, _ unit: String, _ row: String) {
            if amount == 0 { violations.append("\(row) has a row of 0 \(unit)") }
            if amount > Amount.maximum.minor { violations.append("\(row): \(amount) \(unit)") }
            there[unit, default: 0] &+= amount
        }
        for (key, balance) in balances.rows(in: state) {
            count(balance.amountMinor, key.b, "\(key.a)")
            if Accounts.account(key.a, in: state) == nil {
                violations.append("\(key.a) has a balance and is no account")
            }
        }
        for (key, hold) in holds.rows(in: state) {
            count(hold.amountMinor, key.b, "\(key.a)")
        }
        for (name, unit) in units.rows(in: state) {
            let sum = there.removeValue(forKey: name) ?? 0
            if unit.issuedMinor > Amount.maximum.minor || unit.redeemedMinor > unit.issuedMinor {
                violations.append("\(name): redeemed more than issued, or issued too much")
            } else if unit.issuedMinor - unit.redeemedMinor != sum {
                violations.append(
                    "\(name): \(unit.issuedMinor) issued − \(unit.redeemedMinor) redeemed ≠ \(sum)")
            }
        }
        for unit in there.keys.sorted() { violations.append("\(unit) is no unit and is somewhere") }
        return violations
    }
}
