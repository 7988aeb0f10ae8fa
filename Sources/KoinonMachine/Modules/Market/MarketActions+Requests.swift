import struct Foundation.Data
import KoinonProtocol

/// Requests: somebody says what is looked for, until one answer is taken or time runs out.
extension Market {
    static func publishRequest(_ action: PublishRequest, in context: Context) throws(Rejection) {
        try checkForm(of: action)
        let state = context.state
        let now = context.now.milliseconds
        guard action.kind.isEmpty || Resources.kind(action.kind, in: state) != nil else {
            throw Rejection(MarketRejection.unknownKind, field: "kind")
        }
        let parameters = Alliance.parameters(in: state)
        guard
            action.startMs == 0
                || (action.startMs >= now && action.startMs - now <= parameters.bookingHorizonMs)
        else { throw Rejection(MarketRejection.badRequestPeriod, field: "start_ms") }
        guard action.durationMs <= parameters.agreementDurationMaximumMs else {
            throw Rejection(MarketRejection.badRequestPeriod, field: "duration_ms")
        }
        guard Money.unit(action.unit, in: state) != nil else {
            throw Rejection(MarketRejection.unknownUnit, field: "unit")
        }
        guard action.expiresAtMs > now, action.expiresAtMs - now <= requestLifetimeMilliseconds
        else { throw Rejection(MarketRejection.badExpiry, field: "expires_at_ms") }
        let open = openRequests.rows(under: context.sender, limit: maximumOpenRequests, in: state)
        guard open.count < maximumOpenRequests else {
            throw Rejection(MarketRejection.tooManyRequests)
        }

        let id: RequestID = context.newID()
        var request = Request()
        request.wish = action
        request.customer = Data(context.sender.bytes)
        request.publishedAtMs = now
        requests.set(id, request, in: state)
        openRequests.set(Key2(context.sender, id), MarketMarker(), in: state)
        Timers.set(
            due: Timestamp(milliseconds: action.expiresAtMs), module: number,
            kind: TimerKind.expire.rawValue, subject: id.bytes, in: state)
        var published = RequestPublished()
        published.request = Data(id.bytes)
        published.customer = request.customer
        published.kind = action.kind
        published.expiresAtMs = action.expiresAtMs
        context.emit(.requestPublished(published))
    }

    /// Everything that needs no state, in the order of the fields.
    private static func checkForm(of request: PublishRequest) throws(Rejection) {
        guard TextCheck.isTitle(request.title) else {
            throw Rejection(MarketRejection.badTitle, field: "title")
        }
        guard TextCheck.isHashOrEmpty(request.textHash) else {
            throw Rejection(MarketRejection.badTextHash, field: "text_hash")
        }
        if request.hasPlace { try checkPlace(request.place) }
        guard request.radiusM == 0 || (request.hasPlace && request.radiusM <= maximumRadius) else {
            throw Rejection(MarketRejection.badRadius, field: "radius_m")
        }
        guard request.quantity <= Resources.maximumCapacity else {
            throw Rejection(MarketRejection.badRequestPeriod, field: "quantity")
        }
        guard request.budgetMinor <= Amount.maximum.minor else {
            throw Rejection(MarketRejection.amountTooLarge, field: "budget_minor")
        }
    }

    static func withdrawRequest(_ action: WithdrawRequest, in context: Context) throws(Rejection) {
        guard let id = RequestID(action.request) else {
            throw Rejection(MarketRejection.malformedID, field: "request")
        }
        guard let request = request(id, in: context.state) else {
            throw Rejection(MarketRejection.unknownRequest, field: "request")
        }
        guard AccountID(request.customer) == context.sender else {
            throw Rejection(MarketRejection.notCustomer, field: "request")
        }
        guard request.state == .open else {
            throw Rejection(MarketRejection.requestClosed, field: "request")
        }
        close(id, request, as: .withdrawn, in: context)
    }

    /// The request's time has run out.
    static func expire(_ timer: TimerRecord, in context: Context) {
        guard let id = RequestID(timer.subject), let request = request(id, in: context.state),
            request.state == .open
        else { preconditionFailure("a timer is set for a request that is not open") }
        close(id, request, as: .expired, in: context)
    }

    /// Ends the request and every answer to it.
    static func close(
        _ id: RequestID, _ request: Request, as outcome: RequestState,
        taken: (answer: OfferID, agreement: AgreementID)? = nil, in context: Context
    ) {
        let state = context.state
        guard let customer = AccountID(request.customer) else {
            preconditionFailure("request \(id) is of no account")
        }
        for row in answersTo.rows(under: id, in: state) {
            answers.remove(row.key.b, in: state)
            answersTo.remove(row.key, in: state)
        }
        openRequests.remove(Key2(customer, id), in: state)
        // When its own timer closes it, this one is gone already.
        Timers.cancel(
            due: Timestamp(milliseconds: request.wish.expiresAtMs), module: number,
            kind: TimerKind.expire.rawValue, subject: id.bytes, in: state)
        var closed = request
        closed.state = outcome
        closed.answers = 0
        if let taken {
            closed.answer = Data(taken.answer.bytes)
            closed.agreement = Data(taken.agreement.bytes)
        }
        requests.set(id, closed, in: state)
        var event = RequestClosed()
        event.request = Data(id.bytes)
        event.state = outcome
        event.answer = closed.answer
        event.agreement = closed.agreement
        context.emit(.requestClosed(event))
    }
}
