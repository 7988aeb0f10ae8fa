import Hummingbird

extension PageRenderer {
    private static let hours = 24

    /// What the alliance shares, with numbers of the moment.
    func start(_ page: PageRequest) throws -> Response {
        let texts = page.texts
        let index = try searchIndex()
        let statistics = try index.statistics(hours: Self.hours)
        let newest = try index.search(OfferQuery.newest(8))
        let hours = Self.filled(statistics)
        let height = page.look { $0.height.rawValue }
        let final = context.node.finalHeight.rawValue
        let lag = height > final ? height - final : 0
        let cards = OfferCards(page: page, renderer: self).models(newest.rows)
        return try response(
            "start", page, title: texts("site.description"),
            [
                "chart": chart(hours, page), "offers": String(statistics.value.openOffers),
                "hours": hours.map { hour -> PageModel in
                    texts.time(hour.from, style: "hour").merging(["count": String(hour.opened)]) {
                        $1
                    }
                },
                "resources_text": texts(
                    "start.resources", ["count": String(statistics.value.resources)]),
                "in_chart": texts("start.in_chart", ["count": String(hours.count)]),
                "agreements": String(hours.reduce(0) { $0 + $1.opened }),
                "moved": Self.sums(statistics.value.moved).map(texts.money),
                "final_height": String(final),
                "final_text": lag == 0
                    ? texts("start.lag_none") : texts("start.lag", ["count": String(lag)]),
                "cards": cards, "has_cards": !cards.isEmpty,
            ])
    }

    private func chart(_ hours: [StatisticsView.Hour], _ page: PageRequest) -> String {
        let texts = page.texts
        let values = hours.map(\.opened)
        let label = texts(
            "chart.alt",
            [
                "count": String(values.reduce(0, +)), "hours": String(values.count),
                "most": String(values.max() ?? 0),
            ])
        return BarChart(
            values: values, from: texts("chart.ago", ["count": String(values.count)]),
            until: texts("chart.now"), label: label
        ).svg()
    }

    /// Every hour up to the ledger's time, with those in which nothing happened.
    private static func filled(_ reading: Reading<StatisticsView>) -> [StatisticsView.Hour] {
        let last = reading.time.ms / 3_600_000
        let first = last >= UInt64(hours) ? last - UInt64(hours) + 1 : 0
        let known = Dictionary(
            reading.value.hours.map { ($0.from.ms / 3_600_000, $0) }, uniquingKeysWith: { $1 })
        return (first...last).map { hour in
            known[hour]
                ?? StatisticsView.Hour(
                    from: TimeView(ms: hour * 3_600_000), opened: 0, settled: 0, transactions: 0)
        }
    }

    /// By unit, in the order of their first appearance.
    private static func sums(_ moved: [StatisticsView.Moved]) -> [MoneyView] {
        var sums: [(unit: String, minor: UInt64, scale: Int)] = []
        for one in moved {
            let minor = UInt64(one.amount.minor) ?? 0
            let scale = one.amount.text.split(separator: ".").dropFirst().first?.count ?? 0
            if let place = sums.firstIndex(where: { $0.unit == one.amount.unit }) {
                let (sum, overflow) = sums[place].minor.addingReportingOverflow(minor)
                sums[place].minor = overflow ? .max : sum
            } else {
                sums.append((one.amount.unit, minor, scale))
            }
        }
        return sums.map { MoneyView(minor: $0.minor, unit: $0.unit, scale: $0.scale) }
    }

    /// - Throws: a problem when this node keeps no index.
    func searchIndex() throws -> SearchIndex {
        guard let index = context.index else {
            throw Problem(
                status: .serviceUnavailable, code: "noIndex", title: "The index is not there",
                detail: "this node keeps no search index", remedy: "use another member's node")
        }
        return index
    }
}

extension OfferQuery {
    static func newest(_ count: Int) -> OfferQuery {
        var query = OfferQuery()
        query.limit = count
        return query
    }
}
