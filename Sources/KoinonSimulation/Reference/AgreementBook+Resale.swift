import Foundation
import KoinonProtocol

private enum Code {
    static let amountTooLarge: UInt32 = 311
    static let malformedID: UInt32 = 601
    static let unknownAgreement: UInt32 = 611
    static let agreementEnded: UInt32 = 612
    static let notOpener: UInt32 = 640
    static let resaleNotAllowed: UInt32 = 641
    static let badResaleTime: UInt32 = 642
    static let resaleNotOffered: UInt32 = 643
    static let resaleOver: UInt32 = 644
    static let resaleDiffers: UInt32 = 645
    static let partyCannotBuy: UInt32 = 646
}

/// The opener sells its place, or the time that it does not need.
extension ReferenceLedger {
    private func running(_ bytes: Data) throws -> (AgreementID, AgreementBook.Row) {
        guard let id = AgreementID(bytes) else { throw Refusal(Code.malformedID) }
        guard let row = deals.rows[id] else { throw Refusal(Code.unknownAgreement) }
        guard let process = deals.processes[row.process] else { throw Unsure() }
        guard !(try process.state(row.state).final) else { throw Refusal(Code.agreementEnded) }
        return (id, row)
    }

    private func openerRole(_ row: AgreementBook.Row) throws -> String {
        guard let role = deals.processes[row.process]?.role(.opener) else { throw Unsure() }
        return role
    }

    private func checkResale(
        _ id: AgreementID, _ row: AgreementBook.Row, ofPart isPart: Bool
    ) throws {
        guard !row.isDisputed, let process = deals.processes[row.process],
            process.definition.hasResale
        else {
            throw Refusal(Code.resaleNotAllowed)
        }
        let rule = process.definition.resale
        guard (isPart ? rule.partStates : rule.states).contains(row.state) else {
            throw Refusal(Code.resaleNotAllowed)
        }
        if rule.allowed.isEmpty { return }
        let values = try ReferenceValues(id, row, at: now, in: self)
        guard try process.comparison(rule.allowed).holds(values.value) else {
            throw Refusal(Code.resaleNotAllowed)
        }
    }

    mutating func offerResale(_ action: OfferResale, by sender: AccountID) throws {
        guard AgreementID(action.agreement) != nil else { throw Refusal(Code.malformedID) }
        guard action.priceMinor <= Bounds.largestAmount else {
            throw Refusal(Code.amountTooLarge)
        }
        let (id, row) = try running(action.agreement)
        guard row.parties[try openerRole(row)] == sender else { throw Refusal(Code.notOpener) }
        try checkResale(id, row, ofPart: action.fromMs != 0)
        if action.fromMs != 0 {
            guard action.fromMs > now, action.fromMs > row.start, action.fromMs < row.end else {
                throw Refusal(Code.badResaleTime)
            }
        }
        guard action.untilMs == 0 || (action.untilMs > now && action.untilMs <= Bounds.endOfTime)
        else { throw Refusal(Code.badResaleTime) }
        var resale = Resale()
        resale.priceMinor = action.priceMinor
        resale.fromMs = action.fromMs
        resale.untilMs = action.untilMs
        deals.rows[id]?.resale = resale
    }

    mutating func withdrawResale(_ action: WithdrawResale, by sender: AccountID) throws {
        let (id, row) = try running(action.agreement)
        guard row.parties[try openerRole(row)] == sender else { throw Refusal(Code.notOpener) }
        guard row.resale != nil else { throw Refusal(Code.resaleNotOffered) }
        deals.rows[id]?.resale = nil
    }

    mutating func takeResale(_ action: TakeResale, by buyer: AccountID) throws {
        let (id, row) = try running(action.agreement)
        guard let resale = row.resale else { throw Refusal(Code.resaleNotOffered) }
        guard resale.untilMs == 0 || now < resale.untilMs else { throw Refusal(Code.resaleOver) }
        guard action.priceMinor == resale.priceMinor, action.fromMs == resale.fromMs else {
            throw Refusal(Code.resaleDiffers)
        }
        // Nobody decides about an agreement of its own.
        guard !row.parties.values.contains(buyer), AccountID(row.arbiter) != buyer else {
            throw Refusal(Code.partyCannotBuy)
        }
        try checkResale(id, row, ofPart: resale.fromMs != 0)
        guard let seller = row.parties[try openerRole(row)] else { throw Unsure() }
        if resale.fromMs == 0 {
            try replaceOpener(id, row, by: buyer, from: seller)
        } else {
            try splitOff(id, row, at: resale.fromMs, by: buyer)
        }
        try move(resale.priceMinor, row.unit, from: buyer, to: seller)
    }

    private mutating func replaceOpener(
        _ id: AgreementID, _ row: AgreementBook.Row, by buyer: AccountID, from seller: AccountID
    ) throws {
        guard let offer = market.offers[row.offer], let process = deals.processes[row.process]
        else { throw Unsure() }
        try checkTrust(in: buyer, under: offer.terms)
        guard !isStolen(row) else { throw Refusal(625) }
        let before = try resaleDeposit(id, row, process)
        var after = row
        after.parties[try openerRole(row)] = buyer
        after.deposit = try wholeDeposit(for: buyer, under: offer.terms, row.quantity)
        after.resale = nil
        let wanted = try resaleDeposit(id, after, process)
        timers.cancelAll(module: 6, subject: id.bytes)
        deals.rows[id] = after
        try arm(id, after, process)
        let held = money.held(id, row.unit)
        try collect(wanted, row.unit, from: buyer, into: id)
        pay(min(before, held), row.unit, outOf: id, to: seller, .deposit)
        let role = try openerRole(row)
        let isLent = process.definition.transitions.contains { transition in
            transition.effects.contains { $0.moveCustody.to == role }
        }
        if try process.occupancy(row.state) == .inUse, isLent {
            for share in row.shares { things.rows[share.thing]?.custodySteps += 1 }
        }
    }

    private func resaleDeposit(
        _ id: AgreementID, _ row: AgreementBook.Row, _ process: ReferenceProcess
    ) throws -> UInt64 {
        let text = process.definition.resale.deposit
        if text.isEmpty { return 0 }
        let values = try ReferenceValues(id, row, at: now, in: self)
        return UInt64(max(0, try process.formula(text).value(values.value)))
    }

    /// The seller's agreement ends where the buyer's begins.
    private mutating func splitOff(
        _ id: AgreementID, _ row: AgreementBook.Row, at moment: UInt64, by buyer: AccountID
    ) throws {
        guard let offer = market.offers[row.offer], let process = deals.processes[row.process]
        else { throw Unsure() }
        var first = row
        first.end = moment
        first.resale = nil
        timers.cancelAll(module: 6, subject: id.bytes)
        deals.rows[id] = first
        try arm(id, first, process)
        for share in row.shares { things.rows[share.thing]?.bookings[id]?.until = moment }
        var opening = OpenAgreement()
        opening.startMs = moment
        opening.durationMs = row.end - moment
        opening.quantity = row.quantity
        opening.arbiter = row.arbiter
        try open(opening, on: row.offer, offer, by: buyer)
    }
}
