import Foundation
import GRDB
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// Money that came to an account or left it.
public struct MovementView: Codable, Sendable, Equatable {
    public var height: UInt64
    public var leaf: Int
    /// The block's time, or the moment at which a timer was due.
    public var time: TimeView
    /// Into the account; else out of it.
    public var incoming: Bool
    /// "issued", "received", "payment", "platform_fee", "remainder" and "deposit" come in,
    /// "sent", "redeemed" and "held" (set aside in an agreement) go out.
    public var kind: String
    public var amount: MoneyView
    /// The other account of a transfer.
    public var other: String?
    public var agreement: String?
}

/// Lists by which things are found, newest first.
public enum ThingList: Sendable {
    case agreements(of: AccountID)
    case agreementsOnResource(ResourceID)
    case agreementsOnOffer(OfferID)
    case resources(of: AccountID)
    case offers(by: AccountID)
    case offersOfResource(ResourceID)
    case requests(of: AccountID)
    case openRequests
    case flags(on: AccountID)
    case proposals
    case allAgreements
    case allResources
    case allOffers
    case disputes
    case allAccounts

    fileprivate var place: (list: IndexSchema.List, key: Data) {
        switch self {
        case .agreements(let id): (.agreementsOfAccount, Data(id.bytes))
        case .agreementsOnResource(let id): (.agreementsOnResource, Data(id.bytes))
        case .agreementsOnOffer(let id): (.agreementsOnOffer, Data(id.bytes))
        case .resources(let id): (.resourcesOfOwner, Data(id.bytes))
        case .offers(let id): (.offersOfProvider, Data(id.bytes))
        case .offersOfResource(let id): (.offersOfResource, Data(id.bytes))
        case .requests(let id): (.requestsOfCustomer, Data(id.bytes))
        case .openRequests: (.openRequests, Data())
        case .flags(let id): (.flagsOfAccount, Data(id.bytes))
        case .proposals: (.proposals, Data())
        case .allAgreements: (.agreements, Data())
        case .allResources: (.resources, Data())
        case .allOffers: (.offers, Data())
        case .disputes: (.disputes, Data())
        case .allAccounts: (.accounts, Data())
        }
    }
}

extension SearchIndex {
    /// Where a page of a list ended; nil for text that no answer has given.
    public static func position(cursor text: String) -> Int64? {
        guard let position = Int64(text), position > 0 else { return nil }
        return position
    }

    /// Part of a list, each thing as the ledger has it now.
    ///
    /// - Parameters:
    ///   - before: the cursor's position.
    ///   - view: nil leaves a thing out.
    public func page<Kind: IdentifierKind, View: Codable & Sendable>(
        of list: ThingList, before: Int64? = nil, limit: Int,
        _ view: (Identifier<Kind>, ViewReader) -> View?
    ) throws -> ListPage<View> {
        let (list, key) = list.place
        let (height, found) = try database.pool.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT position, id FROM lists WHERE list = ? AND key = ? AND position < ?
                    ORDER BY position DESC LIMIT ?
                    """)
            let rows = try Row.fetchAll(
                statement, arguments: [list.rawValue, key, before ?? .max, limit + 1])
            return (
                try IndexDatabase.height(db),
                rows.map { (position: $0[0] as Int64, id: $0[1] as Data) }
            )
        }
        let shown = found.prefix(limit)
        var time = Timestamp(milliseconds: 0)
        var views: [View] = []
        // In turns: blocks wait for none of them for long.
        for start in stride(from: 0, to: max(shown.count, 1), by: 32) {
            views += node.look { reader in
                time = reader.time
                return shown.dropFirst(start).prefix(32).compactMap { one in
                    Identifier<Kind>(one.id).flatMap { view($0, reader) }
                }
            }
        }
        return ListPage(
            height: height, finalHeight: node.finalHeight.rawValue, time: TimeView(time),
            rows: views,
            next: found.count > limit ? shown.last.map { String($0.position) } : nil)
    }

    /// Movements of an account, newest first.
    public func movements(
        of account: AccountID, before: Int64? = nil, limit: Int
    ) throws -> ListPage<MovementView> {
        let (height, found) = try database.pool.read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT * FROM movements WHERE account = ? AND position < ?
                    ORDER BY position DESC LIMIT ?
                    """)
            let rows = try Row.fetchAll(
                statement, arguments: [Data(account.bytes), before ?? .max, limit + 1])
            return (try IndexDatabase.height(db), rows.map(StoredMovement.init))
        }
        let shown = found.prefix(limit)
        return node.look { reader in
            ListPage(
                height: height, finalHeight: reader.finalHeight.rawValue,
                time: TimeView(reader.time), rows: shown.map { $0.view(in: reader) },
                next: found.count > limit ? shown.last.map { String($0.position) } : nil)
        }
    }

    private struct StoredMovement: Sendable {
        var position: Int64
        var height: Int64
        var leaf: Int
        var momentMs: Int64
        var kind: String
        var unit: String
        var minor: Int64
        var other: Data?
        var agreement: Data?

        init(_ row: Row) {
            position = row["position"]
            height = row["height"]
            leaf = row["leaf"]
            momentMs = row["moment_ms"]
            kind = row["kind"]
            unit = row["unit"]
            minor = row["minor"]
            other = row["other"]
            agreement = row["agreement"]
        }

        func view(in reader: ViewReader) -> MovementView {
            MovementView(
                height: UInt64(clamping: height), leaf: leaf,
                time: TimeView(ms: UInt64(clamping: momentMs)),
                incoming: !["sent", "redeemed", "held"].contains(kind), kind: kind,
                amount: reader.money(UInt64(clamping: minor), unit),
                other: other.flatMap(reader.account),
                agreement: agreement.flatMap { reader.text($0, AgreementKind.self) })
        }
    }
}
