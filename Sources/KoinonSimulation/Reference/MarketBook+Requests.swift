import Foundation
import KoinonProtocol

extension MarketBook {
    struct RequestRow {
        var wish: PublishRequest
        var customer: AccountID
        var state = RequestState.open
    }

    struct AnswerRow {
        var request: RequestID
        var provider: AccountID
        var terms: PublishOffer
        var startMs: UInt64
        var durationMs: UInt64
        /// Whether the terms that stand are the customer's.
        var byCustomer = false
        var rounds = 0
    }
}

private enum Code {
    static let malformedID: UInt32 = 501
    static let badTitle: UInt32 = 502
    static let amountTooLarge: UInt32 = 505
    static let placeOutOfRange: UInt32 = 508
    static let unknownUnit: UInt32 = 518
    static let badTextHash: UInt32 = 533
    static let unknownKind: UInt32 = 534
    static let badRadius: UInt32 = 535
    static let badRequestPeriod: UInt32 = 536
    static let badExpiry: UInt32 = 537
    static let tooManyRequests: UInt32 = 538
    static let unknownRequest: UInt32 = 539
    static let notCustomer: UInt32 = 540
    static let requestClosed: UInt32 = 541
    static let ownRequest: UInt32 = 542
    static let wrongUnit: UInt32 = 543
    static let wrongKind: UInt32 = 544
    static let tooManyAnswers: UInt32 = 545
    static let unknownAnswer: UInt32 = 546
    static let notInNegotiation: UInt32 = 547
    static let notYourTurn: UInt32 = 548
    static let tooManyRounds: UInt32 = 549
    static let resourceGone: UInt32 = 619
}

/// Somebody asks, providers answer, and the two haggle by turns.
extension ReferenceLedger {
    mutating func publish(_ wish: PublishRequest, by sender: AccountID) throws {
        guard Bounds.isTitle(wish.title) else { throw Refusal(Code.badTitle) }
        guard Bounds.isHashOrNothing(wish.textHash) else { throw Refusal(Code.badTextHash) }
        if wish.hasPlace {
            guard abs(Int64(wish.place.latitudeE7)) <= 900_000_000,
                abs(Int64(wish.place.longitudeE7)) <= 1_800_000_000
            else { throw Refusal(Code.placeOutOfRange) }
        }
        guard wish.radiusM == 0 || (wish.hasPlace && wish.radiusM <= 20_037_508) else {
            throw Refusal(Code.badRadius)
        }
        guard wish.quantity <= 1_000_000 else { throw Refusal(Code.badRequestPeriod) }
        guard wish.budgetMinor <= Bounds.largestAmount else { throw Refusal(Code.amountTooLarge) }
        guard wish.kind.isEmpty || things.kinds.contains(wish.kind) else {
            throw Refusal(Code.unknownKind)
        }
        if wish.startMs != 0 {
            guard wish.startMs >= now,
                wish.startMs - now <= alliance.parameters.bookingHorizonMs
            else { throw Refusal(Code.badRequestPeriod) }
        }
        guard wish.durationMs <= alliance.parameters.agreementDurationMaximumMs else {
            throw Refusal(Code.badRequestPeriod)
        }
        guard money.units[wish.unit] != nil else { throw Refusal(Code.unknownUnit) }
        guard wish.expiresAtMs > now, wish.expiresAtMs - now <= 30 * Bounds.day else {
            throw Refusal(Code.badExpiry)
        }
        let open = market.requests.values.count { $0.customer == sender && $0.state == .open }
        guard open < 16 else { throw Refusal(Code.tooManyRequests) }
        let id: RequestID = try newID()
        market.requests[id] = MarketBook.RequestRow(wish: wish, customer: sender)
        timers.set(expiry(of: id, wish))
    }

    private func expiry(of id: RequestID, _ wish: PublishRequest) -> ReferenceTimer {
        ReferenceTimer(due: wish.expiresAtMs, module: 5, kind: 1, subject: id.bytes)
    }

    mutating func withdraw(_ action: WithdrawRequest, by sender: AccountID) throws {
        guard let id = RequestID(action.request) else { throw Refusal(Code.malformedID) }
        guard let row = market.requests[id] else { throw Refusal(Code.unknownRequest) }
        guard row.customer == sender else { throw Refusal(Code.notCustomer) }
        guard row.state == .open else { throw Refusal(Code.requestClosed) }
        close(id, as: .withdrawn)
    }

    mutating func expire(_ timer: ReferenceTimer) throws {
        guard let id = RequestID(timer.subject), market.requests[id]?.state == .open else {
            throw Unsure()
        }
        close(id, as: .expired)
    }

    private mutating func close(_ id: RequestID, as state: RequestState) {
        guard let row = market.requests[id] else { return }
        timers.cancel(expiry(of: id, row.wish))
        market.requests[id]?.state = state
        market.answers = market.answers.filter { $0.value.request != id }
    }

    private func isOpen(_ row: MarketBook.RequestRow) -> Bool {
        row.state == .open && now < row.wish.expiresAtMs
    }

    mutating func answer(_ action: AnswerRequest, by sender: AccountID) throws {
        guard let id = RequestID(action.request) else { throw Refusal(Code.malformedID) }
        guard let request = market.requests[id] else { throw Refusal(Code.unknownRequest) }
        guard isOpen(request) else { throw Refusal(Code.requestClosed) }
        guard request.customer != sender else { throw Refusal(Code.ownRequest) }
        let offer = try checkedOffer(action.offer, by: sender)
        guard offer.terms.unit == request.wish.unit else { throw Refusal(Code.wrongUnit) }
        let kind = ResourceID(offer.terms.resource).flatMap { things.rows[$0]?.kind }
        guard request.wish.kind.isEmpty || request.wish.kind == kind else {
            throw Refusal(Code.wrongKind)
        }
        try checkPeriod(action.startMs, action.durationMs, under: offer.terms)
        guard market.answers.values.count(where: { $0.request == id }) < 32 else {
            throw Refusal(Code.tooManyAnswers)
        }
        market.answers[try newID()] = MarketBook.AnswerRow(
            request: id, provider: sender, terms: offer.terms, startMs: action.startMs,
            durationMs: action.durationMs)
    }

    private func checkPeriod(
        _ start: UInt64, _ duration: UInt64, under terms: PublishOffer
    ) throws {
        var opening = OpenAgreement()
        opening.startMs = start
        opening.durationMs = duration
        _ = try self.start(of: opening, under: terms)
    }

    /// The answer and its request, for one of the two who haggle.
    private func negotiation(
        _ bytes: Data, _ sender: AccountID
    ) throws -> (OfferID, MarketBook.AnswerRow, MarketBook.RequestRow) {
        guard let id = OfferID(bytes) else { throw Refusal(Code.malformedID) }
        guard let answer = market.answers[id] else { throw Refusal(Code.unknownAnswer) }
        guard let request = market.requests[answer.request] else { throw Unsure() }
        guard answer.provider == sender || request.customer == sender else {
            throw Refusal(Code.notInNegotiation)
        }
        return (id, answer, request)
    }

    private func onTurn(
        _ bytes: Data, _ sender: AccountID
    ) throws -> (OfferID, MarketBook.AnswerRow, MarketBook.RequestRow) {
        let (id, answer, request) = try negotiation(bytes, sender)
        guard isOpen(request) else { throw Refusal(Code.requestClosed) }
        guard (request.customer == sender) != answer.byCustomer else {
            throw Refusal(Code.notYourTurn)
        }
        return (id, answer, request)
    }

    mutating func counter(_ action: CounterAnswer, by sender: AccountID) throws {
        guard OfferID(action.answer) != nil else { throw Refusal(Code.malformedID) }
        guard action.priceMinor <= Bounds.largestAmount,
            action.depositMinor <= Bounds.largestAmount
        else { throw Refusal(Code.amountTooLarge) }
        var (id, answer, _) = try onTurn(action.answer, sender)
        guard answer.rounds < 16 else { throw Refusal(Code.tooManyRounds) }
        try checkPeriod(action.startMs, action.durationMs, under: answer.terms)
        answer.terms.tariff.priceMinor = action.priceMinor
        answer.terms.depositMinor = action.depositMinor
        answer.terms.clearReducedDeposit()
        if answer.terms.hasTrustRule { answer.terms.trustRule.flaggedDepositMinor = 0 }
        answer.startMs = action.startMs
        answer.durationMs = action.durationMs
        answer.byCustomer = !answer.byCustomer
        answer.rounds += 1
        market.answers[id] = answer
    }

    mutating func take(_ action: TakeAnswer, by sender: AccountID) throws {
        let (id, answer, request) = try onTurn(action.answer, sender)
        if answer.byCustomer {
            market.answers[id]?.byCustomer = false
            return
        }
        for (thing, _) in shares(of: answer.terms) {
            guard let row = things.rows[thing], !row.retired, row.owner == answer.provider else {
                throw Refusal(Code.resourceGone)
            }
        }
        let offer = MarketBook.Row(
            terms: answer.terms, provider: answer.provider, withdrawn: true)
        market.offers[id] = offer
        var opening = OpenAgreement()
        opening.offer = action.answer
        opening.startMs = answer.startMs
        opening.durationMs = answer.durationMs
        opening.quantity = request.wish.quantity
        opening.arbiter = action.arbiter
        try open(opening, on: id, offer, by: sender)
        close(answer.request, as: .taken)
    }

    mutating func withdraw(_ action: WithdrawAnswer, by sender: AccountID) throws {
        let (id, _, _) = try negotiation(action.answer, sender)
        market.answers[id] = nil
    }
}
