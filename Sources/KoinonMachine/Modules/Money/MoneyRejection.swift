/// Why an action on money is not carried out. Codes are stable for ever.
public enum MoneyRejection: UInt32, RejectionCode {
    case emptyAction = 300
    case notAMember = 301
    case badUnitName = 302
    case unitExists = 303
    case badTitle = 304
    case scaleTooLarge = 305
    case unknownUnit = 306
    case notIssuer = 307
    case unknownAccount = 308
    case transferToItself = 309
    case amountZero = 310
    case amountTooLarge = 311
    case issuedTooMuch = 312
    case insufficientBalance = 313
    case insufficientHold = 314

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name one action on money"
        case .notAMember: "only a member's account may do this; sign with that account's key"
        case .badUnitName:
            "a unit has 1 to 32 of a-z 0-9 - . _ and begins with a letter or digit"
        case .unitExists: "there is a unit of this name already; choose another"
        case .badTitle: "a title has 1 to 64 bytes and no control characters; give such a one"
        case .scaleTooLarge: "a unit shows at most 18 decimal places"
        case .unknownUnit: "there is no unit of this name; look at the list of units"
        case .notIssuer: "only the unit's issuer may do this; sign with that account's key"
        case .unknownAccount: "there is no account with this id; open it first"
        case .transferToItself: "the receiver is the sender; name another account"
        case .amountZero: "nothing would move; give an amount above 0"
        case .amountTooLarge: "an amount is at most 9223372036854775807; give a smaller one"
        case .issuedTooMuch: "more would be issued than the largest amount; begin a new unit"
        case .insufficientBalance: "the account has less than that; top it up or move less"
        case .insufficientHold: "the agreement holds less than that"
        }
    }
}
