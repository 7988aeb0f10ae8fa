import Foundation
import KoinonProtocol

private enum Code {
    static let empty: UInt32 = 600
    static let malformedID: UInt32 = 601
    static let unknownOffer: UInt32 = 602
    static let offerWithdrawn: UInt32 = 603
    static let ownOffer: UInt32 = 604
    static let platformGone: UInt32 = 605
    static let quantityTooLarge: UInt32 = 606
    static let durationOutOfRange: UInt32 = 607
    static let startInPast: UInt32 = 608
    static let startTooFarAhead: UInt32 = 609
    static let outsideAvailability: UInt32 = 610
    static let unknownAgreement: UInt32 = 611
    static let agreementEnded: UInt32 = 612
    static let unknownTransition: UInt32 = 613
    static let wrongState: UInt32 = 614
    static let notYourTransition: UInt32 = 615
    static let guardNotMet: UInt32 = 616
    static let arithmeticOverflow: UInt32 = 617
    static let resourceStolen: UInt32 = 625
    static let arbiterNotOffered: UInt32 = 630
    static let arbiterIsParty: UInt32 = 631
    static let agreementDisputed: UInt32 = 632
    static let openerFlagged: UInt32 = 655
}

/// Which transition is taken, if any may be.
extension ReferenceLedger {
    mutating func perform(_ action: AgreementsAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .openAgreement(let action): try open(action, by: sender)
        case .takeTransition(let action): try take(action, by: sender)
        case .offerResale(let action): try offerResale(action, by: sender)
        case .withdrawResale(let action): try withdrawResale(action, by: sender)
        case .takeResale(let action): try takeResale(action, by: sender)
        case nil: throw Refusal(Code.empty)
        }
    }

    private mutating func open(_ action: OpenAgreement, by sender: AccountID) throws {
        guard let offerID = OfferID(action.offer) else { throw Refusal(Code.malformedID) }
        guard let offer = market.offers[offerID] else { throw Refusal(Code.unknownOffer) }
        guard !offer.withdrawn else { throw Refusal(Code.offerWithdrawn) }
        try open(action, on: offerID, offer, by: sender)
    }

    mutating func open(
        _ action: OpenAgreement, on offerID: OfferID, _ offer: MarketBook.Row, by sender: AccountID
    ) throws {
        guard offer.provider != sender else { throw Refusal(Code.ownOffer) }
        guard let platform = alliance.members[offer.terms.platform]?.account else {
            throw Refusal(Code.platformGone)
        }
        try checkTrust(in: sender, under: offer.terms)
        guard let process = deals.processes[offer.terms.process] else { throw Unsure() }
        let quantity = action.quantity == 0 ? 1 : action.quantity
        let shares = shares(of: offer.terms).map {
            AgreementBook.Share(thing: $0.thing, quantity: $0.quantity * UInt64(quantity))
        }
        let rows = shares.compactMap { things.rows[$0.thing] }
        guard rows.count == shares.count else { throw Unsure() }
        guard rows.allSatisfy({ $0.reporter == nil }) else { throw Refusal(Code.resourceStolen) }
        guard zip(rows, shares).allSatisfy({ UInt64($0.capacity) >= $1.quantity }) else {
            throw Refusal(Code.quantityTooLarge)
        }
        let start = try start(of: action, under: offer.terms)
        let deposit = try wholeDeposit(for: sender, under: offer.terms, quantity)
        var parties: [String: AccountID] = [:]
        for role in process.definition.roles {
            switch role.source {
            case .provider: parties[role.name] = offer.provider
            case .opener: parties[role.name] = sender
            case .platform: parties[role.name] = platform
            default: throw Unsure()
            }
        }
        try checkArbiter(of: action, under: offer.terms, parties)
        let agreement = AgreementBook.Row(
            offer: offerID, shares: shares, process: offer.terms.process, parties: parties,
            openedAt: now, start: start, end: start + action.durationMs, quantity: quantity,
            deposit: deposit, unit: offer.terms.unit, arbiter: action.arbiter)
        let id: AgreementID = try newID()
        let candidates = process.definition.transitions.filter(\.from.isEmpty)
        try takeByRole(try firstAllowed(candidates, id, agreement), id, agreement)
    }

    private func checkArbiter(
        of action: OpenAgreement, under terms: PublishOffer, _ parties: [String: AccountID]
    ) throws {
        if action.arbiter.isEmpty { return }
        guard terms.arbiters.contains(action.arbiter) else {
            throw Refusal(Code.arbiterNotOffered)
        }
        guard !parties.values.contains(where: { Data($0.bytes) == action.arbiter }) else {
            throw Refusal(Code.arbiterIsParty)
        }
    }

    /// Whom the offer takes.
    func checkTrust(in account: AccountID, under terms: PublishOffer) throws {
        guard terms.hasTrustRule else { return }
        if terms.trustRule.refuseFlagged, trust.isFlagged(account) {
            throw Refusal(Code.openerFlagged)
        }
        // Standing is a sum that this model does not keep.
        if terms.trustRule.minimumStandingPpm > 0 { throw Unsure() }
    }

    func wholeDeposit(
        for account: AccountID, under terms: PublishOffer, _ quantity: UInt32
    ) throws -> UInt64 {
        let (deposit, overflow) = deposit(for: account, under: terms)
            .multipliedReportingOverflow(by: UInt64(quantity))
        guard !overflow, deposit <= Bounds.largestAmount else {
            throw Refusal(Code.arithmeticOverflow)
        }
        return deposit
    }

    /// Less for one who settled enough in a row without being late, more for one flagged.
    private func deposit(for account: AccountID, under terms: PublishOffer) -> UInt64 {
        if terms.trustRule.flaggedDepositMinor > 0, trust.isFlagged(account) {
            return terms.trustRule.flaggedDepositMinor
        }
        let inARow = deals.records[account]?.sinceLate ?? 0
        return terms.hasReducedDeposit && inARow >= UInt64(terms.reducedDeposit.afterSettled)
            ? terms.reducedDeposit.depositMinor : terms.depositMinor
    }

    func start(of action: OpenAgreement, under terms: PublishOffer) throws -> UInt64 {
        let parameters = alliance.parameters
        var longest = parameters.agreementDurationMaximumMs
        if terms.durationMaximumMs > 0 { longest = min(longest, terms.durationMaximumMs) }
        guard action.durationMs > 0, action.durationMs >= terms.durationMinimumMs,
            action.durationMs <= longest
        else { throw Refusal(Code.durationOutOfRange) }
        let start = action.startMs == 0 ? now : action.startMs
        guard start >= now else { throw Refusal(Code.startInPast) }
        guard start - now <= parameters.bookingHorizonMs, start <= Bounds.endOfTime,
            start + action.durationMs <= Bounds.endOfTime
        else { throw Refusal(Code.startTooFarAhead) }
        guard start >= terms.availableFromMs,
            terms.availableUntilMs == 0 || start + action.durationMs <= terms.availableUntilMs
        else { throw Refusal(Code.outsideAvailability) }
        return start
    }

    private mutating func take(_ action: TakeTransition, by sender: AccountID) throws {
        guard let id = AgreementID(action.agreement) else { throw Refusal(Code.malformedID) }
        guard let row = deals.rows[id] else { throw Refusal(Code.unknownAgreement) }
        guard let process = deals.processes[row.process] else { throw Unsure() }
        guard !(try process.state(row.state).final) else {
            throw Refusal(Code.agreementEnded, detail: row.state)
        }
        guard !row.isDisputed else { throw Refusal(Code.agreementDisputed) }
        let named = process.definition.transitions.filter {
            $0.name == action.transition && !$0.from.isEmpty
        }
        if named.isEmpty { throw Refusal(Code.unknownTransition) }
        let leaving = named.filter { $0.from == row.state }
        if leaving.isEmpty { throw Refusal(Code.wrongState, detail: row.state) }
        let own = leaving.filter { $0.by.contains { row.parties[$0] == sender } }
        if own.isEmpty { throw Refusal(Code.notYourTransition) }
        try takeByRole(try firstAllowed(own, id, row), id, row)
    }

    private mutating func takeByRole(
        _ transition: TransitionDefinition, _ id: AgreementID, _ row: AgreementBook.Row
    ) throws {
        if transition.sale != nil, isStolen(row) { throw Refusal(Code.resourceStolen) }
        try enter(try way(transition, id, row), id, row)
    }

    private func way(
        _ transition: TransitionDefinition, _ id: AgreementID, _ row: AgreementBook.Row
    ) throws -> AgreementWay {
        var way = AgreementWay(to: transition.to, remainderTo: transition.remainderTo)
        let amounts = try amounts(of: transition.effects, id, row)
        for (effect, amount) in zip(transition.effects, amounts) { way.add(effect, amount) }
        return way
    }

    func isStolen(_ row: AgreementBook.Row) -> Bool {
        row.shares.contains { things.rows[$0.thing]?.reporter != nil }
    }

    private func firstAllowed(
        _ candidates: [TransitionDefinition], _ id: AgreementID, _ row: AgreementBook.Row
    ) throws -> TransitionDefinition {
        guard let process = deals.processes[row.process] else { throw Unsure() }
        let values = try ReferenceValues(id, row, at: now, in: self)
        var reason: String?
        for candidate in candidates {
            let unmet = try candidate.guards.first {
                !(try process.comparison($0.condition).holds(values.value))
            }
            guard let unmet else { return candidate }
            reason = unmet.otherwise
        }
        throw Refusal(Code.guardNotMet, detail: reason)
    }

    /// Takes the transition at the timer's place in the process, come what may.
    mutating func takeByTimer(_ timer: ReferenceTimer) throws {
        guard let id = AgreementID(timer.subject), let row = deals.rows[id],
            let process = deals.processes[row.process],
            process.definition.transitions.indices.contains(Int(timer.kind))
        else { throw Unsure() }
        let transition = process.definition.transitions[Int(timer.kind)]
        guard transition.from == row.state, transition.name == timer.name else { throw Unsure() }
        var way: AgreementWay
        do {
            if transition.sale != nil, isStolen(row) { throw Refusal(Code.resourceStolen) }
            way = try self.way(transition, id, row)
        } catch is Refusal {
            // What cannot be reckoned or sold is left out, so that the state is left at all.
            way = AgreementWay(to: transition.to, remainderTo: transition.remainderTo)
            if let sale = transition.sale {
                way = AgreementWay(to: sale.otherwise, remainderTo: sale.otherwiseTo)
            }
        }
        try enter(way, id, row)
    }
}

extension TransitionDefinition {
    /// What it says about ownership, if it moves it.
    var sale: TransferOwnership? {
        for effect in effects {
            if case .transferOwnership(let sale) = effect.effect { return sale }
        }
        return nil
    }
}
