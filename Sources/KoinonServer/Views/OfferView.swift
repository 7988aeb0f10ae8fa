import KoinonMachine
import KoinonProtocol

/// The terms on which something may be had, by whom and through whom.
public struct OfferView: Codable, Sendable, Equatable {
    /// What one unit of an agreement's quantity takes of a resource.
    public struct Item: Codable, Sendable, Equatable {
        public var id: String
        public var title: String
        public var kind: String
        public var quantity: UInt32
        public var descriptionHash: String?
    }
    public struct Reduced: Codable, Sendable, Equatable {
        /// After so many agreements settled in a row without a late return.
        public var afterSettled: UInt32
        public var deposit: MoneyView
    }
    /// A rule of the process that an offer may set.
    public struct Term: Codable, Sendable, Equatable {
        public var name: String
        /// In the words of the process.
        public var title: String
        public var value: Int64
        /// The offer says nothing about it.
        public var isDefault: Bool
    }
    public struct Trust: Codable, Sendable, Equatable {
        public var refusesFlagged: Bool
        /// What an account with an open flag leaves.
        public var flaggedDeposit: MoneyView?
        public var minimumStandingPpm: UInt32
    }

    public var id: String
    public var title: String
    public var withdrawn: Bool
    /// The resource and what goes with it, all or none.
    public var items: [Item]
    public var process: String
    public var processTitle: String
    public var unit: String
    /// For each step begun; the charge is max(steps begun, minimum_steps) × price.
    public var price: MoneyView
    /// 0 where the process reckons without time, a sale for instance.
    public var stepMs: UInt64
    public var minimumSteps: UInt32
    /// What an agreement costs at least: minimum steps (1 at least) × price.
    public var leastCharge: MoneyView
    public var deposit: MoneyView
    public var reducedDeposit: Reduced?
    public var provider: String
    /// In the kind of the resource, in millionths.
    public var providerStandingPpm: UInt32
    /// The member through which it is offered.
    public var platform: String
    public var platformName: String
    /// Share of the charge that the platform receives.
    public var platformFee: FractionView?
    public var place: PlaceView?
    public var availableFrom: TimeView?
    public var availableUntil: TimeView?
    /// 0: no bound of its own.
    public var durationMinimumMs: UInt64
    public var durationMaximumMs: UInt64
    public var terms: [Term]
    public var trust: Trust?
    /// Among whom the customer may choose who decides disputes.
    public var arbiters: [String]
    public var publishedAt: TimeView
    public var stateKey: String

    /// Nil when there is no such offer.
    public static func make(_ id: OfferID, in reader: ViewReader) -> OfferView? {
        Market.offer(id, in: reader.state).map { make(id, $0, in: reader) }
    }

    static func make(_ id: OfferID, _ row: Offer, in reader: ViewReader) -> OfferView {
        let offer = row.terms
        let process = reader.process(offer.process)
        let member = MemberID(rawValue: offer.platform).flatMap {
            Alliance.member($0, in: reader.state)
        }
        let (least, _) = offer.tariff.priceMinor.multipliedReportingOverflow(
            by: UInt64(max(offer.tariff.minimumSteps, 1)))
        func money(_ minor: UInt64) -> MoneyView { reader.money(minor, offer.unit) }
        return OfferView(
            id: id.text, title: offer.title, withdrawn: row.withdrawn,
            items: items(of: offer, in: reader), process: offer.process,
            processTitle: process?.title ?? "", unit: offer.unit,
            price: money(offer.tariff.priceMinor), stepMs: offer.tariff.stepMs,
            minimumSteps: offer.tariff.minimumSteps, leastCharge: money(least),
            deposit: money(offer.depositMinor),
            reducedDeposit: offer.hasReducedDeposit
                ? Reduced(
                    afterSettled: offer.reducedDeposit.afterSettled,
                    deposit: money(offer.reducedDeposit.depositMinor)) : nil,
            provider: reader.account(row.provider) ?? "",
            providerStandingPpm: standing(of: row, in: reader), platform: offer.platform,
            platformName: member?.name ?? "",
            platformFee: offer.hasPlatformFee
                ? FractionView(
                    numerator: offer.platformFee.numerator,
                    denominator: offer.platformFee.denominator) : nil,
            place: offer.hasPlace ? PlaceView(offer.place) : nil,
            availableFrom: TimeView(unlessZero: offer.availableFromMs),
            availableUntil: TimeView(unlessZero: offer.availableUntilMs),
            durationMinimumMs: offer.durationMinimumMs,
            durationMaximumMs: offer.durationMaximumMs,
            terms: (process?.terms ?? []).map { term in
                let given = offer.terms.first { $0.name == term.name }?.value
                return Term(
                    name: term.name, title: term.title, value: given ?? term.defaultValue,
                    isDefault: given == nil)
            },
            trust: offer.hasTrustRule
                ? Trust(
                    refusesFlagged: offer.trustRule.refuseFlagged,
                    flaggedDeposit: offer.trustRule.flaggedDepositMinor > 0
                        ? money(offer.trustRule.flaggedDepositMinor) : nil,
                    minimumStandingPpm: offer.trustRule.minimumStandingPpm) : nil,
            arbiters: offer.arbiters.compactMap(reader.account),
            publishedAt: TimeView(ms: row.publishedAtMs),
            stateKey: stateKeyText(Market.offers.stateKey(id)))
    }

    static func items(of offer: PublishOffer, in reader: ViewReader) -> [Item] {
        let all =
            [(offer.resource, UInt32(1))] + offer.also.map { ($0.resource, max($0.quantity, 1)) }
        return all.compactMap { bytes, quantity in
            guard let id = ResourceID(bytes), let row = Resources.resource(id, in: reader.state)
            else { return nil }
            return Item(
                id: id.text, title: row.title, kind: row.kind, quantity: quantity,
                descriptionHash: reader.hash(row.descriptionHash))
        }
    }

    /// Of the provider, in the kind of the offer's resource.
    static func standing(of row: Offer, in reader: ViewReader) -> UInt32 {
        guard let provider = AccountID(row.provider) else { return 0 }
        let kind = ResourceID(row.terms.resource).flatMap {
            Resources.resource($0, in: reader.state)?.kind
        }
        return Reputation.standing(of: provider, kind: kind, at: reader.time, in: reader.state)
            .boundPpm
    }
}

/// What an agreement on an offer would come to for one account, tried and thrown away.
public struct QuoteView: Codable, Sendable, Equatable {
    public var offer: String
    public var account: String
    /// Whether it would be done now.
    public var allowed: Bool
    public var rejection: RejectionView?
    /// The state it would begin in.
    public var state: String?
    public var start: TimeView?
    public var end: TimeView?
    /// Also when only money is missing.
    public var movements: [ForeseenMovementView]

    /// Nil when there is no such offer.
    public static func make(
        _ action: OpenAgreement, by account: AccountID, at now: Timestamp, in reader: ViewReader
    ) -> QuoteView? {
        guard let id = OfferID(action.offer), let offer = Market.offer(id, in: reader.state) else {
            return nil
        }
        let (rejection, events) = Agreements.foreseeOpening(
            action, by: account, at: reader.moment(at: now), in: reader.state)
        var opened: AgreementOpened?
        for event in events {
            if case .agreements(let one) = event.module, case .agreementOpened(let it) = one.event {
                opened = it
            }
        }
        return QuoteView(
            offer: id.text, account: account.text, allowed: rejection == nil,
            rejection: rejection.map(RejectionView.init), state: opened?.state,
            start: opened.map { TimeView(ms: $0.startMs) },
            end: opened.map { TimeView(ms: $0.endMs) },
            movements: ForeseenMovementView.all(
                in: events, unit: offer.terms.unit, parties: [], reader))
    }
}
