import struct Foundation.Data
import KoinonProtocol

/// Answers to requests, and the haggling about each of them.
///
/// Customer and provider take turns. Whose turn it is may counter or say yes; the other
/// can only withdraw, so what one says yes to is what one saw. Money leaves the
/// customer's balance only by her own yes, at which the agreement opens.
extension Market {
    static func answer(_ action: AnswerRequest, in context: Context) throws(Rejection) {
        guard let requestID = RequestID(action.request) else {
            throw Rejection(MarketRejection.malformedID, field: "request")
        }
        guard var request = request(requestID, in: context.state) else {
            throw Rejection(MarketRejection.unknownRequest, field: "request")
        }
        guard isOpen(request, in: context) else {
            throw Rejection(MarketRejection.requestClosed, field: "request")
        }
        guard AccountID(request.customer) != context.sender else {
            throw Rejection(MarketRejection.ownRequest, field: "request")
        }
        let offer: Offer
        do throws(Rejection) { offer = try checkedOffer(action.offer, in: context) } catch {
            throw error.inside("offer")
        }
        guard offer.terms.unit == request.wish.unit else {
            throw Rejection(
                MarketRejection.wrongUnit, field: "offer.unit", detail: request.wish.unit)
        }
        let kind = ResourceID(offer.terms.resource).flatMap {
            Resources.resource($0, in: context.state)?.kind
        }
        guard request.wish.kind.isEmpty || request.wish.kind == kind else {
            throw Rejection(
                MarketRejection.wrongKind, field: "offer.resource", detail: request.wish.kind)
        }
        try checkPeriod(action.startMs, action.durationMs, under: offer.terms, in: context)
        guard request.answers < maximumAnswers else {
            throw Rejection(MarketRejection.tooManyAnswers, field: "request")
        }

        let id: OfferID = context.newID()
        var answer = Answer()
        answer.request = action.request
        answer.provider = offer.provider
        answer.answeredAtMs = context.now.milliseconds
        answer.terms = offer.terms
        answer.startMs = action.startMs
        answer.durationMs = action.durationMs
        answers.set(id, answer, in: context.state)
        answersTo.set(Key2(requestID, id), MarketMarker(), in: context.state)
        request.answers += 1
        requests.set(requestID, request, in: context.state)
        var answered = RequestAnswered()
        answered.request = action.request
        answered.answer = Data(id.bytes)
        answered.provider = answer.provider
        context.emit(.requestAnswered(answered))
    }

    static func counter(_ action: CounterAnswer, in context: Context) throws(Rejection) {
        guard let id = OfferID(action.answer) else {
            throw Rejection(MarketRejection.malformedID, field: "answer")
        }
        guard action.priceMinor <= Amount.maximum.minor else {
            throw Rejection(MarketRejection.amountTooLarge, field: "price_minor")
        }
        guard action.depositMinor <= Amount.maximum.minor else {
            throw Rejection(MarketRejection.amountTooLarge, field: "deposit_minor")
        }
        var (answer, _) = try onTurn(id, in: context)
        guard answer.rounds < maximumRounds else {
            throw Rejection(MarketRejection.tooManyRounds, field: "answer")
        }
        try checkPeriod(action.startMs, action.durationMs, under: answer.terms, in: context)
        answer.terms.tariff.priceMinor = action.priceMinor
        answer.terms.depositMinor = action.depositMinor
        // The deposit is what these two agree on, whatever her record.
        answer.terms.clearReducedDeposit()
        if answer.terms.hasTrustRule { answer.terms.trustRule.flaggedDepositMinor = 0 }
        answer.startMs = action.startMs
        answer.durationMs = action.durationMs
        answer.byCustomer.toggle()
        answer.rounds += 1
        answers.set(id, answer, in: context.state)
        var countered = AnswerCountered()
        countered.answer = action.answer
        countered.by = Data(context.sender.bytes)
        countered.priceMinor = action.priceMinor
        countered.depositMinor = action.depositMinor
        countered.startMs = action.startMs
        countered.durationMs = action.durationMs
        context.emit(.answerCountered(countered))
    }

    /// Yes to the terms that stand.
    static func take(_ action: TakeAnswer, in context: Context) throws(Rejection) {
        guard let id = OfferID(action.answer) else {
            throw Rejection(MarketRejection.malformedID, field: "answer")
        }
        var (answer, request) = try onTurn(id, in: context)
        guard !answer.byCustomer else {
            answer.byCustomer = false
            answers.set(id, answer, in: context.state)
            var agreed = AnswerAgreed()
            agreed.answer = action.answer
            return context.emit(.answerAgreed(agreed))
        }
        // For one customer and once: nobody can open another agreement on it.
        var offer = Offer()
        offer.terms = answer.terms
        offer.provider = answer.provider
        offer.publishedAtMs = context.now.milliseconds
        offer.withdrawn = true
        try checkStillThere(offer, in: context)
        offers.set(id, offer, in: context.state)
        emitPublished(id, offer, in: context)
        var opening = OpenAgreement()
        opening.offer = action.answer
        opening.startMs = answer.startMs
        opening.durationMs = answer.durationMs
        opening.quantity = request.wish.quantity
        opening.arbiter = action.arbiter
        let agreement = try Agreements.open(opening, on: offer, in: context)
        guard let requestID = RequestID(answer.request) else {
            preconditionFailure("answer \(id) is to no request")
        }
        close(requestID, request, as: .taken, taken: (id, agreement), in: context)
    }

    static func withdrawAnswer(_ action: WithdrawAnswer, in context: Context) throws(Rejection) {
        guard let id = OfferID(action.answer) else {
            throw Rejection(MarketRejection.malformedID, field: "answer")
        }
        var (answer, request) = try negotiation(id, in: context)
        guard let requestID = RequestID(answer.request) else {
            preconditionFailure("answer \(id) is to no request")
        }
        answers.remove(id, in: context.state)
        answersTo.remove(Key2(requestID, id), in: context.state)
        request.answers -= 1
        requests.set(requestID, request, in: context.state)
        var withdrawn = AnswerWithdrawn()
        withdrawn.answer = action.answer
        withdrawn.by = Data(context.sender.bytes)
        context.emit(.answerWithdrawn(withdrawn))
    }
}

/// Checks that several actions share, each in the order in which they are listed.
extension Market {
    /// The open answer and its request, if the sender is one of the two parties.
    private static func negotiation(
        _ id: OfferID, in context: Context
    ) throws(Rejection) -> (Answer, Request) {
        guard let answer = answer(id, in: context.state) else {
            throw Rejection(MarketRejection.unknownAnswer, field: "answer")
        }
        guard
            let request = RequestID(answer.request).flatMap({ request($0, in: context.state) })
        else { preconditionFailure("answer \(id) is to a request that is not there") }
        let parties = [AccountID(answer.provider), AccountID(request.customer)]
        guard parties.contains(context.sender) else {
            throw Rejection(MarketRejection.notInNegotiation, field: "answer")
        }
        return (answer, request)
    }

    /// The same, if it is the sender's turn.
    private static func onTurn(
        _ id: OfferID, in context: Context
    ) throws(Rejection) -> (Answer, Request) {
        let (answer, request) = try negotiation(id, in: context)
        guard isOpen(request, in: context) else {
            throw Rejection(MarketRejection.requestClosed, field: "answer")
        }
        let isCustomer = AccountID(request.customer) == context.sender
        guard isCustomer != answer.byCustomer else {
            throw Rejection(MarketRejection.notYourTurn, field: "answer")
        }
        return (answer, request)
    }

    /// In a block with many due timers a request's own may have to wait for the next.
    private static func isOpen(_ request: Request, in context: Context) -> Bool {
        request.state == .open && context.now.milliseconds < request.wish.expiresAtMs
    }

    /// An agreement of that period could be opened now.
    private static func checkPeriod(
        _ start: UInt64, _ duration: UInt64, under terms: PublishOffer, in context: Context
    ) throws(Rejection) {
        var opening = OpenAgreement()
        opening.startMs = start
        opening.durationMs = duration
        _ = try Agreements.period(of: opening, under: terms, in: context)
    }

    /// An answer keeps nothing from being sold; what is gone cannot be had by it any more.
    private static func checkStillThere(_ offer: Offer, in context: Context) throws(Rejection) {
        for share in offer.terms.shares {
            guard let row = Resources.resource(share.resource, in: context.state),
                !row.retired, row.owner == offer.provider
            else {
                throw Rejection(
                    AgreementsRejection.resourceGone, field: "answer",
                    detail: share.resource.text)
            }
        }
    }
}
