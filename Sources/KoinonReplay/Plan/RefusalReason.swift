/// Why a trip takes no part in the ledger. The raw values are stable: they stand in
/// reports that programs read.
public enum RefusalReason: String, Hashable, Sendable, Codable, CaseIterable {
    // Found in the file, before the ledger sees the trip.
    case wrongFieldCount
    case missingField
    case unreadableTime
    case timeOutOfRange
    case endBeforeStart
    case tooLong
    case badIdentifier
    case duplicateTrip
    // By the ledger, under this name; foretold by the dry run.
    case capacityExceeded

    /// What is wrong, as people read it.
    public var text: String {
        switch self {
        case .wrongFieldCount: "the line has more or fewer fields than the first line names columns"
        case .missingField: "a field that the mapping needs is blank"
        case .unreadableTime: "a time is not written as the mapping's time.form says"
        case .timeOutOfRange: "a time lies outside the years 1970 to 9999"
        case .endBeforeStart: "the trip ends before it starts"
        case .tooLong: "the trip is longer than the longest period that can be agreed, 7 days"
        case .badIdentifier:
            "an id is longer than 64 bytes, only spaces, or holds control characters"
        case .duplicateTrip: "an earlier line has the same trip id"
        case .capacityExceeded: "everything the resource offers is in use"
        }
    }

    /// What its reader may do about it.
    public var remedy: String {
        switch self {
        case .wrongFieldCount: "Put fields that hold a delimiter in quotes."
        case .missingField: "Fill it in, or leave the row out."
        case .unreadableTime: "Correct the field, or the mapping if they are many."
        case .timeOutOfRange: "Correct the field, or the mapping's time.shift_weeks."
        case .endBeforeStart: "Correct the times; a clock that was put back may be the cause."
        case .tooLong: "Correct the end, or leave the row out."
        case .badIdentifier: "Give it another form, in all rows alike."
        case .duplicateTrip: "Leave out what is there twice, or give it an id of its own."
        case .capacityExceeded:
            "Correct the times; or two trips did share a bike, and one is refused."
        }
    }
}

/// A line that is refused before the ledger sees it.
public struct RefusedRow: Hashable, Sendable {
    public var file: String
    /// Where the row begins, from 1.
    public var line: Int
    /// The column that the reason is about, if it is about one.
    public var column: String?
    public var reason: RefusalReason
}
