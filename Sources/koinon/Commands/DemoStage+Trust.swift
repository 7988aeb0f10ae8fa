import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonReplay

/// The scenes about what changes hands, and about whom to trust.
extension DemoStage {
    private var unit: LeaseTerms.Unit { plan.operators[0].lease.unit }
    private var fleet: AccountID { replay.script.builder(of: .fleet(0)).sender }

    private static func refused(_ receipt: Receipt, as expected: any RejectionCode) throws {
        guard receipt.code == expected.rawValue else {
            throw ReplayFault(
                description: "a step that must be refused was \(ReceiptText.outcome(receipt))")
        }
    }

    // MARK: One sale

    /// Sells the old bike to the rider; the settled agreement is what reviews are about.
    mutating func sellOldBike(_ scene: Scene) async throws -> AgreementID {
        let bike = replay.script.resources[scene.oldBike]
        let title = plan.resources[scene.oldBike].title
        let price = Amount(minor: 4_500)
        let sale: OfferID = replay.script.builder(of: .fleet(0)).nextID(ofAction: 1)
        let terms = Action.publishOffer(
            of: bike, title: "\(title), used", process: "sale", unit: unit.id,
            tariff: Tariff(price: price, stepMilliseconds: Self.hour)
        ) { $0.platformFee = .with { ($0.numerator, $0.denominator) = (5, 100) } }
        _ = try await mustSend(
            .fleet(0), [.withdrawOffer(replay.script.offers[scene.oldBike]), terms])
        let (agreement, booked) = try await lend(scene.rider, scene.oldBike, offer: sale)
        guard booked.code == 0 else {
            throw ReplayFault(description: "the purchase was \(ReceiptText.outcome(booked))")
        }
        let held = node.replica.read { Money.held(in: agreement, unit: unit.id, in: $0.state) }
        _ = try await mustSend(.fleet(0), [.takeTransition("deliver", of: agreement)])
        let accepted = try await send(
            .rider(scene.rider), [.takeTransition("accept", of: agreement)])
        let again = try await send(.fleet(0), [terms])
        try Self.refused(again.receipt, as: MarketRejection.notOwner)
        guard accepted.receipt.code == 0, owner(of: bike) == account(of: scene.rider) else {
            throw ReplayFault(description: "the bike was not sold")
        }
        let step = accepted.receipt.events.count
        print(
            """

              3  One sale
                 \(title) of \(plan.operators[0].title), last ridden \(scene.lastRide.day), leaves the fleet:
                 its offer is withdrawn, and it is for sale. \(account(of: scene.rider))
                 buys it; \(unit.text(held)) wait in escrow until she has looked at it. She accepts: in one
                 step of \(step) events the money is the fleet's, less the fee, and the bike is hers.
                 Its custody history goes with it: \(custody(of: bike))
                 The fleet offers it once more: \(ReceiptText.outcome(again.receipt))
            """)
        return agreement
    }

    private func owner(of resource: ResourceID) -> AccountID? {
        node.replica.read { Resources.resource(resource, in: $0.state) }
            .flatMap { AccountID($0.owner) }
    }

    /// "registered 2018-01-01, lent 3 times, … sold 2018-04-02."
    private func custody(of resource: ResourceID) -> String {
        let records = node.replica.read { Resources.custodyHistory(of: resource, in: $0.state) }
        let lent = records.count { $0.reason == .lent }
        let returned = records.count { $0.reason == .returned }
        let rest = records.filter { $0.reason != .lent && $0.reason != .returned }.map { record in
            "\(record.reason) \(Timestamp(milliseconds: record.timeMs).day)"
        }
        return "\(records.count) steps, \(rest.first ?? "none"),\n     lent \(lent) and returned "
            + "\(returned) times, \(rest.dropFirst().joined(separator: ", "))."
    }

    // MARK: Two reviews

    /// Buyer and seller, each vouched for by its own platform, review each other.
    mutating func reviewEachOther(_ scene: Scene, _ sale: AgreementID) async throws {
        let buyer = account(of: scene.rider)
        _ = try await mustSend(.member(0), [.vouch(for: fleet)])
        _ = try await mustSend(.member(1), [.vouch(for: buyer)])
        let reviews: [(by: ReplayScript.Actor, account: AccountID, score: Int32)] = [
            (.rider(scene.rider), buyer, 10), (.fleet(0), fleet, 8),
        ]
        // Anybody can compute the demonstration's keys, so its salts need not be secret.
        let salts = reviews.map { Hash256.sha256($0.account.bytes).bytes }
        var early: Receipt?
        for (review, salt) in zip(reviews, salts) {
            let hash = SealedReview.hash(
                agreement: sale, reviewer: review.account, salt: salt, score: review.score,
                textHash: nil)
            _ = try await mustSend(review.by, [.sealReview(of: sale, hash: hash)])
            if early == nil {
                early = try await send(
                    review.by, [.openReview(of: sale, score: review.score, salt: salt)]
                ).receipt
            }
        }
        guard let early else { return }
        try Self.refused(early, as: ReputationRejection.sealingNotEnded)
        for (review, salt) in zip(reviews, salts) {
            _ = try await mustSend(
                review.by, [.openReview(of: sale, score: review.score, salt: salt)])
        }
        print(
            """

              4  Two reviews, opened together
                 Buyer and fleet each seal a score for the other: only its hash is told. She wants to open
                 hers before the fleet has sealed: \(ReceiptText.outcome(early))
                 Both have sealed, both open: she gives the fleet \(reviews[0].score) of 10, it gives her \(reviews[1].score).
                 Nobody's score could answer the other's.
            """)
    }

    // MARK: One flag

    mutating func refuseFlagged(_ scene: Scene) async throws {
        let rider = account(of: scene.otherRider)
        let evidence = Hash256.sha256(Array("a bike that never came back".utf8))
        _ = try await mustSend(
            .member(1), [.raiseFlag(on: rider, evidenceHash: evidence, reason: "never-returned")])
        let lease = plan.operators[0].lease
        let offer: OfferID = replay.script.builder(of: .fleet(0)).nextID(ofAction: 0)
        _ = try await mustSend(
            .fleet(0),
            [
                .publishOffer(
                    of: replay.script.resources[scene.secondBike],
                    title: plan.resources[scene.secondBike].title, unit: unit.id,
                    tariff: Tariff(
                        price: lease.tariff.price,
                        stepMilliseconds: lease.tariff.stepMilliseconds)
                ) { $0.trustRule.refuseFlagged = true }
            ])
        let (_, refused) = try await lend(scene.otherRider, scene.secondBike, offer: offer)
        try Self.refused(refused, as: AgreementsRejection.openerFlagged)
        let (_, taken) = try await lend(scene.rider, scene.secondBike, offer: offer)
        guard taken.code == 0 else {
            throw ReplayFault(description: "the unflagged rider was \(ReceiptText.outcome(taken))")
        }
        print(
            """

              5  One flag, every platform
                 \(plan.operators[1].title) flags \(rider): "never-returned", with
                 the hash of its evidence. All see it from that block on; the account may answer, and
                 appeal to a vote of the members. An offer of \(plan.operators[0].title) takes nobody who is
                 flagged: \(ReceiptText.outcome(refused))
                 Others it takes: \(ReceiptText.outcome(taken)).
            """)
    }

    // MARK: Standing

    func standing(of rider: Int) -> Standing {
        node.replica.read {
            Reputation.standing(
                of: account(of: rider), kind: plan.operators[0].mapping.resources.kind,
                at: node.now, in: $0.state)
        }
    }

    /// Every term of the sum (docs/reputation.md).
    func explainStanding(of rider: Int, before: Standing) {
        let now = standing(of: rider)
        let terms = now.terms.map { term in
            [
                "     \(term.kind): \(Text.number(term.reviews)) of \(term.age * 30) days ago",
                "praise \(Text.number(term.counted.vouchedPraise + term.counted.otherPraise))",
                "complaints "
                    + Text.number(term.counted.vouchedComplaint + term.counted.otherComplaint),
            ]
        }
        print(
            """

              6  Standing, explained
                 What reviews make of \(account(of: rider)), in millionths of a full one:
            \(Text.table(terms))
                 With one full praise and complaint to begin with: mean \(Text.number(now.meanPpm)), deviation \(Text.number(now.deviationPpm)),
                 standing = mean − 1.645 × deviation = \(Text.number(now.boundPpm)); before the review it was \(Text.number(before.boundPpm)).
                 In integers, so that everybody reckons the same. Offers can ask for a least standing.
                 koinon standing explain \(account(of: rider)) --home \(home.path)
            """)
    }
}

extension Timestamp {
    /// Of UTC, "2018-01-31".
    fileprivate var day: String { String(iso8601.prefix(10)) }
}
