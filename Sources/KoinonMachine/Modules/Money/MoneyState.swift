import KoinonProtocol

extension Money {
    public static let units = Table<String, UnitOfAccount>(prefix: 0x30)
    /// By account, then unit; no row for nothing.
    public static let balances = Table<Key2<AccountID, String>, Balance>(prefix: 0x31)
    /// Money set aside in an agreement, by unit; no row for nothing.
    public static let holds = Table<Key2<AgreementID, String>, Hold>(prefix: 0x32)

    /// Decimal places that the shown amount may have.
    public static let maximumScale: UInt32 = 18

    static func setBalance(
        _ amount: Amount, of account: AccountID, unit: String, in context: Context
    ) {
        guard amount > .zero else {
            return balances.remove(Key2(account, unit), in: context.state)
        }
        var balance = Balance()
        balance.amountMinor = amount.minor
        balances.set(Key2(account, unit), balance, in: context.state)
    }

    static func setHold(
        _ amount: Amount, in agreement: AgreementID, unit: String, in context: Context
    ) {
        guard amount > .zero else {
            return holds.remove(Key2(agreement, unit), in: context.state)
        }
        var hold = Hold()
        hold.amountMinor = amount.minor
        holds.set(Key2(agreement, unit), hold, in: context.state)
    }

    /// Cannot overflow: all balances and holds of a unit are at most what was issued,
    /// and that is at most the largest amount.
    static func credit(
        _ amount: Amount, to account: AccountID, unit: String, in context: Context
    ) {
        guard let sum = balance(of: account, unit: unit, in: context.state).adding(amount) else {
            preconditionFailure("\(account) would have more of \(unit) than was ever issued")
        }
        setBalance(sum, of: account, unit: unit, in: context)
    }

    /// - Throws: `insufficientBalance`, then what the limits of the signing key say.
    static func debit(
        _ amount: Amount, from account: AccountID, unit: String, field: String = "",
        in context: Context
    ) throws(Rejection) {
        let before = balance(of: account, unit: unit, in: context.state)
        guard let after = before.subtracting(amount) else {
            throw Rejection(
                MoneyRejection.insufficientBalance, field: field, detail: "has \(before) \(unit)")
        }
        try Accounts.recordSpending(of: account, unit: unit, amount: amount, in: context)
        setBalance(after, of: account, unit: unit, in: context)
    }
}

extension Context {
    func emit(_ event: MoneyEvent.OneOf_Event) {
        var wrapped = MoneyEvent()
        wrapped.event = event
        emit(.money(wrapped))
    }
}
