import Foundation
import KoinonProtocol

/// Terms on which things may be used.
struct MarketBook {
    struct Row {
        var terms: PublishOffer
        var provider: AccountID
        var withdrawn = false
    }

    var offers: [OfferID: Row] = [:]
}

private enum Code {
    static let empty: UInt32 = 500
    static let malformedID: UInt32 = 501
    static let badTitle: UInt32 = 502
    static let tariffMissing: UInt32 = 503
    static let badStep: UInt32 = 504
    static let amountTooLarge: UInt32 = 505
    static let badReducedDeposit: UInt32 = 506
    static let badFee: UInt32 = 507
    static let placeOutOfRange: UInt32 = 508
    static let badAvailability: UInt32 = 509
    static let badDurationBounds: UInt32 = 510
    static let termsNotAscending: UInt32 = 511
    static let unknownResource: UInt32 = 512
    static let notOwner: UInt32 = 513
    static let resourceRetired: UInt32 = 514
    static let unknownProcess: UInt32 = 515
    static let unknownTerm: UInt32 = 516
    static let termOutOfBounds: UInt32 = 517
    static let unknownUnit: UInt32 = 518
    static let unknownPlatform: UInt32 = 519
    static let unknownOffer: UInt32 = 520
    static let notProvider: UInt32 = 521
    static let alreadyWithdrawn: UInt32 = 522
}

extension ReferenceLedger {
    mutating func perform(_ action: MarketAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .publishOffer(let action): try publish(action, by: sender)
        case .withdrawOffer(let action): try withdraw(action, by: sender)
        case nil: throw Refusal(Code.empty)
        default: throw Unsure()
        }
    }

    private mutating func publish(_ offer: PublishOffer, by sender: AccountID) throws {
        guard let thing = ResourceID(offer.resource) else { throw Refusal(Code.malformedID) }
        try checkMoney(of: offer)
        try checkPlaceAndTime(of: offer)
        guard let row = things.rows[thing] else { throw Refusal(Code.unknownResource) }
        guard row.owner == sender else { throw Refusal(Code.notOwner) }
        guard !row.retired else { throw Refusal(Code.resourceRetired) }
        guard let process = deals.processes[offer.process] else {
            throw Refusal(Code.unknownProcess)
        }
        for term in offer.terms {
            guard let known = process.definition.terms.first(where: { $0.name == term.name })
            else { throw Refusal(Code.unknownTerm) }
            guard term.value >= known.minimum, term.value <= known.maximum else {
                throw Refusal(Code.termOutOfBounds)
            }
        }
        guard money.units[offer.unit] != nil else { throw Refusal(Code.unknownUnit) }
        let platform =
            offer.platform.isEmpty
            ? people.accounts[sender]?.sponsors.last ?? "" : offer.platform
        guard alliance.members[platform] != nil else { throw Refusal(Code.unknownPlatform) }
        var terms = offer
        terms.platform = platform
        market.offers[try newID()] = MarketBook.Row(terms: terms, provider: sender)
        things.rows[thing]?.openOffers += 1
    }

    private func checkMoney(of offer: PublishOffer) throws {
        guard Bounds.isTitle(offer.title) else { throw Refusal(Code.badTitle) }
        guard offer.hasTariff else { throw Refusal(Code.tariffMissing) }
        guard offer.tariff.stepMs >= 1, offer.tariff.stepMs <= Bounds.endOfTime else {
            throw Refusal(Code.badStep)
        }
        guard offer.tariff.priceMinor <= Bounds.largestAmount,
            offer.depositMinor <= Bounds.largestAmount
        else { throw Refusal(Code.amountTooLarge) }
        if offer.hasReducedDeposit {
            guard offer.reducedDeposit.afterSettled > 0,
                offer.reducedDeposit.depositMinor <= offer.depositMinor
            else { throw Refusal(Code.badReducedDeposit) }
        }
        if offer.hasPlatformFee {
            guard offer.platformFee.denominator != 0,
                offer.platformFee.numerator <= offer.platformFee.denominator
            else { throw Refusal(Code.badFee) }
        }
    }

    private func checkPlaceAndTime(of offer: PublishOffer) throws {
        if offer.hasPlace {
            guard abs(Int64(offer.place.latitudeE7)) <= 900_000_000,
                abs(Int64(offer.place.longitudeE7)) <= 1_800_000_000
            else { throw Refusal(Code.placeOutOfRange) }
        }
        let (from, until) = (offer.availableFromMs, offer.availableUntilMs)
        guard from <= Bounds.endOfTime,
            until == 0 || (from < until && until <= Bounds.endOfTime)
        else { throw Refusal(Code.badAvailability) }
        let (shortest, longest) = (offer.durationMinimumMs, offer.durationMaximumMs)
        guard shortest <= Bounds.endOfTime,
            longest == 0 || (shortest <= longest && longest <= Bounds.endOfTime)
        else { throw Refusal(Code.badDurationBounds) }
        for (one, next) in zip(offer.terms, offer.terms.dropFirst()) {
            guard one.name.utf8.lexicographicallyPrecedes(next.name.utf8) else {
                throw Refusal(Code.termsNotAscending)
            }
        }
    }

    private mutating func withdraw(_ action: WithdrawOffer, by sender: AccountID) throws {
        guard let id = OfferID(action.offer) else { throw Refusal(Code.malformedID) }
        guard let row = market.offers[id] else { throw Refusal(Code.unknownOffer) }
        guard row.provider == sender else { throw Refusal(Code.notProvider) }
        guard !row.withdrawn else { throw Refusal(Code.alreadyWithdrawn) }
        market.offers[id]?.withdrawn = true
        if let thing = ResourceID(row.terms.resource) { things.rows[thing]?.openOffers -= 1 }
    }
}
