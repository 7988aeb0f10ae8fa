import Foundation
import Hummingbird
import KoinonClient
import KoinonProtocol

extension PageRenderer {
    /// Search, filters, list and map.
    func find(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        var fault: String?
        var query = OfferQuery()
        do throws(FindForm.Mistake) {
            query = try FindForm(page: page).query()
        } catch {
            fault = error.words
        }
        var found = fault == nil ? try searchIndex().search(query) : nil
        var astray = found != nil && query.cursor == nil && page.query.text("cursor") != nil
        if query.cursor != nil, found?.isEnd == true {
            (query.cursor, astray) = (nil, true)
            found = try searchIndex().search(query)
        }
        let rows = found?.rows ?? []
        let cards = OfferCards(page: page, renderer: self)
        var model: PageModel = [
            "cards": cards.models(rows), "has_cards": !rows.isEmpty, "astray": astray,
            "result_text": texts(
                found?.next == nil ? "find.results" : "find.results_more",
                ["count": String(rows.count)]),
        ]
        model.merge(FindForm(page: page).model()) { own, _ in own }
        if let map = cards.map(rows) { model["map"] = map }
        if let fault { model["fault"] = fault }
        model["more"] = page.more(FindForm(page: page).address, "cursor", found?.next)
        return try response("find", page, title: texts("find.title"), nav: "find", model)
    }
}

/// The fields of the search form, as the address has them.
struct FindForm {
    let page: PageRequest

    private static let names = [
        "text", "kind", "from", "to", "max_price", "unit", "min_standing", "lat", "lon",
        "radius_km", "sort",
    ]
    private static let standings = [25_000, 100_000, 250_000, 500_000]

    private func value(_ name: String) -> String? { page.query.text(name) }

    /// What is wrong with a field, for people.
    struct Mistake: Error {
        var words: String
    }

    /// - Parameter label: of the field, a text of "find".
    private func mistake(
        _ label: String, _ text: String, _ values: KeyValuePairs<String, String> = [:]
    ) -> Mistake {
        Mistake(words: "\(page.texts("find.\(label)")): \(page.texts(text, values))")
    }

    func query() throws(Mistake) -> OfferQuery {
        var query = OfferQuery()
        query.text = value("text")
        query.kind = value("kind")
        query.unit = value("unit")
        query.minimumStandingPpm = try standing()
        query.sort = try sort()
        query.limit = 24
        query.cursor = value("cursor").flatMap { OfferQuery.Cursor(text: $0) }
        if query.cursor?.sort != query.sort { query.cursor = nil }
        let (latitude, longitude) = (try degrees("lat", 90), try degrees("lon", 180))
        let radius = try number("radius_km", "radius", 0.1...20_000).map { $0 * 1_000 }
        let (from, until) = (try time("from"), try time("to"))
        query.maximumPrice = try maximumPrice()
        do throws(OfferQuery.Contradiction) {
            query.near = try OfferQuery.Circle(
                latitude: latitude, longitude: longitude, radius: radius)
            query.window = try OfferQuery.window(from: from, until: until)
            try query.check()
        } catch {
            throw mistake(error)
        }
        return query
    }

    private func mistake(_ contradiction: OfferQuery.Contradiction) -> Mistake {
        switch contradiction {
        case .priceWithoutUnit: mistake("unit", "mistake.price_unit")
        case .distanceWithoutPlace: mistake("sort", "mistake.radius")
        case .radiusWithoutPlace: mistake("radius", "mistake.radius")
        case .onlyHalfAPlace(let missing):
            mistake(missing == "lat" ? "latitude" : "longitude", "mistake.place")
        case .noWindow(let name): mistake(name, "mistake.window")
        }
    }

    private func degrees(_ name: String, _ most: Double) throws(Mistake) -> Double? {
        try number(name, name == "lat" ? "latitude" : "longitude", -most...most)
    }

    private func number(
        _ name: String, _ label: String, _ range: ClosedRange<Double>
    ) throws(Mistake) -> Double? {
        guard let text = value(name) else { return nil }
        guard let number = Double(text.replacing(",", with: ".")), range.contains(number) else {
            throw mistake(
                label, "mistake.number",
                [
                    "least": page.texts.decimal(SVG.number(range.lowerBound)),
                    "most": page.texts.decimal(SVG.number(range.upperBound)),
                ])
        }
        return number
    }

    private func time(_ name: String) throws(Mistake) -> UInt64? {
        do { return try PageTime.read(value(name), field: name) } catch {
            throw mistake(name, "mistake.moment")
        }
    }

    private func standing() throws(Mistake) -> UInt32? {
        guard let text = value("min_standing") else { return nil }
        guard let ppm = UInt32(text), ppm <= 1_000_000 else {
            throw mistake("standing", "mistake.whole", ["least": "0", "most": "1000000"])
        }
        return ppm
    }

    private func sort() throws(Mistake) -> OfferQuery.Sort {
        do { return try page.query.choice("sort", default: .relevance) } catch {
            throw mistake("sort", "mistake.choice")
        }
    }

    private func maximumPrice() throws(Mistake) -> UInt64? {
        guard let text = value("max_price") else { return nil }
        // How many decimals there are is the unit's.
        guard let unit = value("unit") else { throw mistake(.priceWithoutUnit) }
        let scale = page.look { $0.scale(of: unit) }
        do throws(MoneyTextFault) {
            let digits = text.replacing(",", with: ".")
            return try MoneyText.parse(digits, unit: unit, scale: scale).minor
        } catch {
            throw mistake("price", "mistake.amount", ["scale": String(scale)])
        }
    }

    func model() -> PageModel {
        let texts = page.texts
        var given: PageModel = [:]
        for name in Self.names { given[name] = value(name) ?? "" }
        given["place"] = value("lat") != nil || value("lon") != nil
        // What is open is what somebody has used; the rest would push the results away.
        given["more"] = Self.names.dropFirst(2).contains { value($0) != nil }
        let (kinds, units) = page.look { reader in
            (
                KindView.list(after: nil, limit: PageLimits.maximum, in: reader).rows,
                UnitView.list(after: nil, limit: PageLimits.maximum, in: reader).rows
            )
        }
        return [
            "q": given,
            "kinds": kinds.map { option("kind", $0.kind, $0.title, name: "kind") },
            "units": units.map { option("unit", $0.unit, $0.title, name: "unit") },
            "standings": Self.standings.map { ppm in
                let words = texts("find.at_least", ["value": texts.percent(ppm)])
                return option("min_standing", String(ppm), words, name: "value")
            },
            "sorts": OfferQuery.Sort.allCases.map { sort in
                option("sort", sort.rawValue, texts("find.sort_\(sort.rawValue)"), name: "value")
            },
        ]
    }

    private func option(
        _ field: String, _ own: String, _ title: String, name: String
    ) -> PageModel {
        [name: own, "title": title, "name": title, "selected": value(field) == own]
    }

    /// Of the same search, at its beginning.
    var address: String {
        let parts = Self.names.compactMap { name in
            value(name)?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
                .map { "\(name)=\($0)" }
        }
        return parts.isEmpty ? "/find" : "/find?" + parts.joined(separator: "&")
    }
}

/// Times of form fields, "2026-05-01T10:30", in UTC.
enum PageTime {
    /// Nil for nothing.
    static func read(_ text: String?, field: String) throws -> UInt64? {
        guard let text else { return nil }
        guard let time = Timestamp(iso8601: text + "Z") ?? Timestamp(iso8601: text) else {
            throw Problem.badField(
                field, "\"\(text.prefix(40))\"", remedy: "2026-05-01T10:30")
        }
        return time.milliseconds
    }

    static func write(_ milliseconds: UInt64) -> String {
        String(TimeView(ms: milliseconds).text.prefix(16))
    }
}
