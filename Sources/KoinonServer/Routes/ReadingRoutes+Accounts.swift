import Hummingbird
import KoinonMachine
import KoinonProtocol

/// Accounts, and what belongs to them.
struct AccountReadingRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/accounts") { request, requestContext in
            try Answer.json(list(Query(request, requestContext)))
        }
        router.getApart("/v1/accounts/{id}") { request, requestContext in
            let id: AccountID = try Query(request, requestContext).id()
            return try Answer.json(
                context.found("account", id) { AccountView.make(id, in: $0) })
        }
        router.getApart("/v1/accounts/{id}/standing") { request, requestContext in
            let query = Query(request, requestContext)
            let id: AccountID = try query.id()
            let kind = try query.slug("kind")
            return try Answer.json(
                context.found("account", id) { reader in
                    // Of another kind than all that was reviewed, evidence counts a quarter.
                    if let kind, Resources.kind(kind, in: reader.state) == nil {
                        throw Problem.badField(
                            "kind", "no such kind is registered", remedy: "see /v1/kinds")
                    }
                    return StandingView.make(id, kind: kind, in: reader)
                })
        }
        router.getApart("/v1/accounts/{id}/balances") { request, requestContext in
            let id: AccountID = try Query(request, requestContext).id()
            let page = try context.node.look { reader in
                guard let rows = BalanceView.all(of: id, in: reader) else {
                    throw Problem.absent("account", id)
                }
                return reader.page(rows)
            }
            return try Answer.json(page)
        }
        router.getApart("/v1/accounts/{id}/reviews") { request, requestContext in
            try Answer.json(reviews(Query(request, requestContext)))
        }
        addLists(to: router)
    }

    private func addLists(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/accounts/{id}/movements") { request, requestContext in
            let query = Query(request, requestContext)
            let id = try account(query)
            return try Answer.json(
                context.requireIndex().movements(
                    of: id, before: query.position(), limit: query.limit()))
        }
        router.getApart("/v1/accounts/{id}/agreements") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.agreements(of: account(query)), query) {
                    AgreementSummaryView.make($0, in: $1)
                })
        }
        router.getApart("/v1/accounts/{id}/resources") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.resources(of: account(query)), query) {
                    ResourceSummaryView.make($0, in: $1)
                })
        }
        router.getApart("/v1/accounts/{id}/offers") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.offers(by: account(query)), query) {
                    OfferSummaryView.make($0, in: $1)
                })
        }
        router.getApart("/v1/accounts/{id}/requests") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.requests(of: account(query)), query) {
                    RequestView.make($0, in: $1)
                })
        }
        router.getApart("/v1/accounts/{id}/flags") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.flags(on: account(query)), query) { FlagView.make($0, in: $1) })
        }
    }

    /// The account of the path, which has to be there.
    private func account(_ query: Query) throws -> AccountID {
        let id: AccountID = try query.id()
        let isThere = context.node.look { Accounts.account(id, in: $0.state) != nil }
        guard isThere else { throw Problem.absent("account", id) }
        return id
    }

    private func list(_ query: Query) throws -> ListPage<AccountView> {
        try context.page(.allAccounts, query) { AccountView.make($0, in: $1) }
    }

    private func reviews(_ query: Query) throws -> ListPage<ReviewView> {
        let id: AccountID = try query.id()
        let cursor = try query.listCursor()
        let limit = try query.limit()
        return try context.node.look { reader in
            guard
                let page = ReviewView.about(id, after: cursor, limit: limit, in: reader)
            else { throw Problem.absent("account", id) }
            return reader.page(page.rows, next: page.next?.text)
        }
    }
}

extension ServerContext {
    /// Part of a list of the index.
    func page<Kind: IdentifierKind, View: Codable & Sendable>(
        _ list: ThingList, _ query: Query, _ view: (Identifier<Kind>, ViewReader) -> View?
    ) throws -> ListPage<View> {
        try requireIndex().page(
            of: list, before: query.position(), limit: query.limit(), view)
    }
}
