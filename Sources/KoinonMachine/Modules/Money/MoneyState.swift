import KoinonProtocol

extension Money {
    public static let units = Table<String, UnitOfAccount>(prefix: 0x30)
    /// By account, then unit; no row for nothing.
    public static let balances = Table<Key2<AccountID, String>, Balance>(prefix: 0x31)
    /// Money set aside in an agreement, by unit; no row for nothing.
    public static let holds = Table<Key2<AgreementID, String>, Hold>(prefix: 0x32)

    /// Decimal places that the shown amount may have.
    public static let maximumScale: UInt32 = 18

    /// An account's row of a unit, whose key is made once.
    private struct BalanceRow {
        let key: [UInt8]
        let amount: Amount

        init(of account: AccountID, unit: String, in state: StateOverlay) {
            key = balances.stateKey(Key2(account, unit))
            amount = Money.amount(in: state.value(for: key))
        }

        func set(_ amount: Amount, in state: StateOverlay) {
            if amount > .zero {
                state.set(key, Money.row(of: amount))
            } else {
                state.remove(key)
            }
        }
    }

    static func setHold(
        _ amount: Amount, in agreement: AgreementID, unit: String, in context: Context
    ) {
        guard amount > .zero else {
            return holds.remove(Key2(agreement, unit), in: context.state)
        }
        holds.set(Key2(agreement, unit), bytes: row(of: amount), in: context.state)
    }

    /// Cannot overflow: all balances and holds of a unit are at most what was issued,
    /// and that is at most the largest amount.
    static func credit(
        _ amount: Amount, to account: AccountID, unit: String, in context: Context
    ) {
        let row = BalanceRow(of: account, unit: unit, in: context.state)
        guard let sum = row.amount.adding(amount) else {
            preconditionFailure("\(account) would have more of \(unit) than was ever issued")
        }
        row.set(sum, in: context.state)
    }

    /// - Throws: `insufficientBalance`, then what the limits of the signing key say.
    static func debit(
        _ amount: Amount, from account: AccountID, unit: String, field: String = "",
        in context: Context
    ) throws(Rejection) {
        let row = BalanceRow(of: account, unit: unit, in: context.state)
        guard let after = row.amount.subtracting(amount) else {
            throw Rejection(
                MoneyRejection.insufficientBalance, field: field,
                detail: "has \(row.amount) \(unit)")
        }
        try Accounts.recordSpending(of: account, unit: unit, amount: amount, in: context)
        row.set(after, in: context.state)
    }
}

extension Context {
    func emit(_ event: MoneyEvent.OneOf_Event) {
        var wrapped = MoneyEvent()
        wrapped.event = event
        emit(.money(wrapped))
    }
}
