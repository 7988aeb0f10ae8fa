/// Why an action of the market is not carried out. Codes are stable for ever.
public enum MarketRejection: UInt32, RejectionCode {
    case emptyAction = 500
    case malformedID = 501
    case badTitle = 502
    case tariffMissing = 503
    case badStep = 504
    case amountTooLarge = 505
    case badReducedDeposit = 506
    case badFee = 507
    case placeOutOfRange = 508
    case badAvailability = 509
    case badDurationBounds = 510
    case termsNotAscending = 511
    case unknownResource = 512
    case notOwner = 513
    case resourceRetired = 514
    case unknownProcess = 515
    case unknownTerm = 516
    case termOutOfBounds = 517
    case unknownUnit = 518
    case unknownPlatform = 519
    case unknownOffer = 520
    case notProvider = 521
    case alreadyWithdrawn = 522
    case tooManyArbiters = 523
    case badArbiter = 524
    case bundleTooLarge = 530
    case resourceTwice = 531
    case bundleQuantityTooLarge = 532
    case badTextHash = 533
    case unknownKind = 534
    case badRadius = 535
    case badRequestPeriod = 536
    case badExpiry = 537
    case tooManyRequests = 538
    case unknownRequest = 539
    case notCustomer = 540
    case requestClosed = 541
    case ownRequest = 542
    case wrongUnit = 543
    case wrongKind = 544
    case tooManyAnswers = 545
    case unknownAnswer = 546
    case notInNegotiation = 547
    case notYourTurn = 548
    case tooManyRounds = 549
    case badTrustRule = 550

    public var remedy: String {
        switch self {
        case .emptyAction: "the action says nothing; name one action of the market"
        case .malformedID: "an id has 20 bytes; give the one shown when the thing was created"
        case .badTitle: "a title has 1 to 64 bytes and no control characters; give such a one"
        case .tariffMissing: "say what it costs; a tariff with price 0 is free of charge"
        case .badStep: "a step of the tariff lasts 1 ms or longer, up to the end of the year 9999"
        case .amountTooLarge: "an amount is at most 2^63 - 1 of the unit's smallest part"
        case .badReducedDeposit:
            "ask for it after 1 or more settled agreements, and for no more than the deposit"
        case .badFee: "the fee is a fraction from 0 to 1 with a denominator above 0"
        case .placeOutOfRange:
            "degrees times 10,000,000: latitude within 900,000,000, longitude within 1,800,000,000"
        case .badAvailability:
            "let the offer end after it begins, before the year 10000, or leave both 0"
        case .badDurationBounds: "let the shortest duration be no longer than the longest"
        case .termsNotAscending: "name each term once, ascending by the bytes of its name"
        case .unknownResource: "there is no resource with this id; check it"
        case .notOwner: "only the owner may offer the resource; sign with the owner's key"
        case .resourceRetired: "the resource was retired for ever; offer another"
        case .unknownProcess: "the alliance has no process of this id; look at its list"
        case .unknownTerm: "the process has no term of this name; look at its list of terms"
        case .termOutOfBounds: "the process allows other values; choose one within its bounds"
        case .unknownUnit: "there is no unit of account of this name; look at the list of units"
        case .unknownPlatform: "the platform is no member of the alliance; name one, or none"
        case .unknownOffer: "there is no offer with this id; check it"
        case .notProvider: "only who published the offer may withdraw it; sign with that key"
        case .alreadyWithdrawn: "the offer was withdrawn before; nothing to do"
        case .bundleTooLarge:
            "at most \(Market.maximumBundleItems) resources go with the first; offer fewer"
        case .resourceTwice: "name each resource of a bundle once; say how many in its quantity"
        case .badTrustRule:
            "ask flagged accounts for more than the deposit or refuse them; standing is up to 1000000"
        case .bundleQuantityTooLarge: "the resource has less capacity than that; bundle fewer of it"
        case .badTextHash: "the hash of a text is empty or the 32 bytes of a SHA-256"
        case .unknownKind:
            "no member declared a kind of this name; look at the list, or ask for any"
        case .badRadius: "name the place that the distance is from, and at most 20,037,508 m"
        case .badRequestPeriod:
            "ask for a start that lies ahead and a quantity and duration that the alliance allows"
        case .badExpiry: "let the request end after now and within 30 days"
        case .tooManyRequests:
            "an account has at most \(Market.maximumOpenRequests) open requests; withdraw one"
        case .unknownRequest: "there is no request with this id; check it"
        case .notCustomer: "only who published the request may withdraw it; sign with that key"
        case .requestClosed: "the request was taken or withdrawn, or its time ran out"
        case .ownRequest: "nobody answers a request of its own; sign as another account"
        case .wrongUnit: "answer in the unit of the request"
        case .wrongKind: "offer a resource of the kind that the request names"
        case .tooManyAnswers:
            "a request has at most \(Market.maximumAnswers) open answers; wait until one is withdrawn"
        case .unknownAnswer: "there is no open answer with this id; its request may be closed"
        case .notInNegotiation: "only customer and provider of the answer may do this"
        case .notYourTurn: "the terms that stand are your own; wait for the other side, or withdraw"
        case .tooManyRounds:
            "there were \(Market.maximumRounds) counter-offers; take the terms, or withdraw the answer"
        case .tooManyArbiters: "an offer names at most 8 arbiters; leave some out"
        case .badArbiter: "an arbiter is an account other than the provider's, named once"
        }
    }
}
