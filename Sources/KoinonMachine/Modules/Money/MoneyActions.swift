import struct Foundation.Data
import KoinonProtocol

extension Money {
    /// By a member's account, which becomes the issuer.
    static func createUnit(_ action: CreateUnit, in context: Context) throws(Rejection) {
        guard Alliance.memberID(actingAs: context.sender, in: context.state) != nil else {
            throw Rejection(MoneyRejection.notAMember)
        }
        guard Slug.isValid(action.unit) else {
            throw Rejection(MoneyRejection.badUnitName, field: "unit")
        }
        guard !units.contains(action.unit, in: context.state) else {
            throw Rejection(MoneyRejection.unitExists, field: "unit")
        }
        guard TextCheck.isTitle(action.title) else {
            throw Rejection(MoneyRejection.badTitle, field: "title")
        }
        guard action.scale <= maximumScale else {
            throw Rejection(MoneyRejection.scaleTooLarge, field: "scale")
        }
        var unit = UnitOfAccount()
        unit.issuer = Data(context.sender.bytes)
        unit.title = action.title
        unit.scale = action.scale
        units.set(action.unit, unit, in: context.state)
        var created = UnitCreated()
        created.unit = action.unit
        created.issuer = unit.issuer
        context.emit(.unitCreated(created))
    }

    /// Makes money that its issuer owes.
    ///
    /// It counts as the signing key's spending: a stolen key with a limit must not make
    /// what it may not spend.
    static func issue(_ action: Issue, in context: Context) throws(Rejection) {
        guard var unit = known(action.unit, in: context.state) else {
            throw Rejection(MoneyRejection.unknownUnit, field: "unit")
        }
        guard AccountID(unit.issuer) == context.sender else {
            throw Rejection(MoneyRejection.notIssuer, field: "unit")
        }
        let receiver = try receiver(action.to, in: context)
        let amount = try amount(action.amountMinor)
        guard let issued = Amount(minor: unit.issuedMinor).adding(amount) else {
            throw Rejection(MoneyRejection.issuedTooMuch, field: "amount_minor")
        }
        try Accounts.recordSpending(
            of: context.sender, unit: action.unit, amount: amount, in: context)
        unit.issuedMinor = issued.minor
        units.set(action.unit, unit, in: context.state)
        credit(amount, to: receiver, unit: action.unit, in: context)
        var event = Issued()
        event.unit = action.unit
        event.to = action.to
        event.amountMinor = action.amountMinor
        context.emit(.issued(event))
    }

    static func transfer(_ action: Transfer, in context: Context) throws(Rejection) {
        guard exists(action.unit, in: context.state) else {
            throw Rejection(MoneyRejection.unknownUnit, field: "unit")
        }
        let receiver = try receiver(action.to, in: context)
        guard receiver != context.sender else {
            throw Rejection(MoneyRejection.transferToItself, field: "to")
        }
        let amount = try amount(action.amountMinor)
        try debit(
            amount, from: context.sender, unit: action.unit, field: "amount_minor", in: context)
        credit(amount, to: receiver, unit: action.unit, in: context)
        var event = Transferred()
        event.unit = action.unit
        event.from = Data(context.sender.bytes)
        event.to = action.to
        event.amountMinor = action.amountMinor
        context.emit(.transferred(event))
    }

    /// The holder gives back; what the issuer owes for it is settled off the ledger.
    static func redeem(_ action: Redeem, in context: Context) throws(Rejection) {
        guard var unit = known(action.unit, in: context.state) else {
            throw Rejection(MoneyRejection.unknownUnit, field: "unit")
        }
        let amount = try amount(action.amountMinor)
        try debit(
            amount, from: context.sender, unit: action.unit, field: "amount_minor", in: context)
        unit.redeemedMinor += amount.minor
        units.set(action.unit, unit, in: context.state)
        var event = Redeemed()
        event.unit = action.unit
        event.from = Data(context.sender.bytes)
        event.amountMinor = action.amountMinor
        context.emit(.redeemed(event))
    }

    private static func receiver(
        _ bytes: Data, in context: Context
    ) throws(Rejection) -> AccountID {
        guard let id = AccountID(bytes), Accounts.accounts.contains(id, in: context.state) else {
            throw Rejection(MoneyRejection.unknownAccount, field: "to")
        }
        return id
    }

    private static func amount(_ minor: UInt64) throws(Rejection) -> Amount {
        guard minor > 0 else { throw Rejection(MoneyRejection.amountZero, field: "amount_minor") }
        guard minor <= Amount.maximum.minor else {
            throw Rejection(MoneyRejection.amountTooLarge, field: "amount_minor")
        }
        return Amount(minor: minor)
    }
}
