import Foundation
import KoinonProtocol

/// Things, and a plain calendar for each.
struct ResourceBook {
    struct Row {
        var kind: String
        var owner: AccountID
        var capacity: UInt32
        var retired = false
        /// Who reported it stolen, while the report stands.
        var reporter: AccountID?
        var openOffers = 0
        var custodySteps: UInt64 = 0
        var bookings: [AgreementID: BookingRow] = [:]
        /// What is taken of it at all times, without a place in the calendar.
        var counted: [AgreementID: UInt64] = [:]

        var quantityInUse: UInt64 {
            bookings.values.filter(\.inUse).reduce(0) { $0 + $1.quantity }
        }
        var quantityCounted: UInt64 { counted.values.reduce(0, +) }
        var isTakenWhole: Bool { bookings.values.contains(where: \.isWhole) }
    }

    /// What takes part of a thing's capacity: promised over [from, until), or used now.
    struct BookingRow: Equatable {
        var from: UInt64
        var until: UInt64
        var quantity: UInt64
        var inUse: Bool
        /// All of it is taken, until whoever has it says otherwise.
        var isWhole = false
    }

    var kinds: Set<String> = []
    var rows: [ResourceID: Row] = [:]
    /// Serial numbers taken, by who registered them.
    var serials: Set<String> = []
}

extension ResourceBook.Row {
    /// The most that is taken at one moment of a period, given how far each booking reaches.
    /// A level changes upwards only where a booking begins, so those moments suffice.
    func peak(
        from first: UInt64, until last: UInt64, end: (ResourceBook.BookingRow) -> UInt64
    ) -> UInt64 {
        var highest: UInt64 = 0
        for moment in [first] + bookings.values.map(\.from) where moment >= first && moment < last {
            let level = bookings.values.filter { $0.from <= moment && moment < end($0) }
                .reduce(0) { $0 + $1.quantity }
            highest = max(highest, level)
        }
        return highest
    }

    /// The least capacity with which every promise and use can be kept.
    var needed: UInt64 { max(quantityInUse, peak(from: 0, until: .max) { $0.until }) }
}

private enum Code {
    static let empty: UInt32 = 400
    static let malformedID: UInt32 = 401
    static let badKindName: UInt32 = 402
    static let badTitle: UInt32 = 403
    static let notAMember: UInt32 = 404
    static let kindExists: UInt32 = 405
    static let capacityOutOfRange: UInt32 = 406
    static let badSerial: UInt32 = 407
    static let badDescriptionHash: UInt32 = 408
    static let unknownKind: UInt32 = 409
    static let serialTaken: UInt32 = 410
    static let unknownResource: UInt32 = 411
    static let notOwner: UInt32 = 412
    static let resourceRetired: UInt32 = 413
    static let capacityPromised: UInt32 = 414
    static let unknownAccount: UInt32 = 415
    static let alreadyOwner: UInt32 = 416
    static let offersOpen: UInt32 = 417
    static let bookingsOpen: UInt32 = 418
    static let resourceStolen: UInt32 = 419
    static let disputesOpen: UInt32 = 420
    static let badEvidenceHash: UInt32 = 421
    static let notOwnerNorMember: UInt32 = 422
    static let alreadyReported: UInt32 = 423
    static let notReported: UInt32 = 424
    static let notReporter: UInt32 = 425
}

extension ReferenceLedger {
    mutating func perform(_ action: ResourcesAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .registerKind(let action): try registerKind(action, by: sender)
        case .registerResource(let action): try register(action, by: sender)
        case .updateResource(let action): try update(action, by: sender)
        case .transferResource(let action): try transfer(action, by: sender)
        case .retireResource(let action): try retire(action, by: sender)
        case .reportStolen(let action): try reportStolen(action, by: sender)
        case .reportRecovered(let action): try reportRecovered(action, by: sender)
        case nil: throw Refusal(Code.empty)
        }
    }

    private mutating func registerKind(_ action: RegisterKind, by sender: AccountID) throws {
        guard Bounds.isSlug(action.kind) else { throw Refusal(Code.badKindName) }
        guard Bounds.isTitle(action.title) else { throw Refusal(Code.badTitle) }
        guard alliance.member(actingAs: sender) != nil else { throw Refusal(Code.notAMember) }
        guard things.kinds.insert(action.kind).inserted else { throw Refusal(Code.kindExists) }
    }

    private mutating func register(_ action: RegisterResource, by sender: AccountID) throws {
        try checkDescription(action.title, action.capacity, action.descriptionHash)
        guard action.serial.isEmpty || Bounds.isTitle(action.serial) else {
            throw Refusal(Code.badSerial)
        }
        guard things.kinds.contains(action.kind) else { throw Refusal(Code.unknownKind) }
        if !action.serial.isEmpty {
            guard things.serials.insert("\(sender) \(action.serial)").inserted else {
                throw Refusal(Code.serialTaken)
            }
        }
        things.rows[try newID()] = ResourceBook.Row(
            kind: action.kind, owner: sender, capacity: action.capacity, custodySteps: 1)
    }

    private mutating func update(_ action: UpdateResource, by sender: AccountID) throws {
        guard let id = ResourceID(action.resource) else { throw Refusal(Code.malformedID) }
        try checkDescription(action.title, action.capacity, action.descriptionHash)
        let row = try own(id, by: sender)
        guard !row.isTakenWhole else { throw Refusal(Code.bookingsOpen) }
        guard UInt64(action.capacity) >= row.needed + row.quantityCounted else {
            throw Refusal(Code.capacityPromised)
        }
        things.rows[id]?.capacity = action.capacity
    }

    private mutating func transfer(_ action: TransferResource, by sender: AccountID) throws {
        guard let id = ResourceID(action.resource), let to = AccountID(action.to) else {
            throw Refusal(Code.malformedID)
        }
        let row = try own(id, by: sender)
        guard people.accounts[to] != nil else { throw Refusal(Code.unknownAccount) }
        guard to != sender else { throw Refusal(Code.alreadyOwner) }
        try checkIdle(id, row)
        things.rows[id]?.owner = to
        things.rows[id]?.custodySteps += 1
    }

    private mutating func retire(_ action: RetireResource, by sender: AccountID) throws {
        guard let id = ResourceID(action.resource) else { throw Refusal(Code.malformedID) }
        try checkIdle(id, try own(id, by: sender))
        things.rows[id]?.retired = true
        things.rows[id]?.custodySteps += 1
    }

    private mutating func reportStolen(_ action: ReportStolen, by sender: AccountID) throws {
        guard let id = ResourceID(action.resource) else { throw Refusal(Code.malformedID) }
        guard action.evidenceHash.count == 32 else { throw Refusal(Code.badEvidenceHash) }
        guard let row = things.rows[id] else { throw Refusal(Code.unknownResource) }
        guard row.owner == sender || alliance.member(actingAs: sender) != nil else {
            throw Refusal(Code.notOwnerNorMember)
        }
        guard !row.retired else { throw Refusal(Code.resourceRetired) }
        guard row.reporter == nil else { throw Refusal(Code.alreadyReported) }
        things.rows[id]?.reporter = sender
    }

    private mutating func reportRecovered(_ action: ReportRecovered, by sender: AccountID) throws {
        guard let id = ResourceID(action.resource) else { throw Refusal(Code.malformedID) }
        guard let row = things.rows[id] else { throw Refusal(Code.unknownResource) }
        guard let reporter = row.reporter else { throw Refusal(Code.notReported) }
        guard reporter == sender else { throw Refusal(Code.notReporter) }
        things.rows[id]?.reporter = nil
    }

    private func own(_ id: ResourceID, by sender: AccountID) throws -> ResourceBook.Row {
        guard let row = things.rows[id] else { throw Refusal(Code.unknownResource) }
        guard row.owner == sender else { throw Refusal(Code.notOwner) }
        guard !row.retired else { throw Refusal(Code.resourceRetired) }
        return row
    }

    private func checkIdle(_ id: ResourceID, _ row: ResourceBook.Row) throws {
        guard row.openOffers == 0 else { throw Refusal(Code.offersOpen) }
        guard row.bookings.isEmpty, row.counted.isEmpty else { throw Refusal(Code.bookingsOpen) }
        guard row.reporter == nil else { throw Refusal(Code.resourceStolen) }
        guard openDisputes(about: id) == 0 else { throw Refusal(Code.disputesOpen) }
    }

    private func checkDescription(_ title: String, _ capacity: UInt32, _ hash: Data) throws {
        guard Bounds.isTitle(title) else { throw Refusal(Code.badTitle) }
        guard (1...1_000_000).contains(capacity) else { throw Refusal(Code.capacityOutOfRange) }
        guard Bounds.isHashOrNothing(hash) else { throw Refusal(Code.badDescriptionHash) }
    }
}
