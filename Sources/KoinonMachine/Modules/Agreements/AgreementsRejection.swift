/// Why an action of agreements is not carried out. Codes are stable for ever.
public enum AgreementsRejection: UInt32, RejectionCode {
    case emptyAction = 600
    case malformedID = 601
    case unknownOffer = 602
    case offerWithdrawn = 603
    case ownOffer = 604
    case platformGone = 605
    case quantityTooLarge = 606
    case durationOutOfRange = 607
    case startInPast = 608
    case startTooFarAhead = 609
    case outsideAvailability = 610
    case unknownAgreement = 611
    case agreementEnded = 612
    case unknownTransition = 613
    case wrongState = 614
    case notYourTransition = 615
    case guardNotMet = 616
    case arithmeticOverflow = 617
    case divisionByZero = 618
    case resourceGone = 619
    case tooManyBookings = 620
    case resourceInUse = 621
    case capacityExceeded = 622
    case processFaulty = 623
    case processExists = 624
    case resourceStolen = 625
    case wholeOnly = 626
    case takenByOthers = 627
    case resourceDisputed = 628
    case takenAsWhole = 629
    case arbiterNotOffered = 630
    case arbiterIsParty = 631
    case agreementDisputed = 632
    case notOpener = 640
    case resaleNotAllowed = 641
    case badResaleTime = 642
    case resaleNotOffered = 643
    case resaleOver = 644
    case resaleDiffers = 645
    case partyCannotBuy = 646
    case openerFlagged = 655
    case standingTooLow = 656

    public var remedy: String {
        switch self {
        case .openerFlagged:
            "the offer takes no account with an open fraud flag; answer or appeal the flag"
        case .standingTooLow: "the offer asks for more standing; see koinon standing explain"
        case .emptyAction: "the action says nothing; name one action on agreements"
        case .malformedID: "an id has 20 bytes; give the one shown when the thing was created"
        case .unknownOffer: "there is no offer with this id; look for one that is open"
        case .offerWithdrawn: "the offer takes no new agreements; look for another"
        case .ownOffer: "the provider cannot take its own offer; sign as another account"
        case .platformGone: "the offer's platform left the alliance; look for another offer"
        case .quantityTooLarge: "the resource has less capacity than that; ask for less"
        case .durationOutOfRange:
            "choose a duration above 0 within the bounds of the offer and the alliance"
        case .startInPast: "choose a start that lies ahead, or 0 for now"
        case .startTooFarAhead: "the alliance takes no bookings that far ahead; start earlier"
        case .outsideAvailability: "the offer is not available all that time; choose another"
        case .unknownAgreement: "there is no agreement with this id; check it"
        case .agreementEnded: "the agreement is in a final state; nothing more can be done in it"
        case .unknownTransition: "the process has no transition of this name; look at its list"
        case .wrongState: "this cannot be done in the agreement's present state; look at it"
        case .notYourTransition: "another role takes this transition; ask that party"
        case .guardNotMet: "the process does not allow it now, for the reason named in the detail"
        case .arithmeticOverflow: "a value passes 2^63 - 1; use smaller amounts or times"
        case .divisionByZero: "the process divides by a term that is 0; use another offer"
        case .resourceGone:
            "the provider transferred or retired the resource; end the agreement without it"
        case .tooManyBookings: "the resource has as many open bookings as it may; try later"
        case .resourceInUse: "others still use the resource; wait, or cancel free of charge"
        case .capacityExceeded: "the resource is taken in that time; choose another"
        case .processFaulty: "mend the place named in the field, as the detail says"
        case .processExists: "a process of this id was adopted already; choose another id"
        case .resourceStolen:
            "the resource is reported stolen; wait until who reported it says it was recovered"
        case .wholeOnly: "the whole resource is taken; ask for as much as its capacity"
        case .takenByOthers: "others have bookings of the resource; wait until they end"
        case .resourceDisputed: "an agreement about the resource is disputed; wait for its end"
        case .takenAsWhole: "another agreement has the whole resource, it is being sold"
        case .arbiterNotOffered: "name one of the offer's arbiters, or none"
        case .agreementDisputed: "the agreement is frozen by a dispute; wait for its end"
        case .arbiterIsParty: "a party cannot decide its own disputes; name another arbiter"
        case .notOpener:
            "only who opened the agreement, or bought it, sells it on; sign with that key"
        case .resaleNotAllowed:
            "process and offer do not let this be sold on now; look at their rules"
        case .badResaleTime:
            "let it be taken until a later moment, and sell time between now and the agreed end"
        case .resaleNotOffered: "the agreement is not for sale; look at it, it may have gone on"
        case .resaleOver: "the time in which it could be taken is over; ask the seller"
        case .resaleDiffers: "the seller asks for something else now; look at the agreement"
        case .partyCannotBuy:
            "a party of the agreement cannot take it over; sign as another account"
        }
    }
}
