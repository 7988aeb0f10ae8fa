import struct Foundation.Data
import KoinonProtocol

/// What agreements do with money: into their hold, and out of it to someone.
extension Money {
    /// From an account's balance into the agreement's hold; nothing happens for 0.
    ///
    /// - Throws: `insufficientBalance`, then what the limits of the signing key say.
    static func collect(
        _ amount: Amount, unit: String, from account: AccountID, into agreement: AgreementID,
        in context: Context
    ) throws(Rejection) {
        guard amount > .zero else { return }
        try debit(amount, from: account, unit: unit, in: context)
        guard let sum = held(in: agreement, unit: unit, in: context.state).adding(amount) else {
            preconditionFailure("\(agreement) would hold more of \(unit) than was ever issued")
        }
        setHold(sum, in: agreement, unit: unit, in: context)
        var event = HoldFilled()
        event.agreement = Data(agreement.bytes)
        event.unit = unit
        event.from = Data(account.bytes)
        event.amountMinor = amount.minor
        context.emit(.holdFilled(event))
    }

    /// From balance to balance, as a part of what the payer signed; nothing happens for 0.
    ///
    /// - Throws: `insufficientBalance`, then what the limits of the signing key say.
    static func move(
        _ amount: Amount, unit: String, from payer: AccountID, to receiver: AccountID,
        in context: Context
    ) throws(Rejection) {
        guard amount > .zero else { return }
        try debit(amount, from: payer, unit: unit, in: context)
        credit(amount, to: receiver, unit: unit, in: context)
        var event = Transferred()
        event.unit = unit
        event.from = Data(payer.bytes)
        event.to = Data(receiver.bytes)
        event.amountMinor = amount.minor
        context.emit(.transferred(event))
    }

    /// Out of the agreement's hold to an account that is open; nothing happens for 0.
    ///
    /// - Throws: `insufficientHold`.
    static func pay(
        _ amount: Amount, unit: String, outOf agreement: AgreementID, to account: AccountID,
        purpose: HoldPurpose, in context: Context
    ) throws(Rejection) {
        guard amount > .zero else { return }
        let before = held(in: agreement, unit: unit, in: context.state)
        guard let rest = before.subtracting(amount) else {
            throw Rejection(MoneyRejection.insufficientHold, detail: "holds \(before) \(unit)")
        }
        setHold(rest, in: agreement, unit: unit, in: context)
        credit(amount, to: account, unit: unit, in: context)
        var event = HoldPaid()
        event.agreement = Data(agreement.bytes)
        event.unit = unit
        event.to = Data(account.bytes)
        event.amountMinor = amount.minor
        event.purpose = purpose
        context.emit(.holdPaid(event))
    }
}
