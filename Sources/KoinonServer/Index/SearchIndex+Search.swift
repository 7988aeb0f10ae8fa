import Foundation
import GRDB
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// An offer in a list of search results.
public struct OfferSummaryView: Codable, Sendable, Equatable {
    public var id: String
    public var title: String
    public var resource: NamedView
    public var kind: String
    public var descriptionHash: String?
    public var provider: String
    public var providerStandingPpm: UInt32
    public var platform: String
    public var process: String
    public var withdrawn: Bool
    /// For each step begun.
    public var price: MoneyView
    public var stepMs: UInt64
    public var minimumSteps: UInt32
    public var leastCharge: MoneyView
    public var deposit: MoneyView
    public var place: PlaceView?
    /// From the place asked for, in metres.
    public var distanceM: Double?
    public var publishedAt: TimeView

    /// Nil when there is no such offer.
    public static func make(_ id: OfferID, in reader: ViewReader) -> OfferSummaryView? {
        Market.offer(id, in: reader.state).map { make(id, $0, in: reader) }
    }

    static func make(_ id: OfferID, _ row: Offer, in reader: ViewReader) -> OfferSummaryView {
        let terms = row.terms
        let resource = ResourceID(terms.resource)
        let thing = resource.flatMap { Resources.resource($0, in: reader.state) }
        let (least, _) = terms.tariff.priceMinor.multipliedReportingOverflow(
            by: UInt64(max(terms.tariff.minimumSteps, 1)))
        return OfferSummaryView(
            id: id.text, title: terms.title,
            resource: NamedView(id: resource?.text ?? "", title: thing?.title ?? ""),
            kind: thing?.kind ?? "",
            descriptionHash: thing.flatMap { reader.hash($0.descriptionHash) },
            provider: reader.account(row.provider) ?? "",
            providerStandingPpm: OfferView.standing(of: row, in: reader),
            platform: terms.platform, process: terms.process, withdrawn: row.withdrawn,
            price: reader.money(terms.tariff.priceMinor, terms.unit), stepMs: terms.tariff.stepMs,
            minimumSteps: terms.tariff.minimumSteps,
            leastCharge: reader.money(least, terms.unit),
            deposit: reader.money(terms.depositMinor, terms.unit),
            place: terms.hasPlace ? PlaceView(terms.place) : nil,
            publishedAt: TimeView(ms: row.publishedAtMs))
    }
}

extension SearchIndex {
    /// Offers looked at for one answer at most: with a window most may be taken. A page may
    /// then be short, or empty, and still have a `next`.
    static let maximumExamined = 2_000
    /// How many are looked up in the state at a time.
    private static let turn = 32

    /// Open offers in the order asked for, each as the ledger has it now; `height` is the
    /// index's.
    public func search(_ query: OfferQuery) throws -> ListPage<OfferSummaryView> {
        var query = query
        var rows: [OfferSummaryView] = []
        var examined = 0
        // An answer without rows says when it is true, too.
        var (height, time) = (UInt64(0), node.look { $0.time })
        let database = database
        while true {
            let wanted = query.limit - rows.count
            // With a window more are read at once, since some will be taken.
            let limit = query.window == nil ? wanted + 1 : max(wanted + 1, 2 * Self.turn)
            let hits = try database.pool.read { db in
                height = try IndexDatabase.height(db)
                return try OfferSearch(db: db, query: query).hits(limit: limit)
            }
            examined += hits.count
            for (index, hit) in hits.enumerated() where index.isMultiple(of: Self.turn) {
                let part = hits[index..<min(index + Self.turn, hits.count)]
                let found = node.look { reader in
                    time = reader.time
                    return part.map { summary(of: $0, query, in: reader) }
                }
                for (offset, view) in found.enumerated() {
                    if rows.count == query.limit {
                        return page(rows, next: hits[index + offset - 1].cursor, height, time)
                    }
                    if let view { rows.append(view) }
                }
                _ = hit
            }
            guard hits.count == limit, let last = hits.last else {
                return page(rows, next: nil, height, time)
            }
            if rows.count == query.limit || examined >= Self.maximumExamined {
                return page(rows, next: last.cursor, height, time)
            }
            query.cursor = last.cursor
        }
    }

    private func page(
        _ rows: [OfferSummaryView], next: OfferQuery.Cursor?, _ height: UInt64, _ time: Timestamp
    ) -> ListPage<OfferSummaryView> {
        ListPage(
            height: height, finalHeight: node.finalHeight.rawValue, time: TimeView(time),
            rows: rows, next: next?.text)
    }

    /// Nil when it was withdrawn meanwhile, or is taken in the window.
    private func summary(
        of hit: OfferHit, _ query: OfferQuery, in reader: ViewReader
    ) -> OfferSummaryView? {
        guard let id = OfferID(hit.id), let row = Market.offer(id, in: reader.state),
            !row.withdrawn
        else { return nil }
        if let window = query.window {
            guard
                FreeTime.isFree(
                    row, from: window.lowerBound, until: window.upperBound,
                    quantity: query.quantity, in: reader)
            else { return nil }
        }
        var view = OfferSummaryView.make(id, row, in: reader)
        view.distanceM = hit.millimetres.map { Double($0) / 1_000 }
        return view
    }
}
