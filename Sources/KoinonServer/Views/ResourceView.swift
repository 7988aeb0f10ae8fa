import KoinonMachine
import KoinonProtocol

/// Something that can be shared: whose it is, where it is, where it has been.
public struct ResourceView: Codable, Sendable, Equatable {
    public struct Stolen: Codable, Sendable, Equatable {
        public var reporter: String
        public var evidenceHash: String?
        public var reportedAt: TimeView
    }

    public var id: String
    public var title: String
    public var kind: String
    public var kindTitle: String
    public var owner: String
    /// Who registered it; serial numbers are unique per issuer.
    public var issuer: String
    public var serial: String?
    /// How many can be used at the same time.
    public var capacity: UInt32
    public var inUse: UInt32
    /// SHA-256 of its description, which the content store may have.
    public var descriptionHash: String?
    public var registeredAt: TimeView
    public var retired: Bool
    public var stolen: Stolen?
    /// One agreement has the whole of it, a sale for instance.
    public var exclusive: Bool
    public var openBookings: UInt32
    public var openDisputes: UInt32
    /// Offers not withdrawn, at most ``maximumOffers``.
    public var offers: [NamedView]
    public var openOffers: UInt32
    /// Length of the whole custody history.
    public var custodyRecords: UInt64
    /// Its newest part, newest first, at most ``maximumCustody``.
    public var custody: [CustodyView]
    public var stateKey: String

    public static let maximumOffers = 50
    public static let maximumCustody = 50

    /// Nil when there is no such resource.
    public static func make(_ id: ResourceID, in reader: ViewReader) -> ResourceView? {
        guard let row = Resources.resource(id, in: reader.state) else { return nil }
        let offers = Market.openOffers.rows(under: id, limit: maximumOffers, in: reader.state)
        return ResourceView(
            id: id.text, title: row.title, kind: row.kind,
            kindTitle: Resources.kind(row.kind, in: reader.state)?.title ?? "",
            owner: reader.account(row.owner) ?? "", issuer: reader.account(row.issuer) ?? "",
            serial: row.serial.isEmpty ? nil : row.serial, capacity: row.capacity,
            inUse: row.quantityInUse, descriptionHash: reader.hash(row.descriptionHash),
            registeredAt: TimeView(ms: row.registeredAtMs), retired: row.retired,
            stolen: row.hasStolen
                ? Stolen(
                    reporter: reader.account(row.stolen.reporter) ?? "",
                    evidenceHash: reader.hash(row.stolen.evidenceHash),
                    reportedAt: TimeView(ms: row.stolen.reportedAtMs)) : nil,
            exclusive: row.exclusive, openBookings: row.openBookings,
            openDisputes: row.openDisputes,
            offers: offers.map { row in
                NamedView(
                    id: row.key.b.text,
                    title: Market.offer(row.key.b, in: reader.state)?.terms.title ?? "")
            }, openOffers: row.openOffers, custodyRecords: row.custodyRecords,
            custody: CustodyView.page(
                of: id, before: row.custodyRecords, limit: maximumCustody, in: reader),
            stateKey: stateKeyText(Resources.resources.stateKey(id)))
    }
}

/// One step of where a resource has been.
public struct CustodyView: Codable, Sendable, Equatable {
    /// Counted from 0 at its registration.
    public var number: UInt64
    public var time: TimeView
    public var holder: String
    /// "registered", "transferred", "lent", "returned", "retired", "delivered" or "sold".
    public var reason: String
    /// The agreement it moved under.
    public var agreement: String?
    public var quantity: UInt32
    public var stateKey: String

    /// The part of a resource's history before a number, newest first; nil: its newest part.
    ///
    /// - Returns: nil when there is no such resource.
    static func list(
        of id: ResourceID, before end: UInt64?, limit: Int, in reader: ViewReader
    ) -> ListPage<CustodyView>? {
        guard let row = Resources.resource(id, in: reader.state) else { return nil }
        let rows = page(
            of: id, before: min(end ?? .max, row.custodyRecords), limit: limit, in: reader)
        let last = rows.last?.number ?? 0
        return reader.page(rows, next: last > 0 ? String(last) : nil)
    }

    /// Steps below a number, newest first.
    public static func page(
        of id: ResourceID, before end: UInt64, limit: Int, in reader: ViewReader
    ) -> [CustodyView] {
        let first = end > UInt64(limit) ? end - UInt64(limit) : 0
        let count = Int(clamping: end - first)
        let rows = Resources.custodyHistory(of: id, from: first, limit: count, in: reader.state)
        return rows.enumerated().reversed().map { offset, row in
            let number = first + UInt64(offset)
            return CustodyView(
                number: number, time: TimeView(ms: row.timeMs),
                holder: reader.account(row.holder) ?? "", reason: row.reason.word,
                agreement: reader.text(row.agreement, AgreementKind.self),
                quantity: row.quantity,
                stateKey: stateKeyText(Resources.custody.stateKey(Key2(id, number))))
        }
    }
}

extension CustodyReason {
    /// The name of its case in lower case, as in the JSON form's enumeration without prefix.
    var word: String {
        switch self {
        case .registered: "registered"
        case .transferred: "transferred"
        case .lent: "lent"
        case .returned: "returned"
        case .retired: "retired"
        case .delivered: "delivered"
        case .sold: "sold"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}

/// A kind of resource that a member declared.
public struct KindView: Codable, Sendable, Equatable {
    public var kind: String
    public var title: String
    public var registeredBy: String

    /// Ascending by name's length, then name.
    public static func list(
        after cursor: ListCursor?, limit: Int, in reader: ViewReader
    ) -> (rows: [KindView], next: ListCursor?) {
        ListCursor.page(Resources.kinds, after: cursor, limit: limit, in: reader) { name, row in
            KindView(kind: name, title: row.title, registeredBy: row.registeredBy)
        }
    }
}

/// A resource in a list.
public struct ResourceSummaryView: Codable, Sendable, Equatable {
    public var id: String
    public var title: String
    public var kind: String
    public var owner: String
    public var capacity: UInt32
    public var inUse: UInt32
    public var descriptionHash: String?
    public var retired: Bool
    public var stolen: Bool
    public var openOffers: UInt32

    /// Nil when there is no such resource.
    public static func make(_ id: ResourceID, in reader: ViewReader) -> ResourceSummaryView? {
        guard let row = Resources.resource(id, in: reader.state) else { return nil }
        return ResourceSummaryView(
            id: id.text, title: row.title, kind: row.kind, owner: reader.account(row.owner) ?? "",
            capacity: row.capacity, inUse: row.quantityInUse,
            descriptionHash: reader.hash(row.descriptionHash), retired: row.retired,
            stolen: row.hasStolen, openOffers: row.openOffers)
    }
}
