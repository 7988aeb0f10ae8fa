import Hummingbird
import KoinonProtocol

extension PageRenderer {
    /// What people look for, and a form to ask.
    func requests(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let index = try searchIndex()
        var astray = false
        let rows: ListPage<RequestView> = try page.part("before", &astray) {
            try index.page(of: .openRequests, before: $0, limit: 24) {
                RequestView.make($0, in: $1)
            }
        }
        var model = OfferForm(page: page).model()
        model["astray"] = astray
        model["requests"] = rows.rows.map { RequestParts(view: $0, page: page).summary() }
        model["has_requests"] = !rows.rows.isEmpty
        model["more"] = page.more("/requests", "before", rows.next)
        return try response(
            "requests", page, title: texts("request.list"), nav: "find", model)
    }

    /// One request, the answers to it, and forms to answer, haggle and take.
    func request(_ page: PageRequest) throws -> Response {
        let id = try page.identifier("id", RequestKind.self)
        let found = page.look { reader in
            RequestView.make(id, in: reader).map { ($0, reader.row(under: $0.stateKey)) }
        }
        guard let (view, row) = found else { throw Problem.page(id.text) }
        let parts = RequestParts(view: view, page: page)
        var model = OfferForm(page: page).model(unit: view.unit, unitsFixed: true)
        model.merge(parts.summary()) { _, own in own }
        model["said"] = content(view.textHash)
        model["answers"] = view.answers.map(parts.answer)
        model["has_answers"] = !view.answers.isEmpty
        model["ways"] = view.state == "open" ? parts.ways() : []
        model["has_ways"] = view.state == "open" && !view.answers.isEmpty
        model["open"] = view.state == "open"
        model["request"] = view.id
        model["customer_id"] = view.customer
        model.merge(row.proof) { own, _ in own }
        if let agreement = view.agreement { model["agreement"] = agreement }
        model.merge(links(view.id, page)) { own, _ in own }
        return try response("request", page, title: view.title, nav: "find", model)
    }
}

/// The parts of a request and of the answers to it.
struct RequestParts {
    let view: RequestView
    let page: PageRequest

    private var texts: Texts { page.texts }

    func summary() -> PageModel {
        var model: PageModel = [
            "id": view.id, "title": view.title, "customer": texts.who(view.customer),
            "state": texts("request.state_\(view.state)"),
            "tone": view.state == "open" ? "now" : view.state == "taken" ? "good" : "",
            "expires": texts.time(view.expiresAt), "quantity": String(view.quantity),
            "answer_count": texts(
                "request.answer_count", ["count": String(view.answers.count)]),
            "kind_id": view.kind ?? "", "unit_id": view.unit,
        ]
        model["kind"] =
            view.kind.map { kind in page.look { $0.kindTitle(kind) } }
            ?? texts("request.any_kind")
        if let start = view.start { model["start"] = texts.time(start) }
        if let length = view.durationMs {
            model["length"] = Texts.duration(length)
            model["hours"] = SVG.number(Double(length) / 3_600_000)
        }
        if let budget = view.budget { model["budget"] = texts.money(budget) }
        if let place = view.place {
            let near = "\(SVG.number(place.latitude)), \(SVG.number(place.longitude))"
            let radius = view.radiusM.map { " ± \(SVG.number(Double($0) / 1_000)) km" } ?? ""
            model["place_text"] = near + radius
        }
        return model
    }

    /// By which rules the agreement would go that taking an answer opens, each process once.
    func ways() -> [PageModel] {
        var seen: Set<String> = []
        let names = view.answers.map(\.terms.process).filter { seen.insert($0).inserted }
        let found = page.look { reader in names.compactMap { ProcessView.make($0, in: reader) } }
        return found.map { process in
            [
                "title": texts.ledger(process.title),
                "drawing": ProcessDrawing(process: process, current: "", texts: texts).svg(),
            ]
        }
    }

    /// Terms that stand, whose turn it is, and what that side may do.
    func answer(_ answer: AnswerView) -> PageModel {
        let terms = answer.terms
        let turn = answer.byCustomer ? answer.provider : view.customer
        var model: PageModel = [
            "answer": answer.id, "title": terms.title, "provider": texts.who(answer.provider),
            "standing": texts.standing(terms.providerStandingPpm),
            "price": texts.money(terms.price), "per": texts.per(terms.stepMs),
            "deposit": texts.money(terms.deposit), "length": Texts.duration(answer.durationMs),
            "hours": SVG.number(Double(answer.durationMs) / 3_600_000),
            "price_text": terms.price.text, "deposit_text": terms.deposit.text,
            "unit": terms.unit, "process_title": texts.ledger(terms.processTitle),
            "rounds": texts("request.rounds", ["count": String(answer.rounds)]),
            "turn": turn, "turn_who": texts.who(turn), "is_mine": !answer.byCustomer,
            "things": terms.items.map { item -> PageModel in
                [
                    "id": item.id, "title": item.title,
                    "count": item.quantity > 1 ? "\(item.quantity) × " : "",
                ]
            },
            "sides": [answer.provider, view.customer].map { ["account": $0] as PageModel },
            "arbiters": terms.arbiters.map { texts.who($0) },
            // Only the customer's yes opens an agreement, and so needs a judge.
            "has_arbiters": !terms.arbiters.isEmpty && !answer.byCustomer,
            "take_words": texts(answer.byCustomer ? "request.agree" : "request.take"),
        ]
        model["start"] =
            answer.start.map { texts.timeText($0) } ?? texts("request.when_taken")
        if let start = answer.start { model["start_field"] = String(start.text.prefix(16)) }
        return model
    }
}
