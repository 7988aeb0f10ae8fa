import struct Foundation.Data
import KoinonProtocol

extension Agreements {
    /// Opens an agreement on an offer by the first opening transition that may be taken.
    static func open(_ action: OpenAgreement, in context: Context) throws(Rejection) {
        let state = context.state
        guard let offerID = OfferID(action.offer) else {
            throw Rejection(AgreementsRejection.malformedID, field: "offer")
        }
        guard let offer = Market.offer(offerID, in: state) else {
            throw Rejection(AgreementsRejection.unknownOffer, field: "offer")
        }
        guard !offer.withdrawn else {
            throw Rejection(AgreementsRejection.offerWithdrawn, field: "offer")
        }
        _ = try open(action, on: offer, in: context)
    }

    /// Opens an agreement on an offer that is known to take it, withdrawn or not.
    static func open(
        _ action: OpenAgreement, on offer: Offer, in context: Context
    ) throws(Rejection) -> AgreementID {
        let state = context.state
        guard AccountID(offer.provider) != context.sender else {
            throw Rejection(AgreementsRejection.ownOffer, field: "offer")
        }
        guard
            let platform = MemberID(rawValue: offer.terms.platform)
                .flatMap({ Alliance.member($0, in: state) })
        else { throw Rejection(AgreementsRejection.platformGone, field: "offer") }
        try checkTrust(in: context.sender, under: offer, in: context)
        guard let process = runnableProcess(offer.terms.process, in: state) else {
            preconditionFailure("an offer names a process that is not there")
        }
        try checkStolen(offer, in: context)

        let quantity = max(action.quantity, 1)
        try checkCapacity(for: quantity, of: offer, in: context)
        let period = try period(of: action, under: offer.terms, in: context)
        let deposit = try deposit(
            of: context.sender, under: offer, quantity: quantity, field: "quantity", in: context)

        var agreement = Agreement()
        agreement.offer = action.offer
        agreement.resource = offer.terms.resource
        agreement.also = offer.terms.also
        agreement.process = offer.terms.process
        agreement.parties = process.roles.map { role in
            switch role.source {
            case .provider: offer.provider
            case .opener: Data(context.sender.bytes)
            case .platform: platform.account
            case .UNRECOGNIZED: preconditionFailure("an adopted process has known sources only")
            }
        }
        agreement.openedAtMs = context.now.milliseconds
        agreement.startMs = period.lowerBound
        agreement.endMs = period.upperBound
        agreement.quantity = quantity
        agreement.depositMinor = deposit.minor
        agreement.unit = offer.terms.unit
        agreement.arbiter = try arbiter(of: action, under: offer, agreement.parties)
        let id: AgreementID = context.newID()
        let run = AgreementRun(
            id: id, agreement: agreement, offer: offer, process: process, context: context)
        try run.open()
        return id
    }

    /// Nothing of the offer is reported stolen.
    static func checkStolen(_ offer: Offer, in context: Context) throws(Rejection) {
        for share in offer.terms.shares {
            guard let resource = Resources.resource(share.resource, in: context.state) else {
                preconditionFailure("an offer is about a resource that is not there")
            }
            guard !resource.hasStolen else {
                throw Rejection(AgreementsRejection.resourceStolen, field: "offer")
            }
        }
    }

    /// Whether there is so much of everything that the offer is about, taken or not.
    private static func checkCapacity(
        for quantity: UInt32, of offer: Offer, in context: Context
    ) throws(Rejection) {
        for share in offer.terms.shares {
            guard let resource = Resources.resource(share.resource, in: context.state) else {
                preconditionFailure("an offer is about a resource that is not there")
            }
            guard UInt64(quantity) * share.quantity <= UInt64(resource.capacity) else {
                throw Rejection(
                    AgreementsRejection.quantityTooLarge, field: "quantity",
                    detail: "capacity \(UInt64(resource.capacity) / share.quantity)")
            }
        }
    }

    /// Who decides disputes, if the opener names one; "" leaves it to members by lot.
    private static func arbiter(
        of action: OpenAgreement, under offer: Offer, _ parties: [Data]
    ) throws(Rejection) -> Data {
        guard !action.arbiter.isEmpty else { return action.arbiter }
        guard offer.terms.arbiters.contains(action.arbiter) else {
            throw Rejection(AgreementsRejection.arbiterNotOffered, field: "arbiter")
        }
        guard !parties.contains(action.arbiter) else {
            throw Rejection(AgreementsRejection.arbiterIsParty, field: "arbiter")
        }
        return action.arbiter
    }

    /// What the account has to leave, by the offer's rule, for so much of the resource.
    static func deposit(
        of account: AccountID, under offer: Offer, quantity: UInt32, field: String,
        in context: Context
    ) throws(Rejection) -> Amount {
        let (deposit, overflow) = Market.deposit(for: account, under: offer, in: context.state)
            .multipliedReportingOverflow(by: UInt64(quantity))
        guard !overflow, deposit <= Amount.maximum.minor else {
            throw Rejection(AgreementsRejection.arithmeticOverflow, field: field)
        }
        return Amount(minor: deposit)
    }

    /// The agreed time, checked against the clock, the alliance's bounds and the offer's.
    static func period(
        of action: OpenAgreement, under terms: PublishOffer, in context: Context
    ) throws(Rejection) -> Range<UInt64> {
        let parameters = Alliance.parameters(in: context.state)
        let now = context.now.milliseconds
        let longest =
            terms.durationMaximumMs == 0
            ? parameters.agreementDurationMaximumMs
            : min(terms.durationMaximumMs, parameters.agreementDurationMaximumMs)
        let shortest = max(terms.durationMinimumMs, 1)
        guard action.durationMs >= shortest, action.durationMs <= longest else {
            throw Rejection(
                AgreementsRejection.durationOutOfRange, field: "duration_ms",
                detail: "\(shortest) to \(longest)")
        }
        let start = action.startMs == 0 ? now : action.startMs
        guard start >= now else {
            throw Rejection(AgreementsRejection.startInPast, field: "start_ms")
        }
        // The duration is bounded above, so the subtraction cannot wrap.
        guard start - now <= parameters.bookingHorizonMs,
            start <= Timestamp.maximum.milliseconds - action.durationMs
        else { throw Rejection(AgreementsRejection.startTooFarAhead, field: "start_ms") }
        let end = start + action.durationMs
        guard start >= terms.availableFromMs,
            terms.availableUntilMs == 0 || end <= terms.availableUntilMs
        else { throw Rejection(AgreementsRejection.outsideAvailability, field: "start_ms") }
        return start..<end
    }

    /// Moves an agreement on by one of its process's verbs.
    static func take(_ action: TakeTransition, in context: Context) throws(Rejection) {
        guard let id = AgreementID(action.agreement) else {
            throw Rejection(AgreementsRejection.malformedID, field: "agreement")
        }
        guard let run = AgreementRun(id, in: context) else {
            throw Rejection(AgreementsRejection.unknownAgreement, field: "agreement")
        }
        try run.take(action.transition)
    }

    /// Puts a process on the ledger for ever, if nothing is wrong with it.
    static func adopt(_ process: ProcessDefinition, in context: Context) throws(Rejection) {
        if let finding = ProcessCheck.findings(of: process).first {
            throw Rejection(
                AgreementsRejection.processFaulty, field: finding.place,
                // The rule's name alone: receipts are hashed, so no wording may stand in them.
                detail: finding.rule.rawValue)
        }
        guard !processes.contains(process.id, in: context.state) else {
            throw Rejection(AgreementsRejection.processExists, field: "id")
        }
        processes.set(process.id, process, in: context.state)
    }
}
