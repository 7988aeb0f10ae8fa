import Foundation
import GRDB
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What the state says about the things in a batch, read in short turns.
struct IndexFacts: Sendable {
    var offers: [(row: OfferRow, position: Int64?)] = []
    /// Titles of resources, with their positions; nil: known.
    var titles: [(id: Data, title: String, position: Int64?)] = []
    var requests: [RequestRow] = []
    var parties: [(agreement: Data, position: Int64, accounts: [Data], resources: [Data])] = []
    /// By provider and kind.
    var standings: [(provider: Data, kind: String, standing: Int64)] = []
    /// The last block that anything was read at.
    var height: UInt64 = 0
}

/// Writes batches into the tables, each in one transaction.
struct IndexWriter {
    let db: Database
    /// Text of a description, if it is here.
    let text: (Data) -> String?

    func write(_ batch: IndexBatch, _ facts: IndexFacts) throws {
        for change in batch.lists { try write(change) }
        try write(batch.movements)
        for parties in facts.parties {
            for account in parties.accounts {
                try enter(.agreementsOfAccount, account, parties.position, parties.agreement)
            }
            for resource in parties.resources {
                try enter(.agreementsOnResource, resource, parties.position, parties.agreement)
            }
        }
        for (row, position) in facts.offers { try write(row, position) }
        for request in facts.requests { try write(request) }
        for (id, title, position) in facts.titles {
            try write("resource", id, title, position)
        }
        for one in facts.standings {
            try run(
                "UPDATE offers SET standing = ? WHERE provider = ? AND kind = ?",
                [one.standing, one.provider, one.kind])
        }
        for (key, account) in batch.keys {
            try run(
                "INSERT OR REPLACE INTO keys (public_key, account) VALUES (?, ?)", [key, account])
        }
        // In the table's order: those of a long ledger come all at once.
        for block in batch.blocks.sorted(by: { $0.hash < $1.hash }) {
            try run(
                "INSERT OR REPLACE INTO blocks (hash, height) VALUES (?, ?)",
                [Data(block.hash.bytes), Int64(clamping: block.height)])
        }
        for (hour, sums) in batch.hours { try write(Int64(clamping: hour), sums) }
        try IndexDatabase.set("height", Int64(clamping: batch.height), db)
    }

    private func run(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?]
    ) throws {
        try db.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }

    // MARK: Lists

    private func enter(
        _ list: IndexSchema.List, _ key: Data, _ position: Int64, _ id: Data
    ) throws {
        try run(
            "INSERT OR REPLACE INTO lists (list, key, position, id) VALUES (?, ?, ?, ?)",
            [list.rawValue, key, position, id])
    }

    private func write(_ change: IndexBatch.ListChange) throws {
        switch change {
        case .add(let entry): try enter(entry.list, entry.key, entry.position, entry.id)
        case .remove(let list, let id):
            try run("DELETE FROM lists WHERE id = ? AND list = ?", [id, list.rawValue])
        }
    }

    /// Most of what a ledger under load gives to the index, so bound without GRDB's values,
    /// and in the table's order: an account's rows lie beside each other.
    private func write(_ movements: [IndexBatch.Movement]) throws {
        let put = try PreparedStatement(
            cached: """
                INSERT OR REPLACE INTO movements
                  (account, position, height, leaf, moment_ms, kind, unit, minor, other, agreement)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, db)
        // Ids are hashes: eight bytes of them tell accounts apart well enough.
        let ordered = movements.enumerated().map { place, movement in
            (
                account: movement.account.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                place: place
            )
        }.sorted { ($0.account, $0.place) < ($1.account, $1.place) }
        for (_, place) in ordered {
            try Self.bind(movements[place], to: put)
            try put.run()
        }
    }

    private static func bind(
        _ movement: borrowing IndexBatch.Movement, to put: PreparedStatement
    ) throws {
        try put.bind(1, movement.account)
        try put.bind(2, movement.position)
        try put.bind(3, movement.height)
        try put.bind(4, Int64(movement.leaf))
        try put.bind(5, movement.momentMs)
        try put.bind(6, text: movement.kind)
        try put.bind(7, text: movement.unit)
        try put.bind(8, movement.minor)
        try put.bind(9, movement.other)
        try put.bind(10, movement.agreement)
    }

    private func write(_ hour: Int64, _ sums: IndexBatch.Hour) throws {
        try run(
            """
            INSERT INTO hours (hour, opened, settled, transactions) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (hour) DO UPDATE SET opened = opened + ?2, settled = settled + ?3,
              transactions = transactions + ?4
            """, [hour, sums.opened, sums.settled, sums.transactions])
        for (unit, minor) in sums.money {
            // Sums stay below what SQLite counts.
            try run(
                """
                INSERT INTO hours_money (hour, unit, minor) VALUES (?1, ?2, ?3)
                ON CONFLICT (hour, unit) DO UPDATE SET
                  minor = CASE WHEN minor > 9223372036854775807 - ?3
                          THEN 9223372036854775807 ELSE minor + ?3 END
                """, [hour, unit, Int64(clamping: minor)])
        }
    }

    private func write(_ request: RequestRow) throws {
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT number FROM requests WHERE id = ?"),
            arguments: [request.id])
        if let known {
            try run("DELETE FROM requests WHERE number = ?", [known])
            try run("DELETE FROM requests_text WHERE rowid = ?", [known])
        }
        // One that is closed already is not found, as the batch with its end would say.
        guard let number = request.position, let wish = request.wish else { return }
        try run(
            """
            INSERT INTO requests (number, id, kind, latitude, longitude, radius)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                number, request.id, wish.kind,
                wish.hasPlace ? Int64(wish.place.latitudeE7) : nil,
                wish.hasPlace ? Int64(wish.place.longitudeE7) : nil, Int64(wish.radiusM),
            ])
        try run("INSERT INTO requests_text (rowid, title) VALUES (?, ?)", [number, wish.title])
    }

    // MARK: Offers

    private func number(of offer: Data) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT number FROM offers WHERE id = ?"),
            arguments: [offer])
    }

    /// - Parameter position: nil for an offer that is there already, or was withdrawn.
    private func write(_ row: OfferRow, _ position: Int64?) throws {
        let known = try number(of: row.id)
        guard let number = known ?? position else { return }
        if known != nil { try remove(number, items: row.items) }
        if position != nil { try write("offer", row.id, row.title, number) }
        guard !row.withdrawn else { return }
        try run(
            """
            INSERT INTO offers (number, id, resource, provider, kind, unit, process, platform,
              price, standing, latitude, longitude, available_from, available_until, shortest,
              longest, open, description)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                number, row.id, row.resource, row.provider, row.kind, row.unit, row.process,
                row.platform, row.price, row.standing, row.place.map { Int64($0.latitudeE7) },
                row.place.map { Int64($0.longitudeE7) }, row.availableFrom, row.availableUntil,
                row.shortest, row.longest, row.isOpen ? 1 : 0, row.description,
            ])
        for item in row.items {
            try run(
                "INSERT OR IGNORE INTO offer_items (resource, number) VALUES (?, ?)",
                [item, number])
        }
        guard row.isOpen else { return }
        let description = row.description.flatMap(text) ?? ""
        try run(
            "INSERT INTO offers_text (rowid, title, words, facet) VALUES (?, ?, ?, ?)",
            [
                number, row.title, row.words + "\n" + description,
                SearchText.facets(
                    kind: row.kind, unit: row.unit, process: row.process, platform: row.platform),
            ])
        if let place = row.place {
            let time = IndexTime.minutes(from: row.availableFrom, until: row.availableUntil)
            try run(
                """
                INSERT INTO offers_place (number, south, north, west, east, first, last)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    number, Int64(place.latitudeE7), Int64(place.latitudeE7),
                    Int64(place.longitudeE7), Int64(place.longitudeE7), time.lowerBound,
                    time.upperBound,
                ])
        }
    }

    private func remove(_ number: Int64, items: [Data]) throws {
        try run("DELETE FROM offers WHERE number = ?", [number])
        try run("DELETE FROM offers_text WHERE rowid = ?", [number])
        try run("DELETE FROM offers_place WHERE number = ?", [number])
        for item in items {
            try run("DELETE FROM offer_items WHERE resource = ? AND number = ?", [item, number])
        }
    }

    /// - Parameter position: nil for a title that replaces one.
    private func write(_ what: String, _ id: Data, _ title: String, _ position: Int64?) throws {
        let known = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT number FROM titled WHERE id = ?"), arguments: [id])
        guard let number = known ?? position else { return }
        if known == nil {
            try run("INSERT INTO titled (number, what, id) VALUES (?, ?, ?)", [number, what, id])
        } else {
            try run("DELETE FROM titles WHERE rowid = ?", [number])
        }
        try run("INSERT INTO titles (rowid, title) VALUES (?, ?)", [number, title])
    }
}

/// Times in the R*Tree, whose numbers have 32 bits: minutes since 1970.
enum IndexTime {
    /// Rounded outwards; 0 is open on its side.
    static func minutes(from: Int64, until: Int64) -> ClosedRange<Int64> {
        let first = from == 0 ? 0 : min(from / 60_000, Int64(Int32.max))
        let last = until == 0 ? Int64(Int32.max) : min(until / 60_000 + 1, Int64(Int32.max))
        return first...max(first, last)
    }
}
