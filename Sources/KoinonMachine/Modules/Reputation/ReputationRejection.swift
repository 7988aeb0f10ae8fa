/// Why an action of reputation is not carried out. Codes are stable for ever.
public enum ReputationRejection: UInt32, RejectionCode {
    case emptyAction = 700
    case malformedID = 701
    case unknownAgreement = 702
    case notSettled = 703
    case notParty = 704
    case badHash = 705
    case alreadySealed = 706
    case sealingEnded = 707
    case nothingSealed = 708
    case sealingNotEnded = 709
    case alreadyOpened = 710
    case openingEnded = 711
    case badScore = 712
    case badSalt = 713
    case notWhatWasSealed = 714
    case notAMember = 715
    case unknownAccount = 716
    case alreadyVouched = 717
    case tooManyVouches = 718
    case notVouched = 719
    case badReason = 720
    case alreadyFlagged = 721
    case evidenceJudged = 722
    case unknownFlag = 723
    case flagNotOpen = 724
    case notFlagged = 725
    case alreadyAnswered = 726
    case alreadyAppealed = 727
    case notYourFlag = 728

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name one of reputation's actions"
        case .malformedID: "an id has 20 bytes; give the one shown when the thing was created"
        case .unknownAgreement: "there is no agreement with this id; check it"
        case .notSettled: "only a settled agreement is reviewed; finish and settle it first"
        case .notParty: "only its opener and its provider review an agreement; sign as one of them"
        case .badHash: "give the 32 bytes of a SHA-256; a text's hash may also be left out"
        case .alreadySealed: "your review of this agreement is sealed already; open it in time"
        case .sealingEnded: "the time for reviews of this agreement is over; nothing to do"
        case .nothingSealed: "no review of yours is sealed for this agreement; seal one first"
        case .sealingNotEnded: "the other party may still seal; open when both have, or later"
        case .alreadyOpened: "your review is open already; it counts when the other is, or in time"
        case .openingEnded: "it was not opened in time and does not count; nothing to do"
        case .badScore: "a score is from -10 to 10; give the one that was sealed"
        case .badSalt: "the salt has 32 bytes; give the one that was sealed"
        case .notWhatWasSealed: "score, salt or text differ from what was sealed; give those"
        case .notAMember: "only a member's account may do this; sign with that account's key"
        case .unknownAccount: "there is no account with this id; check it"
        case .alreadyVouched: "your member vouches for the account already; nothing to do"
        case .tooManyVouches: "the member vouches for as many as it may; withdraw one first"
        case .notVouched: "your member does not vouch for the account; nothing to do"
        case .badReason:
            "a reason has 1 to 32 of a-z 0-9 - . _ and begins with a letter or digit"
        case .alreadyFlagged: "your member has an open flag on the account; withdraw it first"
        case .evidenceJudged: "a vote has lifted a flag with this evidence; bring other evidence"
        case .unknownFlag: "there is no flag with this id; check it"
        case .flagNotOpen: "the flag was withdrawn or lifted; nothing to do"
        case .notFlagged: "the flag is on another account; sign as that account"
        case .alreadyAnswered: "the flag is answered already; an answer is given once"
        case .alreadyAppealed: "the members vote or voted on it already; ask one to propose it"
        case .notYourFlag: "another member raised the flag; ask that one"
        }
    }
}
