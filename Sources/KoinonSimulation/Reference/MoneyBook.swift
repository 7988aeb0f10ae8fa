import Foundation
import KoinonProtocol

/// Who has what, and what agreements hold.
struct MoneyBook {
    struct Unit {
        var issuer: AccountID
        var issued: UInt64 = 0
        var redeemed: UInt64 = 0
    }

    var units: [String: Unit] = [:]
    /// By account, then unit; nothing is kept for nothing.
    var balances: [AccountID: [String: UInt64]] = [:]
    var holds: [AgreementID: [String: UInt64]] = [:]

    func balance(_ account: AccountID, _ unit: String) -> UInt64 {
        balances[account]?[unit] ?? 0
    }

    func held(_ agreement: AgreementID, _ unit: String) -> UInt64 {
        holds[agreement]?[unit] ?? 0
    }

    mutating func set(_ account: AccountID, _ unit: String, _ amount: UInt64) {
        balances[account, default: [:]][unit] = amount == 0 ? nil : amount
        if balances[account]?.isEmpty == true { balances[account] = nil }
    }

    mutating func setHold(_ agreement: AgreementID, _ unit: String, _ amount: UInt64) {
        holds[agreement, default: [:]][unit] = amount == 0 ? nil : amount
        if holds[agreement]?.isEmpty == true { holds[agreement] = nil }
    }

    /// Follows what a receipt says happened, with arithmetic of its own.
    ///
    /// - Returns: what cannot have happened, if anything.
    mutating func follow(_ event: MoneyEvent) -> String? {
        switch event.event {
        case .unitCreated(let event):
            guard let issuer = AccountID(event.issuer) else { return "a unit without issuer" }
            units[event.unit] = Unit(issuer: issuer)
        case .issued(let event):
            units[event.unit]?.issued += event.amountMinor
            return add(event.amountMinor, event.unit, event.to)
        case .redeemed(let event):
            units[event.unit]?.redeemed += event.amountMinor
            return take(event.amountMinor, event.unit, event.from)
        case .transferred(let event):
            return take(event.amountMinor, event.unit, event.from)
                ?? add(event.amountMinor, event.unit, event.to)
        case .holdFilled(let event):
            guard let id = AgreementID(event.agreement) else { return "a hold of no agreement" }
            setHold(id, event.unit, held(id, event.unit) + event.amountMinor)
            return take(event.amountMinor, event.unit, event.from)
        case .holdPaid(let event):
            guard let id = AgreementID(event.agreement), held(id, event.unit) >= event.amountMinor
            else { return "a hold pays \(event.amountMinor) \(event.unit), which it has not" }
            setHold(id, event.unit, held(id, event.unit) - event.amountMinor)
            return add(event.amountMinor, event.unit, event.to)
        default: return "an event of money that this model does not know"
        }
        return nil
    }

    private mutating func add(_ amount: UInt64, _ unit: String, _ account: Data) -> String? {
        guard let id = AccountID(account) else { return "money goes to no account" }
        set(id, unit, balance(id, unit) + amount)
        return nil
    }

    private mutating func take(_ amount: UInt64, _ unit: String, _ account: Data) -> String? {
        guard let id = AccountID(account), balance(id, unit) >= amount else {
            return "an account lets go of \(amount) \(unit), which it has not"
        }
        set(id, unit, balance(id, unit) - amount)
        return nil
    }
}

private enum Code {
    static let empty: UInt32 = 300
    static let notAMember: UInt32 = 301
    static let badUnitName: UInt32 = 302
    static let unitExists: UInt32 = 303
    static let badTitle: UInt32 = 304
    static let scaleTooLarge: UInt32 = 305
    static let unknownUnit: UInt32 = 306
    static let notIssuer: UInt32 = 307
    static let unknownAccount: UInt32 = 308
    static let transferToItself: UInt32 = 309
    static let amountZero: UInt32 = 310
    static let amountTooLarge: UInt32 = 311
    static let issuedTooMuch: UInt32 = 312
    static let insufficientBalance: UInt32 = 313
}

extension ReferenceLedger {
    mutating func perform(_ action: MoneyAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .createUnit(let action): try createUnit(action, by: sender)
        case .issue(let action): try issue(action, by: sender)
        case .transfer(let action): try transfer(action, by: sender)
        case .redeem(let action): try redeem(action, by: sender)
        case nil: throw Refusal(Code.empty)
        }
    }

    private mutating func createUnit(_ action: CreateUnit, by sender: AccountID) throws {
        guard alliance.member(actingAs: sender) != nil else { throw Refusal(Code.notAMember) }
        guard Bounds.isSlug(action.unit) else { throw Refusal(Code.badUnitName) }
        guard money.units[action.unit] == nil else { throw Refusal(Code.unitExists) }
        guard Bounds.isTitle(action.title) else { throw Refusal(Code.badTitle) }
        guard action.scale <= 18 else { throw Refusal(Code.scaleTooLarge) }
        money.units[action.unit] = MoneyBook.Unit(issuer: sender)
        emit { event in
            event.unitCreated.unit = action.unit
            event.unitCreated.issuer = Data(sender.bytes)
        }
    }

    private mutating func issue(_ action: Issue, by sender: AccountID) throws {
        guard var unit = money.units[action.unit] else { throw Refusal(Code.unknownUnit) }
        guard unit.issuer == sender else { throw Refusal(Code.notIssuer) }
        let to = try receiver(action.to)
        try check(action.amountMinor)
        guard action.amountMinor <= Bounds.largestAmount - unit.issued else {
            throw Refusal(Code.issuedTooMuch)
        }
        try spend(action.amountMinor, action.unit, by: sender)
        unit.issued += action.amountMinor
        money.units[action.unit] = unit
        money.set(to, action.unit, money.balance(to, action.unit) + action.amountMinor)
        emit { event in
            event.issued.unit = action.unit
            event.issued.to = action.to
            event.issued.amountMinor = action.amountMinor
        }
    }

    private mutating func transfer(_ action: Transfer, by sender: AccountID) throws {
        guard money.units[action.unit] != nil else { throw Refusal(Code.unknownUnit) }
        let to = try receiver(action.to)
        guard to != sender else { throw Refusal(Code.transferToItself) }
        try check(action.amountMinor)
        try debit(action.amountMinor, action.unit, from: sender)
        money.set(to, action.unit, money.balance(to, action.unit) + action.amountMinor)
        emit { event in
            event.transferred.unit = action.unit
            event.transferred.from = Data(sender.bytes)
            event.transferred.to = action.to
            event.transferred.amountMinor = action.amountMinor
        }
    }

    private mutating func redeem(_ action: Redeem, by sender: AccountID) throws {
        guard money.units[action.unit] != nil else { throw Refusal(Code.unknownUnit) }
        try check(action.amountMinor)
        try debit(action.amountMinor, action.unit, from: sender)
        money.units[action.unit]?.redeemed += action.amountMinor
        emit { event in
            event.redeemed.unit = action.unit
            event.redeemed.from = Data(sender.bytes)
            event.redeemed.amountMinor = action.amountMinor
        }
    }

    private func receiver(_ bytes: Data) throws -> AccountID {
        guard let id = AccountID(bytes), people.accounts[id] != nil else {
            throw Refusal(Code.unknownAccount)
        }
        return id
    }

    private func check(_ amount: UInt64) throws {
        if amount == 0 { throw Refusal(Code.amountZero) }
        if amount > Bounds.largestAmount { throw Refusal(Code.amountTooLarge) }
    }

    private mutating func debit(_ amount: UInt64, _ unit: String, from: AccountID) throws {
        let before = money.balance(from, unit)
        guard amount <= before else { throw Refusal(Code.insufficientBalance) }
        try spend(amount, unit, by: from)
        money.set(from, unit, before - amount)
    }

    /// From one account to another within an action about something else; nothing for 0.
    mutating func move(
        _ amount: UInt64, _ unit: String, from: AccountID, to: AccountID
    ) throws {
        if amount == 0 { return }
        try debit(amount, unit, from: from)
        money.set(to, unit, money.balance(to, unit) + amount)
        emit { event in
            event.transferred.unit = unit
            event.transferred.from = Data(from.bytes)
            event.transferred.to = Data(to.bytes)
            event.transferred.amountMinor = amount
        }
    }

    // MARK: Holds

    /// From an account into an agreement's hold; nothing for 0.
    mutating func collect(
        _ amount: UInt64, _ unit: String, from: AccountID, into agreement: AgreementID
    ) throws {
        if amount == 0 { return }
        try debit(amount, unit, from: from)
        money.setHold(agreement, unit, money.held(agreement, unit) + amount)
        emit { event in
            event.holdFilled.agreement = Data(agreement.bytes)
            event.holdFilled.unit = unit
            event.holdFilled.from = Data(from.bytes)
            event.holdFilled.amountMinor = amount
        }
    }

    /// Out of a hold, never more than it has; nothing for 0.
    mutating func pay(
        _ wanted: UInt64, _ unit: String, outOf agreement: AgreementID, to: AccountID,
        _ purpose: HoldPurpose
    ) {
        let before = money.held(agreement, unit)
        let amount = min(wanted, before)
        if amount == 0 { return }
        money.setHold(agreement, unit, before - amount)
        money.set(to, unit, money.balance(to, unit) + amount)
        emit { event in
            event.holdPaid.agreement = Data(agreement.bytes)
            event.holdPaid.unit = unit
            event.holdPaid.to = Data(to.bytes)
            event.holdPaid.amountMinor = amount
            event.holdPaid.purpose = purpose
        }
    }

    private mutating func emit(_ fill: (inout MoneyEvent) -> Void) {
        var event = MoneyEvent()
        fill(&event)
        moneyEvents.append(event)
    }
}
