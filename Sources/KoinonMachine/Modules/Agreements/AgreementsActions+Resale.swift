import struct Foundation.Data
import KoinonProtocol

/// Resale: the opener sells its place, or time that it does not need, where process and
/// offer allow it.
extension Agreements {
    static func offerResale(_ action: OfferResale, in context: Context) throws(Rejection) {
        let id = try resaleID(action.agreement)
        guard action.priceMinor <= Amount.maximum.minor else {
            throw Rejection(MoneyRejection.amountTooLarge, field: "price_minor")
        }
        let run = try openRun(id, in: context)
        guard run.opener == context.sender else {
            throw Rejection(AgreementsRejection.notOpener, field: "agreement")
        }
        let isPart = action.fromMs != 0
        try run.checkResale(ofPart: isPart)
        let now = context.now.milliseconds
        if isPart {
            let first = max(now, run.agreement.startMs)
            guard action.fromMs > first, action.fromMs < run.agreement.endMs else {
                throw Rejection(AgreementsRejection.badResaleTime, field: "from_ms")
            }
        }
        guard
            action.untilMs == 0
                || (action.untilMs > now && action.untilMs <= Timestamp.maximum.milliseconds)
        else { throw Rejection(AgreementsRejection.badResaleTime, field: "until_ms") }

        var resale = Resale()
        resale.priceMinor = action.priceMinor
        resale.fromMs = action.fromMs
        resale.untilMs = action.untilMs
        run.agreement.resale = resale
        agreements.set(id, run.agreement, in: context.state)
        var offered = ResaleOffered()
        offered.agreement = action.agreement
        offered.priceMinor = action.priceMinor
        offered.fromMs = action.fromMs
        offered.untilMs = action.untilMs
        context.emit(.resaleOffered(offered))
    }

    static func withdrawResale(_ action: WithdrawResale, in context: Context) throws(Rejection) {
        let id = try resaleID(action.agreement)
        let run = try openRun(id, in: context)
        guard run.opener == context.sender else {
            throw Rejection(AgreementsRejection.notOpener, field: "agreement")
        }
        guard run.agreement.hasResale else {
            throw Rejection(AgreementsRejection.resaleNotOffered, field: "agreement")
        }
        run.agreement.clearResale()
        agreements.set(id, run.agreement, in: context.state)
        run.emitResaleClosed()
    }

    static func takeResale(_ action: TakeResale, in context: Context) throws(Rejection) {
        let id = try resaleID(action.agreement)
        let run = try openRun(id, in: context)
        guard run.agreement.hasResale else {
            throw Rejection(AgreementsRejection.resaleNotOffered, field: "agreement")
        }
        let resale = run.agreement.resale
        guard resale.untilMs == 0 || context.now.milliseconds < resale.untilMs else {
            throw Rejection(AgreementsRejection.resaleOver, field: "agreement")
        }
        guard action.priceMinor == resale.priceMinor else {
            throw Rejection(
                AgreementsRejection.resaleDiffers, field: "price_minor",
                detail: "\(resale.priceMinor)")
        }
        guard action.fromMs == resale.fromMs else {
            throw Rejection(
                AgreementsRejection.resaleDiffers, field: "from_ms", detail: "\(resale.fromMs)")
        }
        let buyer = context.sender
        // Nor can the arbiter: it would decide its own dispute.
        let barred = run.agreement.parties + [run.agreement.arbiter]
        guard !barred.contains(Data(buyer.bytes)) else {
            throw Rejection(AgreementsRejection.partyCannotBuy, field: "agreement")
        }
        try run.checkResale(ofPart: resale.fromMs != 0)

        let seller = run.opener
        var resold = AgreementResold()
        resold.agreement = action.agreement
        resold.from = Data(seller.bytes)
        resold.to = Data(buyer.bytes)
        resold.priceMinor = resale.priceMinor
        resold.fromMs = resale.fromMs
        if resale.fromMs == 0 {
            try checkTrust(in: buyer, under: run.offer, in: context)
            try checkStolen(run.offer, in: context)
            let deposit = try deposit(
                of: buyer, under: run.offer, quantity: run.agreement.quantity,
                field: "agreement", in: context)
            try run.replaceOpener(by: buyer, deposit: deposit)
        } else {
            resold.part = Data(try openPart(of: run, in: context).bytes)
        }
        try Money.move(
            Amount(minor: resale.priceMinor), unit: run.agreement.unit, from: buyer, to: seller,
            in: context)
        context.emit(.agreementResold(resold))
    }

    /// The seller's agreement ends where the buyer's begins, on the same offer. Whether the
    /// provider still offers it to others does not matter: this time was given away.
    private static func openPart(
        of run: AgreementRun, in context: Context
    ) throws(Rejection) -> AgreementID {
        let (from, end) = (run.agreement.resale.fromMs, run.agreement.endMs)
        run.shorten(to: from)
        var opening = OpenAgreement()
        opening.offer = run.agreement.offer
        opening.startMs = from
        opening.durationMs = end - from
        opening.quantity = run.agreement.quantity
        opening.arbiter = run.agreement.arbiter
        return try open(opening, on: run.offer, in: context)
    }
}

/// Checks that several actions share.
extension Agreements {
    private static func resaleID(_ bytes: Data) throws(Rejection) -> AgreementID {
        guard let id = AgreementID(bytes) else {
            throw Rejection(AgreementsRejection.malformedID, field: "agreement")
        }
        return id
    }

    /// The agreement, if it is there and has not ended.
    private static func openRun(
        _ id: AgreementID, in context: Context
    ) throws(Rejection) -> AgreementRun {
        guard let run = AgreementRun(id, in: context) else {
            throw Rejection(AgreementsRejection.unknownAgreement, field: "agreement")
        }
        guard let state = run.state, !run.process.states[state].isFinal else {
            throw Rejection(
                AgreementsRejection.agreementEnded, field: "agreement", detail: run.agreement.state)
        }
        return run
    }
}
