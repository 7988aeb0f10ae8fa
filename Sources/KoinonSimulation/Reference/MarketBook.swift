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
    var requests: [RequestID: RequestRow] = [:]
    var answers: [OfferID: AnswerRow] = [:]
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
    static let tooManyArbiters: UInt32 = 523
    static let badArbiter: UInt32 = 524
    static let bundleTooLarge: UInt32 = 530
    static let resourceTwice: UInt32 = 531
    static let bundleQuantityTooLarge: UInt32 = 532
    static let badTrustRule: UInt32 = 550
}

extension ReferenceLedger {
    mutating func perform(_ action: MarketAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .publishOffer(let action): try publish(action, by: sender)
        case .withdrawOffer(let action): try withdraw(action, by: sender)
        case .publishRequest(let action): try publish(action, by: sender)
        case .withdrawRequest(let action): try withdraw(action, by: sender)
        case .answerRequest(let action): try answer(action, by: sender)
        case .counterAnswer(let action): try counter(action, by: sender)
        case .takeAnswer(let action): try take(action, by: sender)
        case .withdrawAnswer(let action): try withdraw(action, by: sender)
        case nil: throw Refusal(Code.empty)
        }
    }

    private mutating func publish(_ terms: PublishOffer, by sender: AccountID) throws {
        let row = try checkedOffer(terms, by: sender)
        market.offers[try newID()] = row
        for (thing, _) in shares(of: row.terms) { things.rows[thing]?.openOffers += 1 }
    }

    /// What the terms come to as an offer of the sender's.
    func checkedOffer(_ offer: PublishOffer, by sender: AccountID) throws -> MarketBook.Row {
        guard let thing = ResourceID(offer.resource) else { throw Refusal(Code.malformedID) }
        try checkMoney(of: offer)
        try checkPlaceAndTime(of: offer)
        try checkBundle(of: offer, besides: thing)
        _ = try own(thing, by: sender)
        for item in offer.also {
            guard let id = ResourceID(item.resource) else { throw Refusal(Code.malformedID) }
            guard max(1, item.quantity) <= (try own(id, by: sender)).capacity else {
                throw Refusal(Code.bundleQuantityTooLarge)
            }
        }
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
        try checkArbiters(of: offer, by: sender)
        guard money.units[offer.unit] != nil else { throw Refusal(Code.unknownUnit) }
        let platform =
            offer.platform.isEmpty
            ? people.accounts[sender]?.sponsors.last ?? "" : offer.platform
        guard alliance.members[platform] != nil else { throw Refusal(Code.unknownPlatform) }
        var terms = offer
        terms.platform = platform
        return MarketBook.Row(terms: terms, provider: sender)
    }

    /// What one of the offer takes: the thing and all that goes with it.
    func shares(of terms: PublishOffer) -> [(thing: ResourceID, quantity: UInt64)] {
        var shares: [(thing: ResourceID, quantity: UInt64)] = []
        if let thing = ResourceID(terms.resource) { shares.append((thing, 1)) }
        for item in terms.also {
            guard let thing = ResourceID(item.resource) else { continue }
            shares.append((thing, UInt64(max(1, item.quantity))))
        }
        return shares
    }

    private func own(_ id: ResourceID, by sender: AccountID) throws -> ResourceBook.Row {
        guard let row = things.rows[id] else { throw Refusal(Code.unknownResource) }
        guard row.owner == sender else { throw Refusal(Code.notOwner) }
        guard !row.retired else { throw Refusal(Code.resourceRetired) }
        return row
    }

    private func checkBundle(of offer: PublishOffer, besides thing: ResourceID) throws {
        guard offer.also.count <= 15 else { throw Refusal(Code.bundleTooLarge) }
        var seen: Set<ResourceID> = [thing]
        for item in offer.also {
            guard let id = ResourceID(item.resource) else { throw Refusal(Code.malformedID) }
            guard seen.insert(id).inserted else { throw Refusal(Code.resourceTwice) }
        }
    }

    private func checkArbiters(of offer: PublishOffer, by sender: AccountID) throws {
        guard offer.arbiters.count <= 8 else { throw Refusal(Code.tooManyArbiters) }
        var seen: Set<AccountID> = [sender]
        for arbiter in offer.arbiters {
            guard let account = AccountID(arbiter), people.accounts[account] != nil,
                seen.insert(account).inserted
            else { throw Refusal(Code.badArbiter) }
        }
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
        guard offer.hasTrustRule else { return }
        let rule = offer.trustRule
        let asksMore =
            !rule.refuseFlagged && rule.flaggedDepositMinor > offer.depositMinor
            && rule.flaggedDepositMinor <= Bounds.largestAmount
        guard rule.flaggedDepositMinor == 0 || asksMore, rule.minimumStandingPpm <= 1_000_000
        else { throw Refusal(Code.badTrustRule) }
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
        close(id, row)
    }

    private mutating func close(_ id: OfferID, _ row: MarketBook.Row) {
        market.offers[id]?.withdrawn = true
        for (thing, _) in shares(of: row.terms) { things.rows[thing]?.openOffers -= 1 }
    }

    /// A thing that is sold is on offer no more.
    mutating func withdrawAll(on thing: ResourceID) {
        for (id, row) in market.offers where !row.withdrawn {
            if shares(of: row.terms).contains(where: { $0.thing == thing }) { close(id, row) }
        }
    }
}
