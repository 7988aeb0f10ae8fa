import Hummingbird
import KoinonMachine
import KoinonProtocol

/// The alliance: members, votes, rules and units.
struct AllianceReadingRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/members") { _, _ in
            let signed = try context.store.read { try MemberView.signed($0) }
            return try Answer.json(
                context.node.look { $0.page(MemberView.all(in: $0, signed: signed)) })
        }
        router.getApart("/v1/parameters") { _, _ in
            try Answer.json(context.node.look { $0.page(ParameterView.all(in: $0)) })
        }
        router.getApart("/v1/proposals") { request, requestContext in
            let query = Query(request, requestContext)
            return try Answer.json(
                context.page(.proposals, query) { ProposalView.make($0, in: $1) })
        }
        router.getApart("/v1/proposals/{id}") { request, requestContext in
            let id: ProposalID = try Query(request, requestContext).id()
            return try Answer.json(
                context.found("proposal", id) { ProposalView.make(id, in: $0) })
        }
        router.getApart("/v1/flags/{id}") { request, requestContext in
            let id: FlagID = try Query(request, requestContext).id()
            return try Answer.json(context.found("flag", id) { FlagView.make(id, in: $0) })
        }
        addRules(to: router)
    }

    private func addRules(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/units") { request, requestContext in
            let query = Query(request, requestContext)
            let (cursor, limit) = try (query.listCursor(), query.limit())
            return try Answer.json(
                context.node.look { reader in
                    let page = UnitView.list(after: cursor, limit: limit, in: reader)
                    return reader.page(page.rows, next: page.next?.text)
                })
        }
        router.getApart("/v1/units/{unit}") { request, requestContext in
            let unit = Query(request, requestContext).path("unit")
            return try Answer.json(context.found("unit", unit) { UnitView.make(unit, in: $0) })
        }
        router.getApart("/v1/processes") { request, requestContext in
            let query = Query(request, requestContext)
            let (cursor, limit) = try (query.listCursor(), query.limit())
            return try Answer.json(
                context.node.look { reader in
                    let page = ProcessView.list(after: cursor, limit: limit, in: reader)
                    return reader.page(page.rows, next: page.next?.text)
                })
        }
        router.getApart("/v1/processes/{id}") { request, requestContext in
            let id = Query(request, requestContext).path("id")
            return try Answer.json(
                context.found("process", id) { ProcessView.make(id, in: $0) })
        }
    }
}
