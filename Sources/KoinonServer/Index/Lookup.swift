import Foundation
import GRDB
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// What a text could mean: for one search box for everything.
public struct LookupView: Codable, Sendable, Equatable {
    /// "account", "resource", "offer", "agreement", "proposal", "request", "flag", "answer",
    /// "transaction", "block", "member", "unit", "kind" or "process".
    public var what: String
    /// Id, name or height, as the routes take it.
    public var id: String
    public var title: String?
}

extension SearchIndex {
    static let maximumLookupBytes = 256
    private static let maximumTitles = 20

    /// Everything that the text names, surest first; at most a few dozen.
    public func lookup(_ text: String) throws -> ListPage<LookupView> {
        let text = String(text.prefix(Self.maximumLookupBytes))
            .trimmingCharacters(in: .whitespacesAndNewlines)
        var found = identified(text) + named(text)
        if let hash = Hash256(hex: text) { found += try hashed(hash) }
        if let number = UInt64(text), number <= (try tip()) {
            found.append(LookupView(what: "block", id: String(number)))
        }
        found += try titled(text)
        var seen: Set<String> = []
        let unique = found.filter { seen.insert($0.what + $0.id).inserted }
        let height = try height()
        return node.look { reader in
            ListPage(
                height: height, finalHeight: reader.finalHeight.rawValue,
                time: TimeView(reader.time), rows: unique)
        }
    }

    private func tip() throws -> UInt64 {
        try node.store.read { try $0.tip().header.height.rawValue }
    }

    /// By the bech32m text of an id that is on the ledger.
    private func identified(_ text: String) -> [LookupView] {
        func view(_ what: String, _ title: String?) -> [LookupView] {
            [LookupView(what: what, id: text.lowercased(), title: title)]
        }
        return node.look { reader in
            let state = reader.state
            if let id = AccountID(text: text), Accounts.account(id, in: state) != nil {
                return view("account", Alliance.memberID(actingAs: id, in: state)?.rawValue)
            }
            if let id = ResourceID(text: text), let row = Resources.resource(id, in: state) {
                return view("resource", row.title)
            }
            if let id = OfferID(text: text) {
                if let row = Market.offer(id, in: state) { return view("offer", row.terms.title) }
                if let row = Market.answer(id, in: state) { return view("answer", row.terms.title) }
            }
            if let id = AgreementID(text: text), let row = Agreements.agreement(id, in: state) {
                return view("agreement", reader.offer(row.offer)?.title)
            }
            if let id = ProposalID(text: text), let row = Alliance.proposal(id, in: state) {
                return view("proposal", row.content.title)
            }
            if let id = RequestID(text: text), let row = Market.request(id, in: state) {
                return view("request", row.wish.title)
            }
            if let id = FlagID(text: text), let row = Reputation.flag(id, in: state) {
                return view("flag", row.reason)
            }
            return []
        }
    }

    /// Members, units, kinds and processes by name; members also by a part of theirs.
    private func named(_ text: String) -> [LookupView] {
        let slug = text.lowercased()
        return node.look { reader in
            let state = reader.state
            var found: [LookupView] = []
            if let unit = Money.unit(slug, in: state) {
                found.append(LookupView(what: "unit", id: slug, title: unit.title))
            }
            if let kind = Resources.kind(slug, in: state) {
                found.append(LookupView(what: "kind", id: slug, title: kind.title))
            }
            if let process = Agreements.process(slug, in: state) {
                found.append(LookupView(what: "process", id: slug, title: process.title))
            }
            guard text.count >= 2 else { return found }
            for (id, member) in Alliance.members.rows(in: state)
            where id.rawValue == slug || member.name.lowercased().contains(slug) {
                found.append(LookupView(what: "member", id: id.rawValue, title: member.name))
            }
            return found
        }
    }

    /// A transaction, a block or the account of a key.
    private func hashed(_ hash: Hash256) throws -> [LookupView] {
        var found: [LookupView] = []
        if try node.store.read({ try $0.location(ofTransaction: hash) }) != nil {
            found.append(LookupView(what: "transaction", id: hash.hex))
        }
        let bytes = Data(hash.bytes)
        let (height, account) = try database.pool.read { db in
            (
                try Int64.fetchOne(
                    db, sql: "SELECT height FROM blocks WHERE hash = ?", arguments: [bytes]),
                try Data.fetchOne(
                    db, sql: "SELECT account FROM keys WHERE public_key = ?", arguments: [bytes])
            )
        }
        if let height { found.append(LookupView(what: "block", id: String(height))) }
        if let id = account.flatMap({ AccountID($0) }) {
            found.append(LookupView(what: "account", id: id.text))
        }
        return found
    }

    /// Resources and offers by words of their titles, newest first.
    private func titled(_ text: String) throws -> [LookupView] {
        guard let words = SearchText(text) else { return [] }
        let rows = try database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT titled.what, titled.id, titles.title FROM titles
                    CROSS JOIN titled ON titled.number = titles.rowid
                    WHERE titles MATCH ? ORDER BY titles.rowid DESC LIMIT ?
                    """, arguments: [words.expression, Self.maximumTitles]
            ).map { ($0[0] as String, $0[1] as Data, $0[2] as String) }
        }
        return rows.compactMap { what, id, title in
            let text = what == "offer" ? OfferID(id)?.text : ResourceID(id)?.text
            return text.map { LookupView(what: what, id: $0, title: title) }
        }
    }
}
