/// Why a row of listings is not offered. The raw values are stable: they stand in reports
/// that programs read.
public enum ListingRefusal: String, Hashable, Sendable, Codable, CaseIterable {
    case wrongFieldCount
    case missingField
    case badIdentifier
    case emptyTitle
    case unknownKind
    case unreadablePlace
    case unreadablePrice
    case unreadableNights
    case notAvailable
    case duplicateListing

    /// What is wrong, as people read it.
    public var text: String {
        switch self {
        case .wrongFieldCount: "the line has more or fewer fields than the first line names columns"
        case .missingField: "a field that the mapping needs is blank"
        case .badIdentifier:
            "an id is longer than 64 bytes, only spaces, or holds control characters"
        case .emptyTitle: "nothing is left of the title without its control characters"
        case .unknownKind: "the mapping's kinds do not list what the row is"
        case .unreadablePlace: "latitude or longitude is no number of degrees in its range"
        case .unreadablePrice:
            "the price of a night is no number, 0, finer than the unit, or above 1,000,000,000 of its smallest part"
        case .unreadableNights: "the nights are no whole number, or the least are not 1 to 365"
        case .notAvailable: "it has no night to be had"
        case .duplicateListing: "an earlier line has the same id"
        }
    }

    /// What its reader may do about it.
    public var remedy: String {
        switch self {
        case .wrongFieldCount: "Put fields that hold a delimiter in quotes."
        case .missingField, .emptyTitle: "Fill it in, or leave the row out."
        case .badIdentifier: "Give it another form, in all rows alike."
        case .unknownKind: "Add the value to the mapping's kinds."
        case .unreadablePlace, .unreadablePrice, .unreadableNights:
            "Correct the field, or the mapping if they are many."
        case .notAvailable: "Load it again when it has."
        case .duplicateListing:
            "Leave out what is there twice; a spreadsheet may have rounded long ids (6.19E+17)."
        }
    }
}
