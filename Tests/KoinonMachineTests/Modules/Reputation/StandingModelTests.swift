import Foundation
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random histories of reviews: the machine and a plain model agree on every standing.
@Suite struct StandingModelTests {
    private static let prices: [UInt64] = [50, 100, 250, 3_200, 10_000]

    /// Everybody offers something, in one of two kinds, at one of five prices.
    private struct Market {
        let ledger: TestLedger
        var actors: [Actor] = []
        var offers: [(offer: OfferID, kind: String, price: UInt64)] = []

        init(_ random: inout SeededRandom) throws {
            ledger = try TestLedger(
                members: ["alfa", "bravo"], processes: [LeaseProcess.definition])
            try ledger.createUnit()
            for kind in ["bike", "boat"] {
                try ledger.done(ledger.member("alfa"), .registerKind(kind))
            }
            for name in ["ann", "ben", "cid", "dot", "eve"] {
                let actor = try ledger.open(name)
                try ledger.issue(10_000_000, to: actor)
                let kind = random.pick(["bike", "boat"])
                let resource = try ledger.register(name, kind: kind, by: actor)
                let price = random.pick(StandingModelTests.prices)
                var offer = LeaseScene.offer(on: resource)
                offer.tariff.priceMinor = price
                offer.depositMinor = 0
                let id = try ledger.publish(offer, by: actor)
                actors.append(actor)
                offers.append((id, kind, price))
            }
        }

        /// A lease started and finished at once, reviewed by both.
        func lease(_ opener: Int, _ provider: Int, _ scores: (Int, Int)) throws {
            let (one, two) = (actors[opener], actors[provider])
            let id = try #require(
                try ledger.done(one, .open(offers[provider].offer, for: LeaseScene.hour))
                    .firstAgreement)
            try ledger.done(one, .take("start", id), .take("finish", id))
            try ledger.done(one, .seal(id, by: one, Int32(scores.0)))
            try ledger.done(
                two, .seal(id, by: two, Int32(scores.1)), .show(id, Int32(scores.1)))
            try ledger.done(one, .show(id, Int32(scores.0)))
        }
    }

    @Test(arguments: Seeds.of(1...6, casesEach: 40))
    func `random reviews come to the same standing as in a plain model`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let market = try Market(&random)
        var model = StandingModel()
        for _ in 0..<40 {
            if random.oneIn(4) { try changeVouch(&random, market, &model) }
            let opener = random.below(5)
            let provider = (opener + 1 + random.below(4)) % 5
            let scores = (Self.score(&random), Self.score(&random))
            try market.lease(opener, provider, scores)
            let offer = market.offers[provider]
            model.review(
                [(opener, provider, scores.0), (provider, opener, scores.1)], kind: offer.kind,
                cents: Int(offer.price), at: Int(market.ledger.time.milliseconds))
            if random.oneIn(3) {
                try market.ledger.advance(
                    milliseconds: UInt64(1 + random.below(300)) * LeaseScene.day)
            }
            compare(market, model)
        }
        try market.ledger.advance(milliseconds: 5_000 * LeaseScene.day)
        compare(market, model)
        try market.ledger.checkReplay()
    }

    private func changeVouch(
        _ random: inout SeededRandom, _ market: Market, _ model: inout StandingModel
    ) throws {
        let index = random.below(5)
        let isVouched = model.vouched.contains(index)
        let actor = market.actors[index]
        try market.ledger.done(
            market.ledger.member("bravo"), isVouched ? .unvouch(actor) : .vouch(actor))
        if isVouched { model.vouched.remove(index) } else { model.vouched.insert(index) }
    }

    private static func score(_ random: inout SeededRandom) -> Int {
        random.oneIn(4) ? -1 - random.below(10) : random.below(11)
    }

    private func compare(
        _ market: Market, _ model: StandingModel, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let time = market.ledger.time
        let month = Int(time.milliseconds / (30 * LeaseScene.day))
        for (index, actor) in market.actors.enumerated() {
            for kind in ["bike", "boat", nil] {
                let standing = Reputation.standing(
                    of: actor.account, kind: kind, at: time, in: market.ledger.state)
                #expect(
                    Int(standing.boundPpm) == model.standing(of: index, kind: kind, month: month),
                    "\(index) \(kind ?? "all")", sourceLocation: sourceLocation)
            }
        }
    }
}
