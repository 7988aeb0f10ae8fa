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
        do {
            query = try FindForm(page: page).query()
        } catch let problem as Problem {
            fault = "\(problem.detail). \(problem.remedy)."
        }
        let found = fault == nil ? try searchIndex().search(query) : nil
        let rows = found?.rows ?? []
        let cards = OfferCards(page: page, renderer: self)
        var model: PageModel = [
            "cards": cards.models(rows), "has_cards": !rows.isEmpty,
            "result_text": texts(
                found?.next == nil ? "find.results" : "find.results_more",
                ["count": String(rows.count)]),
        ]
        model.merge(FindForm(page: page).model()) { own, _ in own }
        if let map = cards.map(rows) { model["map"] = map }
        if let fault { model["fault"] = fault }
        if let next = found?.next {
            model["more"] = ["href": FindForm(page: page).href(cursor: next)] as PageModel
        }
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

    /// - Throws: a problem that names the field.
    func query() throws -> OfferQuery {
        var query = OfferQuery()
        query.text = value("text")
        query.kind = value("kind")
        query.unit = value("unit")
        query.near = try circle()
        query.window = try window()
        query.maximumPrice = try maximumPrice()
        query.minimumStandingPpm = value("min_standing").flatMap { UInt32($0) }
        query.sort = try page.query.choice("sort", default: .relevance)
        query.limit = 24
        if query.sort == .distance, query.near == nil { query.sort = .relevance }
        if query.sort == .price, query.unit == nil { query.sort = .relevance }
        query.cursor = value("cursor").flatMap { OfferQuery.Cursor(text: $0) }
        return query
    }

    private func circle() throws -> OfferQuery.Circle? {
        guard let latitude = try degrees("lat", 90), let longitude = try degrees("lon", 180) else {
            return nil
        }
        let radius = try decimal("radius_km", 0.1...20_000)
        return OfferQuery.Circle(
            latitude: latitude, longitude: longitude, radius: radius.map { $0 * 1_000 })
    }

    private func degrees(_ name: String, _ most: Double) throws -> Double? {
        try decimal(name, -most...most)
    }

    private func decimal(_ name: String, _ range: ClosedRange<Double>) throws -> Double? {
        guard let text = value(name) else { return nil }
        guard let number = Double(text.replacing(",", with: ".")), range.contains(number) else {
            throw Problem.badField(
                name, "\"\(text.prefix(40))\"",
                remedy: "\(SVG.number(range.lowerBound)) – \(SVG.number(range.upperBound))")
        }
        return number
    }

    private func window() throws -> Range<UInt64>? {
        guard let from = try PageTime.read(value("from"), field: "from"),
            let until = try PageTime.read(value("to"), field: "to")
        else { return nil }
        guard from < until else {
            throw Problem.badField("to", page.texts("find.to"), remedy: page.texts("find.from"))
        }
        return from..<until
    }

    private func maximumPrice() throws -> UInt64? {
        guard let text = value("max_price"), let unit = value("unit") else { return nil }
        let scale = page.look { $0.scale(of: unit) }
        do throws(MoneyTextFault) {
            let digits = text.replacing(",", with: ".")
            return try MoneyText.parse(digits, unit: unit, scale: scale).minor
        } catch {
            throw Problem.badField(
                "max_price", "\"\(text.prefix(40))\"",
                remedy: page.texts("mistake.amount", ["scale": String(scale)]))
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

    /// The same search, further on.
    func href(cursor: String) -> String {
        let pairs = Self.names.compactMap { name in value(name).map { (name, $0) } }
        let parts = (pairs + [("cursor", cursor)]).map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        return "/find?" + parts.joined(separator: "&")
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
