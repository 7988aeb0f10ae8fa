import KoinonProtocol

/// What an offer says, checked in the order of its fields.
extension Market {
    /// Everything that needs no state.
    static func checkForm(of offer: PublishOffer) throws(Rejection) {
        guard TextCheck.isTitle(offer.title) else {
            throw Rejection(MarketRejection.badTitle, field: "title")
        }
        guard offer.hasTariff else {
            throw Rejection(MarketRejection.tariffMissing, field: "tariff")
        }
        guard (1...Timestamp.maximum.milliseconds).contains(offer.tariff.stepMs) else {
            throw Rejection(MarketRejection.badStep, field: "tariff.step_ms")
        }
        guard offer.tariff.priceMinor <= Amount.maximum.minor else {
            throw Rejection(MarketRejection.amountTooLarge, field: "tariff.price_minor")
        }
        guard offer.depositMinor <= Amount.maximum.minor else {
            throw Rejection(MarketRejection.amountTooLarge, field: "deposit_minor")
        }
        if offer.hasReducedDeposit {
            guard offer.reducedDeposit.afterSettled >= 1,
                offer.reducedDeposit.depositMinor <= offer.depositMinor
            else { throw Rejection(MarketRejection.badReducedDeposit, field: "reduced_deposit") }
        }
        if offer.hasPlatformFee {
            guard offer.platformFee.denominator > 0,
                offer.platformFee.numerator <= offer.platformFee.denominator
            else { throw Rejection(MarketRejection.badFee, field: "platform_fee") }
        }
        try checkTrustRule(of: offer)
        if offer.hasPlace { try checkPlace(offer.place) }
        try checkTimes(of: offer)
        for (one, next) in zip(offer.terms, offer.terms.dropFirst())
        where !one.name.utf8.lexicographicallyPrecedes(next.name.utf8) {
            throw Rejection(MarketRejection.termsNotAscending, field: "terms", detail: next.name)
        }
    }

    private static func checkTrustRule(of offer: PublishOffer) throws(Rejection) {
        guard offer.hasTrustRule else { return }
        let rule = offer.trustRule
        // A deposit for those who are refused would never be asked for.
        guard
            rule.flaggedDepositMinor == 0
                || (!rule.refuseFlagged && rule.flaggedDepositMinor <= Amount.maximum.minor
                    && rule.flaggedDepositMinor > offer.depositMinor)
        else {
            throw Rejection(
                MarketRejection.badTrustRule, field: "trust_rule.flagged_deposit_minor")
        }
        guard UInt64(rule.minimumStandingPpm) <= StandingFormula.one else {
            throw Rejection(MarketRejection.badTrustRule, field: "trust_rule.minimum_standing_ppm")
        }
    }

    static func checkPlace(_ place: Place) throws(Rejection) {
        guard latitudes.contains(place.latitudeE7) else {
            throw Rejection(MarketRejection.placeOutOfRange, field: "place.latitude_e7")
        }
        guard longitudes.contains(place.longitudeE7) else {
            throw Rejection(MarketRejection.placeOutOfRange, field: "place.longitude_e7")
        }
    }

    private static func checkTimes(of offer: PublishOffer) throws(Rejection) {
        let last = Timestamp.maximum.milliseconds
        guard offer.availableFromMs <= last else {
            throw Rejection(MarketRejection.badAvailability, field: "available_from_ms")
        }
        guard
            offer.availableUntilMs == 0
                || (offer.availableUntilMs > offer.availableFromMs
                    && offer.availableUntilMs <= last)
        else { throw Rejection(MarketRejection.badAvailability, field: "available_until_ms") }
        guard offer.durationMinimumMs <= last else {
            throw Rejection(MarketRejection.badDurationBounds, field: "duration_minimum_ms")
        }
        guard
            offer.durationMaximumMs == 0
                || (offer.durationMinimumMs...last).contains(offer.durationMaximumMs)
        else { throw Rejection(MarketRejection.badDurationBounds, field: "duration_maximum_ms") }
    }

    /// Accounts that are there, each once, and not the provider's own.
    static func checkArbiters(of offer: PublishOffer, in context: Context) throws(Rejection) {
        guard offer.arbiters.count <= maximumArbiters else {
            throw Rejection(MarketRejection.tooManyArbiters, field: "arbiters")
        }
        for (index, arbiter) in offer.arbiters.enumerated() {
            guard let account = AccountID(arbiter), account != context.sender,
                Accounts.account(account, in: context.state) != nil,
                !offer.arbiters[..<index].contains(arbiter)
            else { throw Rejection(MarketRejection.badArbiter, field: "arbiters[\(index)]") }
        }
    }

    /// Every term is one that the process declares, within its bounds.
    static func checkTerms(
        of offer: PublishOffer, declaredBy process: RunnableProcess
    ) throws(Rejection) {
        for (index, term) in offer.terms.enumerated() {
            guard let declared = process.terms.first(where: { $0.name == term.name }) else {
                throw Rejection(
                    MarketRejection.unknownTerm, field: "terms[\(index)].name", detail: term.name)
            }
            guard (declared.minimum...declared.maximum).contains(term.value) else {
                throw Rejection(
                    MarketRejection.termOutOfBounds, field: "terms[\(index)].value",
                    detail: "\(term.name): \(declared.minimum) to \(declared.maximum)")
            }
        }
    }
}
