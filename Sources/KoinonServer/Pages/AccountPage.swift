import Hummingbird
import KoinonProtocol

extension PageRenderer {
    /// Money, agreements, things, standing, warnings and keys of an account.
    func account(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let id = try page.identifier("id", AccountKind.self)
        let found = page.look { reader in
            AccountView.make(id, in: reader).map { view in
                let standing = StandingView.make(id, kind: nil, in: reader)
                return AccountParts.Found(
                    view: view, row: reader.row(under: view.stateKey), standing: standing,
                    kinds: Dictionary(
                        (standing?.terms ?? []).map { ($0.kind, reader.kindTitle($0.kind)) },
                        uniquingKeysWith: { $1 }),
                    balances: BalanceView.all(of: id, in: reader) ?? [],
                    members: MemberView.all(in: reader),
                    units: UnitView.list(after: nil, limit: PageLimits.maximum, in: reader).rows)
            }
        }
        guard let found else { throw Problem.page(id.text) }
        let index = try searchIndex()
        var astray = false
        let movements = try page.part("before", &astray) {
            try index.movements(of: id, before: $0, limit: 20)
        }
        let agreements: ListPage<AgreementSummaryView> = try page.part("agreements", &astray) {
            try index.page(of: .agreements(of: id), before: $0, limit: 20) {
                AgreementSummaryView.make($0, in: $1)
            }
        }
        let things: ListPage<ResourceView> = try page.part("things", &astray) {
            try index.page(of: .resources(of: id), before: $0, limit: 20) {
                ResourceView.make($0, in: $1)
            }
        }
        let requests: ListPage<RequestView> = try page.part("requests", &astray) {
            try index.page(of: .requests(of: id), before: $0, limit: 20) {
                RequestView.make($0, in: $1)
            }
        }
        let parts = AccountParts(found: found, texts: texts) { self.content($0) }
        var model = parts.model()
        model["astray"] = astray
        model.merge(parts.movements(movements.rows)) { own, _ in own }
        model.merge(parts.lists(agreements.rows, things.rows)) { own, _ in own }
        model["requests"] = requests.rows.map { RequestParts(view: $0, page: page).summary() }
        model["has_requests"] = !requests.rows.isEmpty
        let path = "/account/\(id.text)"
        model["more"] = page.more(
            path, "before", movements.next, of: texts("account.movements"))
        let lists = [
            ("agreements", agreements.next, texts("account.agreements")),
            ("things", things.next, texts("account.things")),
            ("requests", requests.next, texts("account.requests")),
        ]
        for (name, next, title) in lists {
            let more = page.more(path, name, next, of: title, at: "#\(name)")
            model["\(name)_pages"] = more.map { ["more": $0] as PageModel }
        }
        model.merge(found.row.proof) { own, _ in own }
        model.merge(links(id.text, page)) { own, _ in own }
        let title = "\(texts("account.one")) \(Texts.short(id.text))"
        return try response("account", page, title: title, model)
    }

    /// Bookings as a calendar.
    func bookings(_ page: PageRequest) throws -> Response {
        let id = try page.identifier("id", AccountKind.self)
        guard page.look({ AccountView.make(id, in: $0) }) != nil else {
            throw Problem.page(id.text)
        }
        let rows: ListPage<AgreementSummaryView> = try searchIndex().page(
            of: .agreements(of: id), limit: PageLimits.maximum
        ) { AgreementSummaryView.make($0, in: $1) }
        let calendar = ICalendar(
            name: "\(context.node.genesis.genesis.name) · \(Texts.short(id.text))",
            stamp: rows.time,
            events: rows.rows.map { row in
                ICalendar.Event(
                    id: row.id, title: row.title, description: page.texts.ledger(row.state.title),
                    start: row.start, end: row.end, url: "\(page.origin)/agreement/\(row.id)",
                    isCancelled: ["cancelled", "declined", "lapsed", "no_show"]
                        .contains(row.state.name))
            })
        return Self.response(calendar.text(), type: "text/calendar; charset=utf-8")
    }
}

/// The parts of an account's page.
struct AccountParts {
    struct Found: Sendable {
        var view: AccountView
        var row: ShownRow
        var standing: StandingView?
        /// What people call the kinds of things that the standing is of.
        var kinds: [String: String]
        var balances: [BalanceView]
        var members: [MemberView]
        var units: [UnitView]
    }

    let found: Found
    let texts: Texts
    /// What this node has under a hash.
    let content: (String?) -> PageModel?

    private func memberName(_ id: String) -> String {
        found.members.first { $0.id == id }?.name ?? id
    }

    func model() -> PageModel {
        let view = found.view
        let others = found.members.filter { $0.id != view.sponsor }
        var model: PageModel = [
            "id": view.id, "account": view.id, "short": Texts.short(view.id), "form": "flag",
            "opened": texts.time(view.openedAt, style: "date"),
            "sponsor": memberName(view.sponsor),
            "balances": found.balances.map { texts.money($0.amount) },
            "has_balances": !found.balances.isEmpty,
            "sponsor_id": view.sponsor,
            "member_accounts": found.members.map(\.account)
                .joined(separator: " "),
            "units": found.units.map { unit -> PageModel in
                ["unit": unit.unit, "title": unit.title, "scale": String(unit.scale)]
            },
            "members": others.map { member -> PageModel in
                ["id": member.id, "name": member.name]
            },
            "can_move": !others.isEmpty,
            "keys": view.keys.map { key -> PageModel in
                var one: PageModel = ["key": key.publicKey, "time": texts.time(key.addedAt)]
                if !key.limits.isEmpty { one["limited"] = texts("account.limited") }
                return one
            },
            "flags": view.flags.map(flag), "has_flags": !view.flags.isEmpty,
            "recovery_account": view.recovery?.account ?? "",
            "recovery_days": String(max((view.recovery?.delayMs ?? 0) / 86_400_000, 7)),
            "settled": String(view.settled), "late": String(view.settledLate),
        ]
        let vouching = found.members.filter { view.vouchedBy.contains($0.id) }.map(\.account)
        model["vouchers"] = vouching.joined(separator: " ")
        model["others"] = found.members.map(\.account).filter { !vouching.contains($0) }
            .joined(separator: " ")
        if let member = view.member { model["member_name"] = memberName(member) }
        if !view.vouchedBy.isEmpty {
            let names = view.vouchedBy.map(memberName).joined(separator: ", ")
            model["vouched"] = texts("account.vouched", ["members": names])
        }
        if !view.flags.isEmpty {
            model["flag_count"] = texts("account.flagged", ["count": String(view.flags.count)])
        }
        if let due = view.recovery?.due {
            model["recovery_pending"] = texts.time(due)
            model["recovery_key"] = view.recovery?.pendingKey ?? ""
        } else if let helper = view.recovery?.account {
            let delay = Texts.duration(view.recovery?.delayMs ?? 0)
            model["helper"] =
                [
                    "account": helper, "words": texts("account.helper_text", ["delay": delay]),
                ] as PageModel
        }
        if let wished = found.members.first(where: { $0.id == view.requestedSponsor }) {
            model["wished"] =
                [
                    "words": texts("account.moving", ["member": wished.name]),
                    "member_account": wished.account,
                ] as PageModel
        }
        if let standing = found.standing {
            model.merge(standingModel(standing)) { own, _ in own }
        }
        return model
    }

    private func flag(_ flag: FlagView) -> PageModel {
        let status =
            flag.proposal != nil
            ? texts("account.flag_appealed")
            : flag.answerHash != nil ? texts("account.flag_answered") : ""
        var model: PageModel = [
            "id": flag.id, "reason": flag.reason.replacing("-", with: " "),
            "member": memberName(flag.member), "time": texts.time(flag.raisedAt, style: "date"),
            "status": status, "answered": flag.answerHash != nil,
            "appealed": flag.proposal != nil,
            "raiser": found.members.first { $0.id == flag.member }?.account ?? "",
        ]
        if let evidence = content(flag.evidenceHash) { model["evidence"] = evidence }
        if let answer = content(flag.answerHash) { model["answer"] = answer }
        return model
    }

    private func standingModel(_ standing: StandingView) -> PageModel {
        [
            "standing": texts.percent(standing.standingPpm),
            "standing_width": SVG.number(Double(standing.standingPpm) / 10_000),
            "praise": texts.reviews(standing.praisePpm),
            "complaint": texts.reviews(standing.complaintPpm),
            "mean": texts.percent(standing.meanPpm), "doubt": texts.percent(standing.deviationPpm),
            "newcomer": texts.percent(standing.newcomerPpm), "has_terms": !standing.terms.isEmpty,
            "terms": standing.terms.map { term -> PageModel in
                let counted = term.counted
                return [
                    "kind": found.kinds[term.kind] ?? term.kind, "reviews": String(term.reviews),
                    "age": texts("standing.age_months", ["count": String(term.spansAgo)]),
                    "praise": texts.reviews(counted.vouchedPraisePpm + counted.otherPraisePpm),
                    "complaint": texts.reviews(
                        counted.vouchedComplaintPpm + counted.otherComplaintPpm),
                ]
            },
        ]
    }

    func movements(_ rows: [MovementView]) -> PageModel {
        [
            "has_movements": !rows.isEmpty,
            "movements": rows.map { row -> PageModel in
                var model: PageModel = [
                    "time": texts.time(row.time), "words": texts("movement.\(row.kind)"),
                    "sign": row.incoming ? "+" : "−", "amount": texts.money(row.amount),
                ]
                if let agreement = row.agreement { model["agreement"] = agreement }
                return model
            },
        ]
    }

    func lists(_ agreements: [AgreementSummaryView], _ things: [ResourceView]) -> PageModel {
        [
            "has_agreements": !agreements.isEmpty,
            "agreements": agreements.map { row -> PageModel in
                [
                    "id": row.id, "title": row.title, "start": texts.time(row.start),
                    "state": row.disputed ? texts("dispute.title") : texts.ledger(row.state.title),
                    "tone": row.disputed ? "bad" : row.state.isFinal ? "" : "now",
                ]
            },
            "has_things": !things.isEmpty,
            "things": things.map { row -> PageModel in
                ["id": row.id, "title": row.title, "kind": row.kindTitle]
            },
        ]
    }
}
