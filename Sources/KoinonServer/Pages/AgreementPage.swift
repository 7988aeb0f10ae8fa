import Hummingbird
import KoinonProtocol

extension PageRenderer {
    /// Where an agreement stands, what can happen next and what that moves.
    func agreement(_ page: PageRequest) throws -> Response {
        let id = try page.identifier("id", AgreementKind.self)
        let now = context.node.now
        let found = page.look { reader in
            AgreementView.make(id, at: now, in: reader).map { view in
                (view, ProcessView.make(view.process, in: reader))
            }
        }
        guard let (view, process) = found else { throw Problem.page(id.text) }
        var model = agreementModel(view, page.texts)
        if let process {
            model["process"] =
                ProcessDrawing(process: process, current: view.state.name, texts: page.texts).svg()
            model["can_dispute"] = disputable(view, process)
        }
        let names = AgreementParts(view: view, texts: page.texts)
        if let reviews = view.reviews {
            model["review"] = names.reviews(reviews) { self.text($0) }
        }
        if let dispute = view.dispute { model["dispute"] = names.dispute(dispute) }
        model.merge(links("/agreement/\(view.id)", view.id, page)) { own, _ in own }
        let title = view.resource.title
        return try response("agreement", page, title: title, nav: "account", model)
    }

    private func agreementModel(_ view: AgreementView, _ texts: Texts) -> PageModel {
        let parts = AgreementParts(view: view, texts: texts)
        let ways = view.next.filter { !$0.byTimer }
        let timers = view.next.filter(\.byTimer)
        var model: PageModel = [
            "id": view.id, "agreement": view.id, "title": view.resource.title,
            "state": view.state.name, "state_title": view.state.title,
            "tone": view.state.isFinal ? "good" : "now", "disputed": view.disputed,
            "start": texts.time(view.start), "end": texts.time(view.end),
            "ways": ways.map(parts.way), "has_ways": !ways.isEmpty,
            "timers": timers.map(parts.timer), "has_timers": !timers.isEmpty,
            "parties": view.parties.map { party -> PageModel in
                ["role": texts.role(party.role), "who": texts.who(party.account)]
            },
            "held": texts.money(view.held), "deposit": texts.money(view.deposit),
            "offer_id": view.offer.id, "offer_title": view.offer.title,
            "resource_id": view.resource.id, "resource_title": view.resource.title,
            "proof_url": Self.proofOfState(view.stateKey),
        ]
        if let from = view.usedFrom {
            var used: PageModel = ["from": texts.time(from)]
            if let until = view.usedUntil { used["until"] = texts.time(until) }
            model["used"] = used
        }
        if let settled = view.settled {
            model["settled"] = ["amount": texts.money(settled)] as PageModel
        }
        return model
    }

    /// For each of the two sides that may dispute it now: who, and against whom.
    private func disputable(_ view: AgreementView, _ process: ProcessView) -> [PageModel] {
        let isOpen = process.states.contains { $0.name == view.state.name && $0.disputable }
        guard isOpen, !view.disputed,
            let provider = view.parties.first(where: { $0.source == "provider" }),
            let opener = view.parties.first(where: { $0.source == "opener" })
        else { return [] }
        return [(provider, opener), (opener, provider)].map { one, other in
            ["account": one.account, "role": one.role, "other": other.role]
        }
    }
}

/// The parts of an agreement's page that come in lists.
struct AgreementParts {
    let view: AgreementView
    let texts: Texts

    func way(_ way: TransitionView) -> PageModel {
        var model: PageModel = [
            "name": way.name, "title": texts.verb(way.name), "to": way.to.title,
            "role": way.role.map(texts.role) ?? "", "account": way.account ?? "",
            "allowed": way.allowed, "payments": way.movements.map(payment),
            "has_payments": !way.movements.isEmpty,
        ]
        if let rejection = way.rejection {
            let reason = (rejection.detail ?? rejection.name).replacing("_", with: " ")
            model["reason"] = texts("agreement.not_now", ["reason": reason])
        }
        return model
    }

    private func payment(_ movement: ForeseenMovementView) -> PageModel {
        let key =
            switch movement.purpose {
            case "collected": "collects"
            case "platform_fee": "fee"
            case "remainder", "deposit": "remainder"
            default: "pays"
            }
        let role = movement.role.map(texts.role) ?? Texts.short(movement.account)
        return [
            "words": texts("agreement.\(key)", ["role": role]),
            "amount": texts.money(movement.amount),
        ]
    }

    func timer(_ way: TransitionView) -> PageModel {
        var model: PageModel = ["title": "\(texts.verb(way.name)) → \(way.to.title)"]
        if let due = way.due { model["time"] = texts.time(due) }
        return model
    }

    // MARK: Reviews

    private struct Side {
        var account: String
        var role: String
        var slot: AgreementReviewsView.Side
    }

    private func sides(_ reviews: AgreementReviewsView) -> [Side] {
        view.parties.compactMap { party in
            switch party.source {
            case "opener": Side(account: party.account, role: party.role, slot: reviews.byOpener)
            case "provider":
                Side(account: party.account, role: party.role, slot: reviews.byProvider)
            default: nil
            }
        }
    }

    /// - Parameter text: of a hash, where this node has it.
    func reviews(_ reviews: AgreementReviewsView, text: (String?) -> String?) -> PageModel {
        let sides = sides(reviews)
        let anySealed = sides.contains(where: \.slot.sealed)
        let phase = reviews.phase == "sealing" && !anySealed ? "none" : reviews.phase
        func people(_ chosen: [Side]) -> [PageModel] {
            chosen.map { ["account": $0.account, "role": $0.role] }
        }
        let shown = sides.filter { $0.slot.score != nil }
        var model: PageModel = [
            "phase_text": texts("review.phase_\(phase)"),
            "can_seal": people(sides.filter { reviews.phase == "sealing" && !$0.slot.sealed }),
            "can_open": people(
                sides.filter { reviews.phase == "opening" && $0.slot.sealed && !$0.slot.opened }),
            "published": shown.map { side -> PageModel in
                var one: PageModel = [
                    "score": Texts.score(side.slot.score ?? 0), "who": texts.who(side.account),
                ]
                if let words = text(side.slot.textHash) { one["text"] = words }
                return one
            }, "published_list": !shown.isEmpty,
        ]
        if let due = reviews.due { model["due"] = texts.time(due) }
        return model
    }

    // MARK: Disputes

    func dispute(_ dispute: DisputeView) -> PageModel {
        let canEnd = dispute.open && dispute.decision == nil
        let others = view.parties.filter {
            $0.source != "platform" && $0.account != dispute.opener
        }
        let seats = dispute.seats.map { $0.member ?? texts("dispute.arbiter") }
        let decides =
            seats.isEmpty
            ? texts(view.arbiter == nil ? "dispute.lot" : "dispute.arbiter")
            : seats.joined(separator: ", ")
        var model: PageModel = [
            "status": texts("dispute.status_\(dispute.status)"),
            "opener": texts.who(dispute.opener), "held": texts.money(dispute.held),
            "claim": words(dispute.claim), "decides": decides,
            "can_withdraw": canEnd ? [["account": dispute.opener] as PageModel] : [],
            "can_concede": canEnd ? others.map { ["account": $0.account] as PageModel } : [],
        ]
        if let due = dispute.due { model["due"] = texts.time(due) }
        if let decision = dispute.decision { model["decision"] = words(decision) }
        return model
    }

    private func words(_ division: DisputeView.Division) -> String {
        division.shares.map { share in
            texts(
                "dispute.share_words",
                [
                    "share": "\(share.numerator)/\(division.denominator)",
                    "role": texts.role(share.role),
                ])
        }.joined(separator: ", ")
    }
}
