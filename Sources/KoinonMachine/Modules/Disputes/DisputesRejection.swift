/// Why an action of disputes is not carried out. Codes are stable for ever.
public enum DisputesRejection: UInt32, RejectionCode {
    case emptyAction = 800
    case malformedID = 801
    case badEvidenceHash = 802
    case unknownAgreement = 803
    case notDisputable = 804
    case notAParty = 805
    case badDenominator = 806
    case unknownRole = 807
    case roleTwice = 808
    case sharesNotWhole = 809
    case ownershipNotDecided = 810
    case alreadyDisputed = 811
    case disputedBefore = 812
    case noDispute = 813
    case evidenceClosed = 814
    case tooMuchEvidence = 815
    case notDeciding = 816
    case notJudge = 817
    case limitedKey = 818
    case decidedAlready = 819
    case notAppealable = 820
    case notOpener = 821
    case ownDispute = 822
    case decisionGiven = 823
    case resourceStolen = 824

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name one action of disputes"
        case .malformedID: "an id has 20 bytes; give the one shown when the thing was created"
        case .badEvidenceHash: "give the 32 bytes of the evidence's SHA-256"
        case .unknownAgreement: "there is no agreement with this id; check it"
        case .notDisputable: "the process allows no dispute in the agreement's present state"
        case .notAParty: "only the two sides that the process names may do this; sign as one"
        case .badDenominator: "a denominator is 1 to 1,000,000,000"
        case .unknownRole: "the process has no role of this name; look at its list of roles"
        case .roleTwice: "name each role once, with all that it gets"
        case .sharesNotWhole: "let the numerators sum to exactly the denominator"
        case .ownershipNotDecided: "the process lets no decision move ownership; leave it out"
        case .alreadyDisputed: "the agreement is disputed already; submit evidence instead"
        case .disputedBefore: "each side may dispute an agreement once; concede, or go on with it"
        case .noDispute: "no dispute of the agreement is open; look at its state"
        case .evidenceClosed: "the time for evidence is over; wait for the decision"
        case .tooMuchEvidence:
            "each side submits at most \(Disputes.maximumEvidence) hashes; put several into one list"
        case .notDeciding: "nobody decides at present; look at what the dispute waits for"
        case .notJudge: "only who was named or drawn by lot decides; sign with that account's key"
        case .limitedKey: "the key has limits; decide with a key without"
        case .decidedAlready: "you decided before; a decision stands"
        case .notAppealable: "there is no decision to appeal, or the time for it is over"
        case .notOpener: "only who opened the dispute may withdraw it; concede it instead"
        case .ownDispute: "who opened the dispute cannot concede it; withdraw it instead"
        case .decisionGiven: "there is a decision; it is carried out unless it is appealed"
        case .resourceStolen: "the resource is reported stolen, so it cannot change hands now"
        }
    }
}
