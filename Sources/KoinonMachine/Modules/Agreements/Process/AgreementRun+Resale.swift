import struct Foundation.Data
import KoinonProtocol

/// The opener's place, or its later time, passes on to somebody else.
extension AgreementRun {
    /// Position of the role that whoever opened the agreement has.
    var openerRole: Int {
        guard let role = process.roles.firstIndex(where: { $0.source == .opener }) else {
            preconditionFailure("the process \(process.id) has no opener")
        }
        return role
    }

    var opener: AccountID { account(of: openerRole) }

    /// Whether process and offer let the opener sell now: the whole, or a part.
    ///
    /// - Throws: `resaleNotAllowed`, or what keeps its condition from having a value.
    func checkResale(ofPart isPart: Bool) throws(Rejection) {
        guard !agreement.disputed else {
            throw Rejection(
                AgreementsRejection.resaleNotAllowed, field: "agreement", detail: "disputed")
        }
        guard let rule = process.resale, let state,
            (isPart ? rule.partStates : rule.states).contains(state)
        else {
            throw Rejection(
                AgreementsRejection.resaleNotAllowed, field: "agreement", detail: agreement.state)
        }
        let holds: Bool
        do throws(ArithmeticFault) {
            holds = try rule.allowed?.holds(values()) ?? true
        } catch {
            throw Rejection(error, field: "agreement")
        }
        guard holds else {
            throw Rejection(AgreementsRejection.resaleNotAllowed, field: "agreement")
        }
    }

    func emitResaleClosed() {
        var closed = ResaleClosed()
        closed.agreement = Data(id.bytes)
        context.emit(.resaleClosed(closed))
    }

    /// The buyer takes the opener's place: rights, duties, what is held and the record.
    ///
    /// Only the deposit is each one's own: the seller's returns to it, the buyer leaves
    /// what the offer asks of the buyer.
    func replaceOpener(by buyer: AccountID, deposit: Amount) throws(Rejection) {
        let seller = opener
        let before = try resaleDeposit()
        timers.disarm(in: context)
        agreement.parties[openerRole] = Data(buyer.bytes)
        agreement.depositMinor = deposit.minor
        agreement.clearResale()
        let after = try resaleDeposit()
        Agreements.agreements.set(id, agreement, in: context.state)
        // Some processes reckon their timers from the deposit.
        timers.arm(in: context)
        let held = Money.held(in: id, unit: agreement.unit, in: context.state)
        try Money.collect(after, unit: agreement.unit, from: buyer, into: id, in: context)
        try Money.pay(
            min(before, held), unit: agreement.unit, outOf: id, to: seller, purpose: .deposit,
            in: context)
        handOver(to: buyer)
    }

    /// What of the hold is the present opener's deposit; below zero counts as zero.
    private func resaleDeposit() throws(Rejection) -> Amount {
        guard let expression = process.resale?.deposit else { return .zero }
        do throws(ArithmeticFault) {
            return Amount(minor: UInt64(max(0, try expression.evaluate(values()))))
        } catch {
            throw Rejection(error, field: "agreement")
        }
    }

    /// What is in use moves on, if it is a thing that the process gives to the opener.
    private func handOver(to buyer: AccountID) {
        guard let state, process.states[state].occupancy == .inUse,
            process.lends(to: openerRole)
        else { return }
        for share in shares {
            Resources.moveCustody(
                of: share.resource, to: buyer, reason: .lent, agreement: id,
                quantity: UInt32(share.quantity), in: context)
        }
    }

    /// The agreed end comes earlier; the rest of the time is free.
    func shorten(to end: UInt64) {
        timers.disarm(in: context)
        agreement.endMs = end
        agreement.clearResale()
        Agreements.agreements.set(id, agreement, in: context.state)
        timers.arm(in: context)
        rebook()
    }
}
