import Hummingbird
import KoinonMachine
import KoinonProtocol

/// Resources, offers, agreements and requests.
struct ThingReadingRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        addResources(to: router)
        addOffers(to: router)
        addAgreements(to: router)
        addRequests(to: router)
    }

    // MARK: Resources

    private func addResources(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/resources") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.allResources, query) { ResourceSummaryView.make($0, in: $1) })
        }
        router.getApart("/v1/resources/{id}") { request, requestContext in
            let id: ResourceID = try Query(request, requestContext).id()
            return try Answer.json(
                context.found("resource", id) { ResourceView.make(id, in: $0) })
        }
        router.getApart("/v1/resources/{id}/custody") { request, requestContext in
            try Answer.json(custody(Query(request, requestContext)))
        }
        router.getApart("/v1/resources/{id}/offers") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.offersOfResource(resource(query)), query) {
                    OfferSummaryView.make($0, in: $1)
                })
        }
        router.getApart("/v1/resources/{id}/agreements") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.agreementsOnResource(resource(query)), query) {
                    AgreementSummaryView.make($0, in: $1)
                })
        }
        router.getApart("/v1/kinds") { request, requestContext in
            let query = Query(request, requestContext)
            let (cursor, limit) = try (query.listCursor(), query.limit())
            return try Answer.json(
                context.node.look { reader in
                    let page = KindView.list(after: cursor, limit: limit, in: reader)
                    return reader.page(page.rows, next: page.next?.text)
                })
        }
    }

    private func resource(_ query: Query) throws -> ResourceID {
        let id: ResourceID = try query.id()
        let isThere = context.node.look { Resources.resource(id, in: $0.state) != nil }
        guard isThere else { throw Problem.absent("resource", id) }
        return id
    }

    private func custody(_ query: Query) throws -> ListPage<CustodyView> {
        let id: ResourceID = try query.id()
        let before = try query.unsigned("cursor")
        let limit = try query.limit()
        return try context.node.look { reader in
            let page = CustodyView.list(of: id, before: before, limit: limit, in: reader)
            guard let page else { throw Problem.absent("resource", id) }
            return page
        }
    }

    // MARK: Offers

    private func addOffers(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/offers") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.allOffers, query) { OfferSummaryView.make($0, in: $1) })
        }
        router.getApart("/v1/offers/{id}") { request, requestContext in
            let id: OfferID = try Query(request, requestContext).id()
            return try Answer.json(context.found("offer", id) { OfferView.make(id, in: $0) })
        }
        router.getApart("/v1/offers/{id}/calendar") { request, requestContext in
            try Answer.json(calendar(Query(request, requestContext)))
        }
        router.getApart("/v1/offers/{id}/quote") { request, requestContext in
            try Answer.json(quote(Query(request, requestContext)))
        }
        router.getApart("/v1/offers/{id}/agreements") { request, requestContext in
            let query = Query(request, requestContext)
            let id: OfferID = try query.id()
            let isThere = context.node.look { Market.offer(id, in: $0.state) != nil }
            guard isThere else { throw Problem.absent("offer", id) }
            return try Answer.json(
                context.page(.agreementsOnOffer(id), query) {
                    AgreementSummaryView.make($0, in: $1)
                })
        }
    }

    /// Thirty days from now unless the query says otherwise.
    private func calendar(_ query: Query) throws -> Reading<CalendarView> {
        let id: OfferID = try query.id()
        let from = try query.time("from") ?? context.node.now
        let until =
            try query.time("to")
            ?? Timestamp(milliseconds: from.milliseconds + 30 * 86_400_000)
        guard until > from,
            until.milliseconds - from.milliseconds <= CalendarView.maximumMilliseconds
        else {
            throw Problem.badField(
                "to", "it has to lie after `from`, by 400 days at most",
                remedy: "ask for less at once")
        }
        return try context.found("offer", id) {
            CalendarView.make(
                id, from: from.milliseconds, until: until.milliseconds, in: $0)
        }
    }

    private func quote(_ query: Query) throws -> Reading<QuoteView> {
        let id: OfferID = try query.id()
        guard let account: AccountID = try query.optionalID("account") else {
            throw Problem.badField(
                "account", "is missing", remedy: "name the account that would book")
        }
        var action = OpenAgreement()
        action.offer = .init(id.bytes)
        action.startMs = try query.time("start")?.milliseconds ?? 0
        action.durationMs = try query.unsigned("duration_ms") ?? 0
        action.quantity = UInt32(try query.number("quantity", 1...1_000_000, default: 1))
        if let arbiter: AccountID = try query.optionalID("arbiter") {
            action.arbiter = .init(arbiter.bytes)
        }
        let now = context.node.now
        return try context.found("offer", id) {
            QuoteView.make(action, by: account, at: now, in: $0)
        }
    }

    // MARK: Agreements

    private func addAgreements(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/agreements") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.allAgreements, query) { AgreementSummaryView.make($0, in: $1) })
        }
        router.getApart("/v1/agreements/{id}") { request, requestContext in
            let query = Query(request, requestContext)
            let id: AgreementID = try query.id()
            let caller: AccountID? = try query.optionalID("account")
            let now = context.node.now
            return try Answer.json(
                context.found("agreement", id) {
                    AgreementView.make(id, at: now, caller: caller, in: $0)
                })
        }
        router.getApart("/v1/agreements/{id}/dispute") { request, requestContext in
            let id: AgreementID = try Query(request, requestContext).id()
            return try Answer.json(
                context.found("dispute of agreement", id) { DisputeView.make(id, in: $0) })
        }
        router.getApart("/v1/disputes") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.disputes, query) { DisputeView.make($0, in: $1) })
        }
    }

    // MARK: Requests

    private func addRequests(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/requests") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.openRequests, query) { RequestView.make($0, in: $1) })
        }
        router.getApart("/v1/requests/{id}") { request, requestContext in
            let id: KoinonProtocol.RequestID = try Query(request, requestContext).id()
            return try Answer.json(
                context.found("request", id) { RequestView.make(id, in: $0) })
        }
        router.getApart("/v1/answers/{id}") { request, requestContext in
            let id: OfferID = try Query(request, requestContext).id()
            return try Answer.json(context.found("answer", id) { AnswerView.make(id, in: $0) })
        }
    }
}
