import Foundation
import Hummingbird
import KoinonMachine
import KoinonProtocol

extension PageRenderer {
    /// One offer: price, terms, when it is free, by which rules it goes.
    func offer(_ page: PageRequest) throws -> Response {
        let id = try page.identifier("id", OfferKind.self)
        let now = context.node.now.milliseconds
        let calendar = DayCalendar(texts: page.texts, now: now)
        let found = page.look { reader in
            OfferView.make(id, in: reader).map { view in
                (
                    view, reader.row(under: view.stateKey), reader.memberName(of: view.provider),
                    reader.kindTitle(view.items.first?.kind ?? ""),
                    ProcessView.make(view.process, in: reader),
                    CalendarView.make(id, from: calendar.from, until: calendar.until, in: reader)
                )
            }
        }
        guard let (view, row, member, kind, process, times) = found else {
            throw Problem.page(id.text)
        }
        var model = offerModel(view, member: member, page)
        model["kind"] = kind
        model["process"] =
            process.map {
                ProcessDrawing(process: $0.under(view.terms), texts: page.texts).svg()
            } ?? ""
        if let times {
            let busy = calendar.busy(times)
            model["days"] = calendar.days(times)
            model["weekdays"] = calendar.weekdays()
            model["busy"] = busy
            model["busy_list"] = !busy.isEmpty
        }
        let sold = try resales(of: id, page.texts)
        model["resales"] = sold
        model["has_resales"] = !sold.isEmpty
        model.merge(row.proof) { own, _ in own }
        model.merge(links(id.text, page)) { own, _ in own }
        return try response("offer", page, title: view.title, nav: "find", model)
    }

    /// Bookings that their holders would sell on, of the newest ones.
    private func resales(of id: OfferID, _ texts: Texts) throws -> [PageModel] {
        guard let index = context.index else { return [] }
        let now = context.node.now
        let rows: ListPage<AgreementView> = try index.page(of: .agreementsOnOffer(id), limit: 50) {
            (id: AgreementID, reader: ViewReader) -> AgreementView? in
            let row = Agreements.agreement(id, in: reader.state)
            guard row?.hasResale == true else { return nil }
            return AgreementView.make(id, at: now, in: reader)
        }
        return rows.rows.compactMap { view -> PageModel? in
            guard let resale = view.resale else { return nil }
            return [
                "agreement": view.id, "price": texts.money(resale.price),
                "start": texts.time(resale.from ?? view.start), "end": texts.time(view.end),
            ]
        }
    }

    /// - Parameter member: that provides it, if one does.
    private func offerModel(
        _ view: OfferView, member: String?, _ page: PageRequest
    ) -> PageModel {
        let texts = page.texts
        let terms = view.terms.filter { !$0.isDefault }
        var model: PageModel = [
            "id": view.id, "title": view.title, "platform": view.platformName,
            "withdrawn": view.withdrawn,
            "provider": texts.who(view.provider, name: member), "provider_id": view.provider,
            "standing": texts.standing(view.providerStandingPpm), "price": texts.money(view.price),
            "per": texts.per(view.stepMs), "deposit": texts.money(view.deposit),
            "process_title": texts.ledger(view.processTitle), "is_bundle": view.items.count > 1,
            "items": view.items.map { item($0) },
            "terms": terms.map { term -> PageModel in
                let isTime = term.name.hasSuffix("_ms")
                let value = isTime ? Texts.duration(UInt64(max(term.value, 0))) : String(term.value)
                return ["title": texts.ledger(term.title), "value": value]
            }, "terms_list": !terms.isEmpty,
        ]
        if view.minimumSteps > 1 { model["minimum_steps"] = String(view.minimumSteps) }
        if let fee = view.platformFee {
            model["fee"] = Texts.share(UInt64(fee.numerator), of: UInt64(fee.denominator))
        }
        if view.durationMaximumMs > 0 { model["longest"] = Texts.duration(view.durationMaximumMs) }
        if view.durationMinimumMs > 0 { model["shortest"] = Texts.duration(view.durationMinimumMs) }
        if let reduced = view.reducedDeposit {
            let words = texts("offer.after_settled", ["count": String(reduced.afterSettled)])
            model["reduced"] =
                ["amount": texts.money(reduced.deposit), "words": words] as PageModel
        }
        if let trust = view.trust { model["trust"] = trustWords(trust, texts) }
        let first = view.items.first
        model.merge(description(first?.descriptionHash, name: first?.title ?? "")) { $1 }
        if let place = view.place { addPlace(place, view.title, to: &model, texts) }
        return model
    }

    /// A thing of the offer, with its picture where it goes with others.
    private func item(_ item: OfferView.Item) -> PageModel {
        var model: PageModel = [
            "id": item.id, "title": item.title,
            "count": item.quantity > 1 ? "\(item.quantity) × " : "",
        ]
        if let picture = picture(item.descriptionHash, name: item.title) {
            model["picture"] = picture
        }
        return model
    }

    private func trustWords(_ trust: OfferView.Trust, _ texts: Texts) -> String {
        var parts: [String] = []
        if trust.refusesFlagged { parts.append(texts("offer.trust_flagged")) }
        if trust.minimumStandingPpm > 0 {
            let value = texts.percent(trust.minimumStandingPpm)
            parts.append(texts("offer.trust_standing", ["value": value]))
        }
        return parts.joined(separator: ", ")
    }

    private func addPlace(
        _ place: PlaceView, _ title: String, to model: inout PageModel, _ texts: Texts
    ) {
        let pin = PlaceMap.Pin(
            latitude: place.latitude, longitude: place.longitude, title: title, href: nil)
        model["map"] =
            PlaceMap(pins: [pin], label: texts("map.alt", ["count": "1"])).svg(height: 240) ?? ""
        model["place_text"] =
            [place.latitude, place.longitude].map(Self.degrees).joined(separator: ", ")
    }

    /// With four decimals, which is about ten metres.
    private static func degrees(_ value: Double) -> String {
        value.formatted(
            .number.precision(.fractionLength(4)).grouping(.never)
                .locale(Locale(identifier: "en_US_POSIX")))
    }

    /// QR code and short address of a page.
    func links(_ id: String, _ page: PageRequest) -> PageModel {
        let short = "/s/\(id)"
        let address = page.origin + short
        return [
            "qr": QRCode(address)?.svg(label: address) ?? "", "short": short,
            "short_text": address,
        ]
    }
}

extension PageRequest {
    /// An id in the path. Whatever is none is not there.
    func identifier<Kind: IdentifierKind>(
        _ name: String, _: Kind.Type
    ) throws -> Identifier<Kind> {
        guard let id = Identifier<Kind>(text: query.path(name)) else {
            throw Problem.page(query.path(name))
        }
        return id
    }
}

extension Problem {
    /// A page about something that is not on the ledger.
    static func page(_ what: String) -> Problem {
        .notFound(JSONText.harmless(what, atMost: 90), remedy: "check the address")
    }
}
