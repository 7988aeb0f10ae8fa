/// Why an action on accounts is not carried out. Codes are stable for ever.
public enum AccountsRejection: UInt32, RejectionCode {
    case emptyAction = 200
    case notAMember = 201
    case badConsent = 202
    case consentForOtherChain = 203
    case consentForOtherSponsor = 204
    case badConsentSignature = 205
    case accountExists = 206
    case sponsorFull = 207
    case sponsorDayFull = 208
    case signingKeyGone = 209
    case limitedKey = 210
    case badKey = 211
    case keyActive = 212
    case keyRevoked = 213
    case keyReserved = 214
    case tooManyKeys = 215
    case tooManyLimits = 216
    case limitUnitUnknown = 217
    case limitsNotAscending = 218
    case limitTooLarge = 219
    case unknownKey = 220
    case lastUnlimitedKey = 221
    case recoveryPending = 222
    case unknownAccount = 223
    case recoveryByItself = 224
    case badDelay = 225
    case notRecoveryAccount = 226
    case noRecoveryPending = 227
    case unknownMember = 228
    case alreadySponsor = 229
    case sponsorHistoryFull = 230
    case notRequested = 231
    case unitNotAllowed = 232
    case dailyLimitExceeded = 233

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name one action on accounts"
        case .notAMember: "only a member's account may do this; sign with that account's key"
        case .badConsent: "the consent is not a signed AccountConsent; let the new key sign one"
        case .consentForOtherChain: "the consent names another alliance; sign one for this chain"
        case .consentForOtherSponsor: "the consent names another sponsor; sign one for this member"
        case .badConsentSignature:
            "the signature does not fit the consent; let the new key sign again"
        case .accountExists: "this key has opened an account before; use that account or a new key"
        case .sponsorFull: "the sponsor has as many accounts as it may; ask another member"
        case .sponsorDayFull:
            "the sponsor has opened as many accounts as it may today; try tomorrow"
        case .signingKeyGone:
            "an earlier action of this transaction removed the signing key; sign another transaction"
        case .limitedKey: "a key with a spending limit may not do this; sign with one without"
        case .badKey: "give the 32 bytes of a valid Ed25519 public key"
        case .keyActive: "the key is active for this account already; nothing to do"
        case .keyRevoked: "a key once revoked never returns; make a new one"
        case .keyReserved: "the pending recovery will set this key; cancel it first or use another"
        case .tooManyKeys: "the account has its 16 keys; revoke one first"
        case .tooManyLimits: "a key has at most 8 limits; name fewer units"
        case .limitUnitUnknown: "there is no unit of this name; look at the list of units"
        case .limitsNotAscending: "name each unit once, in ascending order"
        case .limitTooLarge: "a limit is at most 9223372036854775807; choose a smaller one"
        case .unknownKey: "the key is not active for this account; look at the list of its keys"
        case .lastUnlimitedKey: "it is the last key without a limit; add another such key first"
        case .recoveryPending: "a recovery is under way; cancel it first"
        case .unknownAccount: "there is no account with this id; open it first"
        case .recoveryByItself: "an account cannot recover itself; name another account"
        case .badDelay: "the delay is not allowed; choose one within the bounds named"
        case .notRecoveryAccount: "only the account named by SetRecovery may do this"
        case .noRecoveryPending: "no recovery is under way; nothing to cancel"
        case .unknownMember: "there is no member of this id; look at the list of members"
        case .alreadySponsor: "this member sponsors the account already; nothing to do"
        case .sponsorHistoryFull: "an account changes its sponsor at most 63 times"
        case .notRequested:
            "the account has not asked for this sponsor; it sends RequestSponsor first"
        case .unitNotAllowed: "the key has limits and none for this unit; sign with another key"
        case .dailyLimitExceeded:
            "more than the key may still spend today (UTC); sign with another key or wait"
        }
    }
}
