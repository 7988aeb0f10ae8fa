/// Offers in lists.
struct OfferCards {
    let page: PageRequest
    let renderer: PageRenderer

    func models(_ rows: [OfferSummaryView]) -> [PageModel] {
        let kinds = page.look { reader in
            Dictionary(
                KindView.list(after: nil, limit: PageLimits.maximum, in: reader).rows
                    .map { ($0.kind, $0.title) }, uniquingKeysWith: { $1 })
        }
        return rows.map { model($0, kinds) }
    }

    private func model(_ row: OfferSummaryView, _ kinds: [String: String]) -> PageModel {
        let texts = page.texts
        var model: PageModel = [
            "id": row.id, "title": row.title, "kind": kinds[row.kind] ?? row.kind,
            "price": texts.money(row.price), "per": texts.per(row.stepMs),
            "deposit": texts.money(row.deposit),
            "standing": Texts.percent(row.providerStandingPpm), "platform": row.platform,
            "flagged": false,
        ]
        if let picture = renderer.picture(row.descriptionHash, name: row.title) {
            model["picture"] = picture
        }
        if let metres = row.distanceM { model["distance"] = distance(metres) }
        return model
    }

    private func distance(_ metres: Double) -> String {
        metres < 1_000
            ? page.texts("find.distance_m", ["value": String(Int(metres.rounded()))])
            : page.texts("find.distance_km", ["value": SVG.number((metres / 100).rounded() / 10)])
    }

    /// Nil when none of them has a place.
    func map(_ rows: [OfferSummaryView]) -> String? {
        let pins = rows.compactMap { row in
            row.place.map { place in
                PlaceMap.Pin(
                    latitude: place.latitude, longitude: place.longitude, title: row.title,
                    href: "/offer/\(row.id)")
            }
        }
        return PlaceMap(
            pins: pins, label: page.texts("map.alt", ["count": String(pins.count)])
        ).svg()
    }
}
