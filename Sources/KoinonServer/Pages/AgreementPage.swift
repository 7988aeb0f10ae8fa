import Hummingbird
import KoinonProtocol

extension PageRenderer {
    /// Where an agreement stands, what can happen next and what that moves.
    func agreement(_ page: PageRequest) throws -> Response {
        let id = try page.identifier("id", AgreementKind.self)
        let now = context.node.now
        let found = page.look { reader -> AgreementParts.Found? in
            guard let view = AgreementView.make(id, at: now, in: reader) else { return nil }
            let offer = OfferID(text: view.offer.id).flatMap { OfferView.make($0, in: reader) }
            return AgreementParts.Found(
                view: view, row: reader.row(under: view.stateKey),
                process: ProcessView.make(view.process, in: reader),
                rules: reader.process(view.process), terms: offer?.terms ?? [],
                names: Dictionary(
                    view.parties.compactMap { party in
                        reader.memberName(of: party.account).map { (party.account, $0) }
                    }, uniquingKeysWith: { $1 }),
                sides: view.sides(reader.process(view.process)?.dispute.by ?? []))
        }
        guard let found else { throw Problem.page(id.text) }
        let (view, parts) = (found.view, AgreementParts(found: found, texts: page.texts))
        var model = agreementModel(parts)
        if let process = found.process {
            model["process"] =
                ProcessDrawing(process: process, current: view.state.name, texts: page.texts).svg()
        }
        model["can_dispute"] = parts.disputable()
        if let resale = parts.resale() { model["resale"] = resale }
        if let reviews = view.reviews {
            model["review"] = parts.reviews(reviews) { self.text($0) }
        }
        if let dispute = view.dispute {
            model["dispute"] = parts.dispute(dispute) { self.content($0) }
        }
        model.merge(found.row.proof) { own, _ in own }
        model.merge(links(view.id, page)) { own, _ in own }
        let title = view.resource.title
        return try response("agreement", page, title: title, model)
    }

    private func agreementModel(_ parts: AgreementParts) -> PageModel {
        let (view, texts) = (parts.view, parts.texts)
        let ways = view.next.filter { !$0.byTimer }
        let timers = view.next.filter(\.byTimer)
        var model: PageModel = [
            "id": view.id, "agreement": view.id, "title": view.resource.title,
            "state": view.state.name, "state_title": texts.ledger(view.state.title),
            "tone": view.state.isFinal ? "good" : "now", "disputed": view.disputed,
            "start": texts.time(view.start), "end": texts.time(view.end),
            "ways": ways.map(parts.way), "has_ways": !ways.isEmpty,
            "timers": timers.map(parts.timer), "has_timers": !timers.isEmpty,
            "parties": view.parties.map { party -> PageModel in
                [
                    "role": texts.role(party.role),
                    "who": texts.who(party.account, name: parts.found.names[party.account]),
                ]
            },
            "party_accounts": view.parties.map(\.account).joined(separator: " "),
            "held": texts.money(view.held), "deposit": texts.money(view.deposit),
            "offer_id": view.offer.id, "offer_title": view.offer.title,
            "things": parts.things(), "unit": view.unit,
        ]
        if let emptied = parts.emptied() { model["emptied"] = emptied }
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
}

/// The parts of an agreement's page that come in lists.
struct AgreementParts {
    struct Found: Sendable {
        var view: AgreementView
        var row: ShownRow
        var process: ProcessView?
        var rules: ProcessDefinition?
        /// Of the offer, with the values that hold.
        var terms: [OfferView.Term]
        /// Of parties that are members, by account.
        var names: [String: String]
        /// The two between which the process allows disputes, in its order.
        var sides: [AgreementView.Party]
    }

    let found: Found
    let texts: Texts

    var view: AgreementView { found.view }

    /// What it is about, each thing with its number.
    func things() -> [PageModel] {
        let first: PageModel = ["id": view.resource.id, "title": view.resource.title, "count": ""]
        return [first]
            + view.also.map { item in
                [
                    "id": item.id, "title": item.title,
                    "count": item.quantity > 1 ? "\(item.quantity) × " : "",
                ]
            }
    }

    /// Of an agreement that has ended: what had been asked for is no longer held, and with whose
    /// account it is told where it went. Nil while it goes on or holds something.
    func emptied() -> PageModel? {
        guard view.state.isFinal, view.held.minor == "0" else { return nil }
        var model: PageModel = [:]
        if view.deposit.minor != "0" { model["deposit_was"] = texts.money(view.deposit) }
        if let opener = view.parties.first(where: { $0.source == "opener" }) {
            model["customer"] =
                ["account": opener.account, "role": texts.role(opener.role)] as PageModel
        }
        return model
    }

    func way(_ way: TransitionView) -> PageModel {
        var model: PageModel = [
            "name": way.name, "title": texts.verb(way.name), "to": texts.ledger(way.to.title),
            "account": way.account ?? "", "allowed": way.allowed,
            "payments": way.movements.map(payment),
            "has_payments": !way.movements.isEmpty,
            // What ends an agreement unsettled, as cancelling does, looks less like the next step.
            "forward": !way.to.isFinal || way.settles,
        ]
        if let role = way.role { model["role"] = texts.role(role) }
        if let rejection = way.rejection {
            model["reason"] = texts("agreement.not_now", ["reason": texts.reason(rejection)])
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
        var model: PageModel = ["title": "\(texts.verb(way.name)) → \(texts.ledger(way.to.title))"]
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
}

extension AgreementView {
    /// The parties in roles, in the order of the roles.
    func sides(_ roles: [String]) -> [Party] {
        roles.compactMap { role in parties.first { $0.role == role } }
    }
}
