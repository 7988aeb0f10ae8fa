import Foundation
import GRDB
import KoinonProtocol

/// Finds offers in one view of the index, in the order of the query, from its cursor on.
///
/// Every way of sorting walks an index of its own and ends with the page, so that common
/// words or a large city cost no more than rare ones.
struct OfferSearch {
    let db: Database
    let query: OfferQuery

    /// Fewer offers than this within the circle: the places lead, whatever it is sorted by.
    private static let few = 300
    /// Of offers with the words, sorted by anything but relevance, the newest so many count.
    static let maximumTextHits = 10_000
    /// Offers read in one ring of distance at most.
    static let maximumRing = 20_000

    /// - Parameter limit: at most so many.
    func hits(limit: Int) throws -> [OfferHit] {
        let text = query.text.flatMap(SearchText.init)
        // Words that are none find nothing, rather than everything.
        if let given = query.text, !given.isEmpty, text == nil { return [] }
        switch query.sort {
        case .distance: return try byDistance(text, limit: limit)
        case .price, .standing: return try byColumn(text, limit: limit)
        case .relevance:
            guard let text else { return try newest(limit: limit) }
            return try byRelevance(text, limit: limit)
        }
    }

    private struct Condition {
        var sql: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []

        mutating func add(_ text: String, _ values: (any DatabaseValueConvertible)?...) {
            sql.append(text)
            arguments += values
        }
        var text: String { sql.isEmpty ? "1" : sql.joined(separator: " AND ") }
    }

    /// What every offer found has to be, but for words and distance.
    private func condition(place: Bool = true) throws -> Condition {
        var all = Condition()
        all.add("o.open")
        if let kind = query.kind { all.add("o.kind = ?", kind) }
        if let unit = query.unit { all.add("o.unit = ?", unit) }
        if let process = query.process { all.add("o.process = ?", process) }
        if let platform = query.platform { all.add("o.platform = ?", platform) }
        if let most = query.maximumPrice { all.add("o.price <= ?", Int64(clamping: most)) }
        if let least = query.minimumStandingPpm { all.add("o.standing >= ?", Int64(least)) }
        if let window = query.window {
            let from = Int64(clamping: window.lowerBound)
            let until = Int64(clamping: window.upperBound)
            all.add("o.available_from <= ?", from)
            all.add("(o.available_until = 0 OR o.available_until >= ?)", until)
            all.add("o.shortest <= ?", until - from)
            all.add("(o.longest = 0 OR o.longest >= ?)", until - from)
        }
        if place, let near = query.near, let radius = near.radius {
            let boxes = GeoBoxes(
                latitude: near.latitude, longitude: near.longitude, radius: radius)
            if try isFew(boxes) {
                let (sql, arguments) = placeSQL(boxes)
                all.sql.append("o.number IN (\(sql))")
                all.arguments += arguments
            } else {
                let one = "o.latitude BETWEEN ? AND ? AND o.longitude BETWEEN ? AND ?"
                all.sql.append(
                    "(" + boxes.boxes.map { _ in "(\(one))" }.joined(separator: " OR ") + ")")
                for box in boxes.boxes {
                    all.arguments += [box.south, box.north, box.west, box.east]
                }
            }
        }
        return all
    }

    // MARK: Places

    private func placeSQL(
        _ boxes: GeoBoxes
    ) -> (sql: String, arguments: [(any DatabaseValueConvertible)?]) {
        var arguments: [(any DatabaseValueConvertible)?] = []
        let time = query.window.map {
            IndexTime.minutes(
                from: Int64(clamping: $0.lowerBound), until: Int64(clamping: $0.upperBound))
        }
        let parts = boxes.boxes.map { box in
            var sql =
                "SELECT number FROM offers_place WHERE south >= ? AND north <= ? AND west >= ? AND east <= ?"
            arguments += [box.south, box.north, box.west, box.east]
            if let time {
                sql += " AND first <= ? AND last >= ?"
                arguments += [time.lowerBound, time.upperBound - 1]
            }
            return sql
        }
        return (parts.joined(separator: " UNION ALL "), arguments)
    }

    private func isFew(_ boxes: GeoBoxes) throws -> Bool {
        let (sql, arguments) = placeSQL(boxes)
        let statement = try db.cachedStatement(
            sql: "SELECT count(*) FROM (SELECT 1 FROM (\(sql)) LIMIT \(Self.few))")
        let count = try Int.fetchOne(statement, arguments: StatementArguments(arguments)) ?? 0
        return count < Self.few
    }

    /// The boxes reach a little further than the circle.
    private func distance(_ row: Row) -> Int64? {
        guard let near = query.near, let latitude: Int64 = row["latitude"],
            let longitude: Int64 = row["longitude"]
        else { return nil }
        return GeoMath.millimetres(near.latitude, near.longitude, (latitude, longitude))
    }

    private func isWithin(_ millimetres: Int64?) -> Bool {
        guard let radius = query.near?.radius else { return true }
        return millimetres.map { $0 <= Int64(radius * 1_000) } ?? false
    }

    // MARK: Orders

    private static let columns = "o.number, o.id, o.latitude, o.longitude, o.price, o.standing"

    /// Walks a statement until there are enough hits within the circle.
    private func walk(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?], limit: Int,
        value: (Row) -> Int64
    ) throws -> [OfferHit] {
        var hits: [OfferHit] = []
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        while hits.count < limit, let row = try rows.next() {
            let distance = distance(row)
            guard isWithin(distance) else { continue }
            hits.append(
                OfferHit(
                    id: row["id"],
                    cursor: .init(sort: query.sort, value: value(row), number: row["number"]),
                    millimetres: distance))
        }
        return hits
    }

    private func newest(limit: Int) throws -> [OfferHit] {
        var all = try condition()
        if let cursor = query.cursor { all.add("o.number < ?", cursor.number) }
        let sql =
            "SELECT \(Self.columns) FROM offers o WHERE \(all.text) ORDER BY o.number DESC"
        return try walk(sql, all.arguments, limit: limit) { _ in 0 }
    }

    /// First those with all words in the title, then the others.
    private func byRelevance(_ text: SearchText, limit: Int) throws -> [OfferHit] {
        let all = try condition()
        var hits: [OfferHit] = []
        for tier in [Int64(0), 1] where hits.count < limit {
            if let cursor = query.cursor, cursor.value > tier { continue }
            let words = tier == 0 ? text.inTitle(facets: facets) : text.beyondTitle(facets: facets)
            var arguments: [(any DatabaseValueConvertible)?] = [words]
            var before = ""
            if let cursor = query.cursor, cursor.value == tier {
                before = "AND t.rowid < ?"
                arguments.append(cursor.number)
            }
            let sql = """
                SELECT \(Self.columns) FROM offers_text t CROSS JOIN offers o ON o.number = t.rowid
                WHERE offers_text MATCH ? \(before) AND \(all.text) ORDER BY t.rowid DESC
                """
            hits += try walk(sql, arguments + all.arguments, limit: limit - hits.count) { _ in
                tier
            }
        }
        return hits
    }

    private var facets: [String] {
        [
            query.kind.map { SearchText.facet("k", $0) },
            query.unit.map { SearchText.facet("u", $0) },
            query.process.map { SearchText.facet("p", $0) },
            query.platform.map { SearchText.facet("m", $0) },
        ].compactMap { $0 }
    }

    private func addWords(_ text: SearchText?, to all: inout Condition) {
        guard let text else { return }
        all.add(
            """
            o.number IN (SELECT rowid FROM offers_text WHERE offers_text MATCH ?
              ORDER BY rowid DESC LIMIT \(Self.maximumTextHits))
            """, text.anywhere(facets: facets))
    }

    private func byColumn(_ text: SearchText?, limit: Int) throws -> [OfferHit] {
        var all = try condition()
        addWords(text, to: &all)
        let isPrice = query.sort == .price
        let column = isPrice ? "price" : "standing"
        if let cursor = query.cursor {
            let after = isPrice ? ">" : "<"
            all.add(
                "(o.\(column) \(after) ? OR (o.\(column) = ? AND o.number < ?))", cursor.value,
                cursor.value, cursor.number)
            // Says the same once more, so that the index begins there.
            all.add("o.\(column) \(after)= ?", cursor.value)
        }
        let order = isPrice ? "o.price, o.number DESC" : "o.standing DESC, o.number DESC"
        let sql = "SELECT \(Self.columns) FROM offers o WHERE \(all.text) ORDER BY \(order)"
        return try walk(sql, all.arguments, limit: limit) { $0[column] }
    }

    /// In rings that double, from near to far, until there are enough.
    private func byDistance(_ text: SearchText?, limit: Int) throws -> [OfferHit] {
        guard let near = query.near else { return [] }
        if let text { return try byDistance(text, limit: limit) }
        let all = try condition(place: false)
        let last = Int64(min(near.radius ?? .infinity, GeoMath.maximumRadius) * 1_000)
        var after = afterCursor
        var outer = max(Int64(50_000), after.0)
        var hits: [OfferHit] = []
        while hits.count < limit {
            outer = min(outer, last)
            let found = try ring(all, near, from: after, to: outer)
            hits += found.prefix(limit - hits.count)
            guard outer < last else { break }
            after = (outer, -1)
            outer *= 2
        }
        return hits
    }

    /// What has the words is few enough to be looked at as a whole, which rings would do
    /// again and again.
    private func byDistance(_ text: SearchText, limit: Int) throws -> [OfferHit] {
        let all = try condition()
        let sql = """
            SELECT \(Self.columns) FROM (SELECT rowid FROM offers_text WHERE offers_text MATCH ?
              ORDER BY rowid DESC LIMIT \(Self.maximumTextHits)) t
            CROSS JOIN offers o ON o.number = t.rowid
            WHERE o.latitude IS NOT NULL AND \(all.text)
            """
        let arguments: [(any DatabaseValueConvertible)?] = [text.anywhere(facets: facets)]
        let hits = try sorted(sql, arguments + all.arguments, after: afterCursor) { isWithin($0) }
        return Array(hits.prefix(limit))
    }

    /// Distance and number that the page before ended with.
    private var afterCursor: (Int64, Int64) {
        (query.cursor?.value ?? -1, query.cursor?.number ?? Int64.max)
    }

    /// Offers beyond a distance and number, up to a distance, sorted.
    private func ring(
        _ all: Condition, _ near: OfferQuery.Circle, from after: (Int64, Int64), to outer: Int64
    ) throws -> [OfferHit] {
        let boxes = GeoBoxes(
            latitude: near.latitude, longitude: near.longitude, radius: Double(outer) / 1_000)
        let (places, arguments) = placeSQL(boxes)
        let sql = """
            SELECT \(Self.columns) FROM (\(places) LIMIT \(Self.maximumRing)) p
            CROSS JOIN offers o ON o.number = p.number WHERE \(all.text)
            """
        return try sorted(sql, arguments + all.arguments, after: after) { $0 <= outer }
    }

    /// What a statement finds beyond a distance and number, nearest first.
    private func sorted(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?], after: (Int64, Int64),
        _ isWanted: (Int64) -> Bool
    ) throws -> [OfferHit] {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        var hits: [OfferHit] = []
        while let row = try rows.next() {
            guard let distance = distance(row), isWanted(distance) else { continue }
            let number: Int64 = row["number"]
            // Of equal distances the newest is first.
            guard distance > after.0 || (distance == after.0 && number < after.1) else { continue }
            hits.append(
                OfferHit(
                    id: row["id"],
                    cursor: .init(sort: .distance, value: distance, number: number),
                    millimetres: distance))
        }
        return hits.sorted {
            ($0.cursor.value, -$0.cursor.number) < ($1.cursor.value, -$1.cursor.number)
        }
    }
}
