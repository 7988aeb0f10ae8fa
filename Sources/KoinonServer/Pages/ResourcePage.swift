import Hummingbird
import KoinonProtocol

extension PageRenderer {
    /// A thing: whose, where it has been, its offers, and the proof.
    func resource(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let id = try page.identifier("id", ResourceKind.self)
        let found = page.look { reader in
            ResourceView.make(id, in: reader).map { view in
                let owner = AccountID(text: view.owner)
                let reviews = owner.map {
                    ReviewView.newest(about: $0, kind: view.kind, limit: 20, in: reader)
                }
                let offers = view.offers.compactMap { offer in
                    OfferID(text: offer.id).flatMap { OfferView.make($0, in: reader) }
                }
                return (
                    view, reader.row(under: view.stateKey), reader.memberName(of: view.owner),
                    offers, reviews ?? []
                )
            }
        }
        guard let (view, row, member, offers, reviews) = found else { throw Problem.page(id.text) }
        var astray = false
        let custody = try page.part("custody", &astray) { before in
            let list = page.look { reader in
                CustodyView.list(
                    of: id, before: before.map(UInt64.init),
                    limit: ResourceView.maximumCustody, in: reader)
            }
            guard let list else { throw Problem.page(id.text) }
            return list
        }
        var model: PageModel = [
            "astray": astray, "id": view.id, "title": view.title,
            "kind": view.kindTitle.isEmpty ? view.kind : view.kindTitle,
            "retired": view.retired, "stolen": view.stolen != nil, "owner_id": view.owner,
            "form": "stolen",
            "owner": texts.who(view.owner, name: member), "capacity": String(view.capacity),
            "in_use": String(view.inUse), "registered": texts.time(view.registeredAt),
            "offers": offers.map { offer -> PageModel in
                [
                    "id": offer.id, "title": offer.title, "price": texts.money(offer.price),
                    "per": texts.per(offer.stepMs), "platform": offer.platformName,
                ]
            },
            "has_offers": !offers.isEmpty, "custody": custody.rows.map { step($0, texts) },
            "has_reviews": !reviews.isEmpty,
            "reviews": reviews.map { review -> PageModel in
                [
                    "score": Texts.score(review.score), "reviewer": texts.who(review.reviewer),
                    "time": texts.time(review.publishedAt, style: "date"),
                ]
            },
        ]
        model.merge(row.proof) { own, _ in own }
        if let serial = view.serial { model["serial"] = serial }
        model["more"] = page.more(
            "/resource/\(view.id)", "custody", custody.next, of: texts("resource.custody"),
            at: "#custody")
        model.merge(description(view.descriptionHash, name: view.title)) { $1 }
        model["edit"] = edit(view)
        model.merge(links(view.id, page)) { own, _ in own }
        return try response("resource", page, title: view.title, nav: "find", model)
    }

    /// What its owner may write anew.
    private func edit(_ view: ResourceView) -> PageModel {
        let known = text(view.descriptionHash).map(Description.init)
        return [
            "name": view.title, "capacity": String(view.capacity),
            "words": known?.paragraphs.joined(separator: "\n\n") ?? "",
            "kept": (known?.pictures ?? []).enumerated().map { index, picture -> PageModel in
                [
                    "field": "kept-\(index)", "line": picture.line, "src": picture.address,
                    "words": picture.words,
                ]
            },
        ]
    }

    /// Reasons whose words lead to the holder: languages decline what follows them differently.
    private static let given: Set<String> = ["transferred", "lent", "delivered", "sold"]

    private func step(_ step: CustodyView, _ texts: Texts) -> PageModel {
        var model: PageModel = [
            "time": texts.time(step.time), "words": texts("resource.reason_\(step.reason)"),
            "holder": texts.who(step.holder),
            "you": Self.given.contains(step.reason) ? "account.you_to" : "account.you_by",
        ]
        if let agreement = step.agreement { model["agreement"] = agreement }
        return model
    }
}
