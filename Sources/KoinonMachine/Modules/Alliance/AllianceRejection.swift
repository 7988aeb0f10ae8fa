/// Why an action of the alliance is not carried out. Codes are stable for ever.
public enum AllianceRejection: UInt32, RejectionCode {
    case emptyAction = 100
    case notAMember = 101
    case limitedKey = 102
    case badTitle = 103
    case badStatementHash = 104
    case emptyChange = 105
    case badMemberID = 106
    case memberExists = 107
    case badName = 108
    case badKey = 109
    case nodeKeyInUse = 110
    case tooManyMembers = 111
    case unknownMember = 112
    case lastMember = 113
    case unknownParameter = 114
    case parameterOutOfBounds = 115
    case unknownProposal = 116
    case proposalNotOpen = 117
    case nodeKeyRetired = 118
    case sameNodeKey = 119
    case notNextProtocol = 120
    case protocolHeightPassed = 121

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name propose or vote"
        case .notAMember: "only a member's account may do this; sign with that account's key"
        case .limitedKey: "a key with a spending limit does not vote; sign with one without"
        case .badTitle: "a title has 1 to 64 bytes and no control characters; give such a one"
        case .badStatementHash: "give the 32 bytes of a SHA-256, or nothing"
        case .emptyChange: "the proposal changes nothing; name one change"
        case .badMemberID:
            "a member's id has 1 to 32 of a-z 0-9 - . _ and begins with a letter or digit"
        case .memberExists: "there is a member of this id already; choose another"
        case .badName: "a name has 1 to 64 bytes and no control characters; give such a one"
        case .badKey: "give the 32 bytes of a valid Ed25519 public key"
        case .nodeKeyInUse: "another member's node signs or signed with this key; make a new one"
        case .tooManyMembers: "the alliance has its 100 members; expel one first"
        case .unknownMember: "there is no member of this id; look at the list of members"
        case .lastMember: "an alliance needs a member; admit another first"
        case .unknownParameter: "there is no parameter of this name; look at the list of parameters"
        case .parameterOutOfBounds: "the value is not allowed; choose one within the bounds named"
        case .unknownProposal: "there is no proposal with this id; look at the list of proposals"
        case .proposalNotOpen: "voting has ended; make a new proposal"
        case .nodeKeyRetired: "another key has replaced this one before, for good; make a new one"
        case .sameNodeKey: "the node signs with this key already; make a new one"
        case .notNextProtocol:
            "protocol versions come one after the other; propose the one named"
        case .protocolHeightPassed:
            "the ledger has come to this block already; name one far enough ahead for every member to install what knows the version"
        }
    }
}
