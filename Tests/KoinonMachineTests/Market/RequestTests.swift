import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// From a request to an agreement, and every way in which it comes to nothing.
@Suite struct RequestTests {
    private let hour = LeaseScene.hour

    @Test func `several rounds end in an agreement on the terms that stood last`() throws {
        let scene = try RequestScene()
        let ledger = scene.ledger
        // Paul: 1.00 a half hour, 20.00 deposit, less for those with a record.
        let answer = try scene.answer {
            $0.reducedDeposit = .with { $0.afterSettled = 1 }
        }
        let other = try scene.answer(by: scene.carl, scene.carlsBike)
        #expect(scene.requestRow.answers == 2)
        try ledger.done(scene.bea, .counter(answer, price: 60, deposit: 500, for: 2 * hour))
        let later = scene.at(3 * hour)
        try ledger.done(
            scene.paul, .counter(answer, price: 80, deposit: 1_000, start: later, for: 2 * hour))
        try ledger.done(
            scene.bea, .counter(answer, price: 75, deposit: 900, start: later, for: 2 * hour))
        let standing = try #require(scene.row(answer))
        #expect(standing.rounds == 3)
        #expect(standing.byCustomer)
        #expect(!standing.terms.hasReducedDeposit)

        // The provider's yes moves nothing; the customer's opens.
        let agreed = try ledger.done(scene.paul, .yes(to: answer))
        #expect(agreed.map(\.kind) == ["answerAgreed"])
        #expect(ledger.balance(scene.bea) == 100_000)
        let taken = try ledger.done(scene.bea, .yes(to: answer))
        #expect(
            taken.map(\.kind) == [
                "offerPublished", "agreementOpened", "holdFilled", "requestClosed",
            ])
        let id = try #require(taken.openedAgreement)
        let agreement = scene.lease.agreement(id)
        #expect(agreement.offer == Data(answer.bytes))
        #expect(agreement.startMs == later.milliseconds)
        #expect(agreement.endMs == later.milliseconds + 2 * hour)
        #expect(agreement.depositMinor == 900)
        // Four half hours at 0.75 beside the deposit.
        #expect(scene.lease.held(in: id) == 1_200)

        let request = scene.requestRow
        #expect(request.state == .taken)
        #expect(request.answer == Data(answer.bytes))
        #expect(request.agreement == Data(id.bytes))
        #expect(scene.row(answer) == nil && scene.row(other) == nil)
        #expect(Timers.all(of: Market.number, in: ledger.state).isEmpty)
        #expect(scene.lease.resourceRow.openOffers == 1, "the scene's own offer only")

        try scene.lease.take("start", id, at: later)
        try scene.lease.take("finish", id, at: later.later(by: 2 * hour))
        // 3.00, of which 5% are the platform's.
        #expect(scene.lease.money == [285, 99_700, 15])
        try ledger.checkReplay()
    }

    @Test func `what was taken is for that customer and once`() throws {
        let scene = try RequestScene()
        let answer = try scene.answer(for: 1_000)
        try scene.ledger.done(scene.bea, .yes(to: answer))
        for actor in [scene.carl, scene.bea] {
            let again = try scene.ledger.send(
                actor, .open(answer, start: scene.at(hour), for: 1_000))
            #expect(again.code == AgreementsRejection.offerWithdrawn.rawValue)
        }
        #expect(
            try scene.ledger.send(scene.bea, .yes(to: answer)).code
                == MarketRejection.unknownAnswer.rawValue)
    }

    @Test func `an answer that stands is no offer yet`() throws {
        let scene = try RequestScene()
        let answer = try scene.answer()
        for actor in [scene.carl, scene.bea] {
            let opened = try scene.ledger.send(actor, .open(answer, for: hour))
            #expect(opened.code == AgreementsRejection.unknownOffer.rawValue)
        }
        // And it keeps nobody from booking or buying the bike.
        #expect(scene.lease.resourceRow.openBookings == 0)
        #expect(scene.lease.resourceRow.openOffers == 1)
    }

    @Test func `without a start it begins when it is taken`() throws {
        let scene = try RequestScene()
        let answer = try scene.answer()
        let moment = scene.at(5 * hour)
        let id = try #require(
            try scene.ledger.done(scene.bea, .yes(to: answer), at: moment).openedAgreement)
        #expect(scene.lease.agreement(id).startMs == moment.milliseconds)
        #expect(scene.lease.agreement(id).endMs == moment.milliseconds + hour)
    }

    @Test func `time runs out at the very millisecond, and takes the answers with it`() throws {
        let scene = try RequestScene()
        let first = try scene.answer()
        let second = try scene.answer(by: scene.carl, scene.carlsBike)
        let end = scene.at(LeaseScene.day)
        let before = try scene.ledger.send(
            scene.bea, .counter(first, price: 1, deposit: 0), at: end.earlier(by: 1))
        expectDone(before)
        let late = try scene.ledger.send(scene.bea, .yes(to: second), at: end)
        #expect(late.code == MarketRejection.unknownAnswer.rawValue)
        #expect(scene.requestRow.state == .expired)
        #expect(scene.requestRow.answers == 0)
        #expect(scene.row(first) == nil && scene.row(second) == nil)
        let answer = try scene.ledger.send(
            scene.paul, RequestScene.answer(scene.request, scene.lease.resource))
        #expect(answer.code == MarketRejection.requestClosed.rawValue)
        #expect(Market.openRequests(of: scene.bea.account, in: scene.ledger.state).isEmpty)
        try scene.ledger.checkReplay()
    }

    @Test func `a timer that has to wait does not make the request's time longer`() throws {
        // One timer a block, and those of other requests come first.
        let scene = try RequestScene(parameters: .with { $0.timersPerBlock = 1 })
        var wish = RequestScene.wish(at: scene.at(0))
        wish.expiresAtMs -= 1
        for _ in 0..<4 { _ = try scene.ledger.ask(wish, by: scene.bea) }
        let answer = try scene.answer()
        let late = try scene.ledger.send(
            scene.bea, .yes(to: answer), at: scene.at(LeaseScene.day))
        #expect(late.code == MarketRejection.requestClosed.rawValue)
        #expect(late.field == "answer")
        #expect(scene.requestRow.state == .open)
        try scene.ledger.advance(milliseconds: 1)
        #expect(scene.requestRow.state == .expired)
    }

    @Test func `either side may withdraw an answer, which makes room for another`() throws {
        let scene = try RequestScene()
        let first = try scene.answer()
        let second = try scene.answer(by: scene.carl, scene.carlsBike)
        try scene.ledger.done(scene.paul, .no(to: first))
        try scene.ledger.done(scene.bea, .no(to: second))
        #expect(scene.requestRow.state == .open)
        #expect(scene.requestRow.answers == 0)
        let third = try scene.answer()
        expectDone(try scene.ledger.send(scene.bea, .yes(to: third)))
    }

    @Test func `after the last counter-offer yes can still be said`() throws {
        let scene = try RequestScene()
        let answer = try scene.answer()
        for round in 0..<16 {
            let actor = round % 2 == 0 ? scene.bea : scene.paul
            try scene.ledger.done(
                actor, .counter(answer, price: UInt64(round), deposit: 0, for: hour))
        }
        try scene.ledger.done(scene.bea, .yes(to: answer))
        #expect(scene.requestRow.state == .taken)
    }

    @Test func `an answer may be a bundle, for the quantity asked for`() throws {
        let scene = try RequestScene { $0.quantity = 2 }
        let bikes = try scene.ledger.register("Two bikes", capacity: 2, by: scene.paul)
        let helmets = try scene.ledger.register("Helmets", capacity: 4, by: scene.paul)
        let answer = try scene.answer(by: scene.paul, bikes) { $0.also = [.item(helmets, 2)] }
        let id = try #require(
            try scene.ledger.done(scene.bea, .yes(to: answer)).openedAgreement)
        let rows = Agreements.bookings(of: helmets, in: scene.ledger.state)
        #expect(rows.map(\.booking.quantity) == [4])
        // Two bikes, two half hours each at 1.00, and two deposits.
        #expect(scene.lease.held(in: id) == 4_400)
    }

    @Test func `any kind will do where none is named`() throws {
        let scene = try RequestScene { $0.kind = "" }
        try scene.ledger.done(scene.ledger.member("alfa"), .registerKind("boat"))
        let boat = try scene.ledger.register("A boat", kind: "boat", by: scene.paul)
        _ = try scene.answer(by: scene.paul, boat)
        #expect(scene.requestRow.answers == 1)
    }

    @Test func `closed requests do not count against the limit`() throws {
        let scene = try RequestScene()
        let wish = RequestScene.wish(at: scene.at(0))
        let others = try (0..<15).map { _ in try scene.ledger.ask(wish, by: scene.bea) }
        try scene.ledger.done(scene.bea, .withdraw(others[3]))
        _ = try scene.ledger.ask(wish, by: scene.bea)
        #expect(Market.openRequests(of: scene.bea.account, in: scene.ledger.state).count == 16)
    }
}
