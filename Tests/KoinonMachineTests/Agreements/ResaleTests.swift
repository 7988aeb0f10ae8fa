import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Bea sells on what she booked of Paul's bike; Carl buys it.
@Suite struct ResaleTests {
    private let hour = LeaseScene.hour

    private func balances(_ scene: LeaseScene) -> [UInt64] {
        scene.money + [scene.ledger.balance(scene.carl)]
    }

    @Test func `a booking changes hands with its money, and the record goes to who rode`() throws {
        let scene = try LeaseScene.withResale()
        let id = try scene.book(start: scene.at(hour), for: 2 * hour)
        #expect(balances(scene) == [0, 97_600, 0, 100_000])
        try scene.ledger.done(scene.bea, .offerResale(id, price: 450))
        let events = try scene.ledger.done(scene.carl, .takeResale(id, price: 450))
        #expect(
            events.map(\.kind) == ["holdFilled", "holdPaid", "transferred", "agreementResold"])
        // Bea has her deposit and 4.50 for the 4.00 that she paid ahead.
        #expect(balances(scene) == [0, 100_050, 0, 97_550])
        #expect(scene.held(in: id) == 2_400)
        #expect(scene.agreement(id).parties[1] == scene.carl.bytes)
        #expect(!scene.agreement(id).hasResale)
        // She has no rights in it any more, he has all of them.
        #expect(
            try scene.tryTaking("cancel", id).code
                == AgreementsRejection.notYourTransition.rawValue)
        try scene.take("start", id, by: scene.carl, at: scene.at(hour))
        try scene.take("finish", id, by: scene.carl, at: scene.at(3 * hour))
        #expect(balances(scene) == [380, 100_050, 20, 99_550])
        #expect(scene.record.settled == 0)
        #expect(Agreements.record(of: scene.carl.account, in: scene.ledger.state).settled == 1)
        try scene.ledger.checkReplay()
    }

    @Test func `each leaves the deposit that the offer asks of that person`() throws {
        let scene = try LeaseScene.withResale {
            $0.reducedDeposit = .with {
                $0.afterSettled = 1
                $0.depositMinor = 500
            }
        }
        let first = try scene.book(by: scene.carl, for: 1_000)
        try scene.take("start", first, by: scene.carl)
        try scene.take("finish", first, by: scene.carl)
        let id = try scene.book(start: scene.at(hour))
        #expect(scene.held(in: id) == 2_200)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 0))
        try scene.ledger.done(scene.carl, .takeResale(id, price: 0))
        #expect(scene.held(in: id) == 700)
        #expect(scene.agreement(id).depositMinor == 500)
        // The price of the ride was a present.
        #expect(scene.ledger.balance(scene.bea) == 99_800)
        #expect(scene.ledger.balance(scene.carl) == 100_000 - 100 - 500)
    }

    @Test func `the later part is sold, and each rides and pays for its own`() throws {
        let scene = try LeaseScene.withResale()
        let id = try scene.book(start: scene.at(hour), for: 4 * hour)
        let from = scene.at(3 * hour)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 50, from: from))
        let part = try #require(
            try scene.ledger.done(scene.carl, .takeResale(id, price: 50, from: from))
                .openedAgreement)
        #expect(scene.agreement(id).endMs == from.milliseconds)
        #expect(scene.agreement(part).startMs == from.milliseconds)
        #expect(scene.agreement(part).endMs == scene.at(5 * hour).milliseconds)
        // Bea: 20.00 and eight half hours ahead. Carl: 20.00 and four, and 0.50 to Bea.
        #expect(scene.held(in: id) == 2_800)
        #expect(scene.held(in: part) == 2_400)
        #expect(balances(scene) == [0, 97_250, 0, 97_550])
        // The calendar is full from one hour to five, as before.
        for start in [1, 2, 3, 4] as [UInt64] {
            let third = try scene.tryBooking(start: scene.at(start * hour), for: hour)
            #expect(third.code == AgreementsRejection.capacityExceeded.rawValue)
        }
        try scene.take("start", id, at: scene.at(hour))
        try scene.take("finish", id, at: from)
        try scene.take("start", part, by: scene.carl)
        try scene.take("finish", part, by: scene.carl, at: scene.at(5 * hour))
        #expect(balances(scene) == [760, 99_650, 40, 99_550])
        #expect(scene.record.settled == 1)
        try scene.ledger.checkReplay()
    }

    @Test func `who sold the rest while riding has to be back by then`() throws {
        let scene = try LeaseScene.withResale(terms: ["late_fee": 300])
        let id = try scene.book(for: 4 * hour)
        try scene.take("start", id)
        let from = scene.at(2 * hour)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 0, from: from))
        let part = try #require(
            try scene.ledger.done(scene.carl, .takeResale(id, price: 0, from: from))
                .openedAgreement)
        let start = try scene.tryTaking("start", part, by: scene.carl, at: from)
        #expect(start.code == AgreementsRejection.resourceInUse.rawValue)
        try scene.take("cancel", part, by: scene.carl, at: from.later(by: 1))
        let finished = try scene.take("finish", id, at: from.later(by: 2))
        #expect(finished.settlements.map(\.late) == [true])
        // Five half hours begun, and the late fee.
        #expect(balances(scene) == [775, 99_200, 25, 100_000])
    }

    @Test func `an offer that was withdrawn still lets a part be sold`() throws {
        let scene = try LeaseScene.withResale()
        let id = try scene.book(start: scene.at(hour), for: 4 * hour)
        try scene.ledger.done(scene.provider, .withdraw(scene.offer))
        let from = scene.at(2 * hour)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 0, from: from))
        expectDone(try scene.ledger.send(scene.carl, .takeResale(id, price: 0, from: from)))
    }

    @Test func `it is over when the booking is started, and can be withdrawn before`() throws {
        let scene = try LeaseScene.withResale()
        let id = try scene.book()
        try scene.ledger.done(scene.bea, .offerResale(id, price: 1))
        let withdrawn = try scene.ledger.done(scene.bea, .withdrawResale(id))
        #expect(withdrawn.map(\.kind) == ["resaleClosed"])
        #expect(
            try scene.ledger.send(scene.carl, .takeResale(id, price: 1)).code
                == AgreementsRejection.resaleNotOffered.rawValue)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 2))
        let started = try scene.take("start", id)
        #expect(started.map(\.kind) == ["transitionTaken", "resaleClosed", "custodyMoved"])
        #expect(
            try scene.ledger.send(scene.carl, .takeResale(id, price: 2)).code
                == AgreementsRejection.resaleNotOffered.rawValue)
    }

    @Test func `offering again changes the price, and a buyer of the old one gets nothing`() throws
    {
        let scene = try LeaseScene.withResale()
        let id = try scene.book(start: scene.at(hour))
        try scene.ledger.done(scene.bea, .offerResale(id, price: 100))
        try scene.ledger.done(scene.bea, .offerResale(id, price: 900, until: scene.at(1_000)))
        let old = try scene.ledger.send(scene.carl, .takeResale(id, price: 100))
        #expect(old.code == AgreementsRejection.resaleDiffers.rawValue)
        #expect(old.detail == "900")
        expectDone(
            try scene.ledger.send(scene.carl, .takeResale(id, price: 900), at: scene.at(999)))
    }

    @Test func `timers follow the shorter time`() throws {
        let scene = try LeaseScene.withResale()
        let id = try scene.book(start: scene.at(hour), for: hour)
        #expect(
            Agreements.timers(of: id, in: scene.ledger.state).map(\.due)
                == [scene.at(hour + 15 * LeaseScene.minute)])
        let from = scene.at(hour + 5 * LeaseScene.minute)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 0, from: from))
        try scene.ledger.done(scene.carl, .takeResale(id, price: 0, from: from))
        #expect(Agreements.timers(of: id, in: scene.ledger.state).map(\.due) == [from])
        try scene.ledger.advance(to: from)
        #expect(scene.state(of: id) == "no_show")
    }

    @Test func `a licence is sold with the uses that are left`() throws {
        let scene = try LeaseScene(
            capacity: 1_000, terms: ["by_use": 1, "resale": 1], process: StandardProcesses.licence
        ) {
            $0.depositMinor = 0
            $0.tariff.priceMinor = 200
        }
        let id = try scene.book(quantity: 3)
        try scene.take("use", id)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 350))
        let events = try scene.ledger.done(scene.carl, .takeResale(id, price: 350))
        #expect(events.map(\.kind) == ["transferred", "agreementResold"])
        try scene.take("use", id, by: scene.carl)
        try scene.take("use", id, by: scene.carl)
        #expect(scene.state(of: id) == "used_up")
        #expect(balances(scene) == [570, 99_750, 30, 99_650])
    }

    /// A process that lets even what is in use be sold, and waits longer for more deposit.
    private static func small() -> ProcessDefinition {
        .small {
            $0.resale.states = ["waiting", "using"]
            $0.resale.deposit = "deposit"
            $0.transitions[3].timer.offsetMs = "deposit * 60000"
            $0.transitions[4].timer = .with {
                $0.base = .end; $0.offsetMs = "deposit"
            }
        }
    }

    @Test func `what is in use moves into the buyer's custody`() throws {
        let scene = try LeaseScene(process: Self.small())
        let id = try scene.book()
        try scene.take("use", id)
        try scene.ledger.done(scene.bea, .offerResale(id, price: 5))
        let events = try scene.ledger.done(scene.carl, .takeResale(id, price: 5))
        #expect(
            events.map(\.kind) == [
                "holdFilled", "holdPaid", "custodyMoved", "transferred", "agreementResold",
            ])
        let last = Resources.custodyHistory(of: scene.resource, in: scene.ledger.state).last
        #expect(last?.holder == scene.carl.bytes)
        #expect(last?.reason == .lent)
        try scene.take("end", id, by: scene.carl)
        // 1.00 for the use, which Bea had paid; Carl's deposit returned.
        #expect(balances(scene) == [100, 99_905, 0, 99_995])
    }

    @Test func `timers that are reckoned from the deposit follow the buyer's`() throws {
        let scene = try LeaseScene(process: Self.small()) {
            $0.reducedDeposit = .with {
                $0.afterSettled = 1
                $0.depositMinor = 3
            }
        }
        let first = try scene.book(by: scene.carl)
        try scene.take("use", first, by: scene.carl)
        try scene.take("end", first, by: scene.carl)
        let id = try scene.book(start: scene.at(hour))
        try scene.ledger.done(scene.bea, .offerResale(id, price: 0))
        try scene.ledger.done(scene.carl, .takeResale(id, price: 0))
        #expect(
            Agreements.timers(of: id, in: scene.ledger.state).map(\.due)
                == [scene.at(3 * LeaseScene.minute)])
        try scene.ledger.advance(to: scene.at(3 * LeaseScene.minute))
        #expect(scene.state(of: id) == "over")
    }
}
