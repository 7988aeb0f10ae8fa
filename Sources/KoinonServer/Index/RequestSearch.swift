import Foundation
import GRDB
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// What to look for among open requests: for those who have something to lend.
package struct RequestQuery: Sendable, Equatable {
    /// In the title.
    package var text: String?
    /// Of the thing; requests that take any kind are found too.
    package var kind: String?
    /// Where the thing is: found are requests that reach so far, and those without a place; with
    /// a radius only those within it.
    package var near: OfferQuery.Circle?
    /// The position that the page before ended with.
    package var before: Int64?
    package var limit = PageLimits.standard

    package init() {}
}

/// What the index keeps of a request.
struct RequestRow: Sendable {
    var id: Data
    /// Nil when it was closed in the batch.
    var position: Int64?
    /// Nil when it is not open any more.
    var wish: PublishRequest?

    init(_ id: Data, position: Int64?, in reader: ViewReader) {
        self.id = id
        self.position = position
        wish = KoinonProtocol.RequestID(id).flatMap { Market.request($0, in: reader.state) }
            .flatMap { $0.state == .open ? $0.wish : nil }
    }
}

extension SearchIndex {
    /// Requests looked at for one answer at most: a page may then be short, or empty, and still
    /// have a `next`.
    static let maximumRequestsExamined = 2_000

    /// Open requests, the newest first, each as the ledger has it now; `height` is the index's.
    func search(_ query: RequestQuery) throws -> ListPage<RequestView> {
        let (height, found, next) = try database.pool.read { db in
            let (ids, next) = try Self.requests(query, db)
            return (try IndexDatabase.height(db), ids, next)
        }
        var time = Timestamp(milliseconds: 0)
        var rows: [RequestView] = []
        // In turns: blocks wait for none of them for long.
        for start in stride(from: 0, to: max(found.count, 1), by: 32) {
            rows += node.look { reader in
                time = reader.time
                return found.dropFirst(start).prefix(32).compactMap { id in
                    KoinonProtocol.RequestID(id).flatMap { RequestView.make($0, in: reader) }
                }.filter { $0.state == "open" }
            }
        }
        return ListPage(
            height: height, finalHeight: node.finalHeight.rawValue, time: TimeView(time),
            rows: rows, next: next.map { String($0) })
    }

    private static func requests(
        _ query: RequestQuery, _ db: Database
    ) throws -> (ids: [Data], next: Int64?) {
        var conditions = ["r.number < ?"]
        var arguments: [(any DatabaseValueConvertible)?] = [query.before ?? Int64.max]
        if let kind = query.kind {
            conditions.append("r.kind IN (?, '')")
            arguments.append(kind)
        }
        var table = "requests r"
        if let given = query.text {
            // Words that are none find nothing, rather than everything.
            guard let text = SearchText(given) else { return ([], nil) }
            table = "requests_text t CROSS JOIN requests r ON r.number = t.rowid"
            conditions += ["t.rowid < ?", "requests_text MATCH ?"]
            arguments += [query.before ?? Int64.max, text.expression]
        }
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT r.number, r.id, r.latitude, r.longitude, r.radius FROM \(table)
                    WHERE \(conditions.joined(separator: " AND ")) ORDER BY r.number DESC
                    """), arguments: StatementArguments(arguments))
        var ids: [Data] = []
        var examined = 0
        var last: Int64?
        while let row = try rows.next() {
            // There is more, whether it fits or not.
            if ids.count == query.limit || examined == maximumRequestsExamined {
                return (ids, last)
            }
            examined += 1
            last = row["number"]
            if isWithin(row, query.near) { ids.append(row["id"]) }
        }
        return (ids, nil)
    }

    private static func isWithin(_ row: Row, _ near: OfferQuery.Circle?) -> Bool {
        guard let near, let latitude: Int64 = row["latitude"],
            let longitude: Int64 = row["longitude"]
        else { return true }
        let away = GeoMath.millimetres(near.latitude, near.longitude, (latitude, longitude))
        let reach: Int64 = row["radius"]
        return (reach == 0 || away <= reach * 1_000)
            && (near.radius.map { away <= Int64($0 * 1_000) } ?? true)
    }
}
