/// Why an action of resources is not carried out. Codes are stable for ever.
public enum ResourcesRejection: UInt32, RejectionCode {
    case emptyAction = 400
    case malformedID = 401
    case badKindName = 402
    case badTitle = 403
    case notAMember = 404
    case kindExists = 405
    case capacityOutOfRange = 406
    case badSerial = 407
    case badDescriptionHash = 408
    case unknownKind = 409
    case serialTaken = 410
    case unknownResource = 411
    case notOwner = 412
    case resourceRetired = 413
    case capacityPromised = 414
    case unknownAccount = 415
    case alreadyOwner = 416
    case offersOpen = 417
    case bookingsOpen = 418
    case resourceStolen = 419
    case disputesOpen = 420
    case badEvidenceHash = 421
    case notOwnerNorMember = 422
    case alreadyReported = 423
    case notReported = 424
    case notReporter = 425

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name one action of resources"
        case .malformedID: "an id has 20 bytes; give the one shown when the thing was created"
        case .badKindName:
            "a kind has 1 to 32 of a-z 0-9 - . _ and begins with a letter or digit"
        case .badTitle: "a title has 1 to 64 bytes and no control characters; give such a one"
        case .notAMember: "only a member's account may do this; sign with that account's key"
        case .kindExists: "there is a kind of this name already; use it or choose another name"
        case .capacityOutOfRange: "a capacity is 1 to 1,000,000"
        case .badSerial: "a serial number has at most 64 bytes and no control characters"
        case .badDescriptionHash: "give the 32 bytes of a SHA-256, or nothing"
        case .unknownKind: "no member registered a kind of this name; look at the list of kinds"
        case .serialTaken: "you registered a resource with this serial number before"
        case .unknownResource: "there is no resource with this id; check it"
        case .notOwner: "only the owner may do this; sign with the owner's key"
        case .resourceRetired: "the resource was retired for ever; register another"
        case .capacityPromised:
            "more than that is promised or used at some moment; wait until those bookings end"
        case .unknownAccount: "there is no account with this id; check it"
        case .alreadyOwner: "the account owns the resource already; nothing to do"
        case .offersOpen: "the resource is on offer; withdraw its offers first"
        case .bookingsOpen: "the resource is booked or in use; wait until its bookings end"
        case .resourceStolen:
            "the resource is reported stolen; wait until who reported it says it was recovered"
        case .disputesOpen: "an agreement about the resource is disputed; wait for its end"
        case .badEvidenceHash: "give the 32 bytes of the evidence's SHA-256"
        case .notOwnerNorMember:
            "only the owner or a member's account may report it; sign with such a key"
        case .alreadyReported: "the resource is reported stolen already; nothing to do"
        case .notReported: "the resource is not reported stolen; nothing to do"
        case .notReporter: "only the account that reported it may say that it was recovered"
        }
    }
}
