import KoinonMachine
import KoinonProtocol

/// Offers in lists.
struct OfferCards {
    let page: PageRequest
    let renderer: PageRenderer

    func models(_ rows: [OfferSummaryView]) -> [PageModel] {
        let names = page.look { reader in
            Names(
                kinds: Dictionary(
                    KindView.list(after: nil, limit: PageLimits.maximum, in: reader).rows
                        .map { ($0.kind, $0.title) }, uniquingKeysWith: { $1 }),
                members: Dictionary(
                    MemberView.all(in: reader).map { ($0.id, $0.name) }, uniquingKeysWith: { $1 }),
                flagged: Set(rows.map(\.provider)).filter { provider in
                    AccountID(text: provider).map {
                        Reputation.isFlagged($0, in: reader.state)
                    } ?? false
                })
        }
        return rows.map { model($0, names) }
    }

    /// What people call kinds and members, and whom they are warned of.
    private struct Names {
        var kinds: [String: String]
        var members: [String: String]
        /// Providers with an open warning.
        var flagged: Set<String>
    }

    private func model(_ row: OfferSummaryView, _ names: Names) -> PageModel {
        let texts = page.texts
        var model: PageModel = [
            "id": row.id, "title": row.title, "kind": names.kinds[row.kind] ?? row.kind,
            "price": texts.money(row.price), "per": texts.per(row.stepMs),
            "standing": texts.standing(row.providerStandingPpm),
            "platform": names.members[row.platform] ?? row.platform,
            "flagged": names.flagged.contains(row.provider),
        ]
        if row.deposit.minor != "0" { model["deposit"] = texts.money(row.deposit) }
        if let picture = renderer.picture(row.descriptionHash, name: row.title) {
            model["picture"] = picture
        }
        if let metres = row.distanceM { model["distance"] = distance(metres) }
        return model
    }

    private func distance(_ metres: Double) -> String {
        metres < 1_000
            ? page.texts("find.distance_m", ["value": String(Int(metres.rounded()))])
            : page.texts(
                "find.distance_km",
                ["value": page.texts.decimal(SVG.number((metres / 100).rounded() / 10))])
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
