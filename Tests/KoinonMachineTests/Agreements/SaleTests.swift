import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every way through the sale, with the exact money, and what it does to the thing.
@Suite struct SaleTests {
    private let day = LeaseScene.day

    /// A bike for 100.00, 5% of it to the platform.
    private func scene(
        terms: [String: Int64] = [:], capacity: UInt32 = 1,
        _ change: (inout PublishOffer) -> Void = { _ in }
    ) throws -> LeaseScene {
        try LeaseScene(
            capacity: capacity, terms: terms, process: StandardProcesses.sale,
            others: [LeaseProcess.definition]
        ) {
            $0.depositMinor = 0
            $0.tariff.priceMinor = 10_000
            change(&$0)
        }
    }

    private func custody(_ scene: LeaseScene) -> [CustodyReason] {
        Resources.custodyHistory(of: scene.resource, in: scene.ledger.state).map(\.reason)
    }

    @Test func `ownership moves in the step in which the money does`() throws {
        let scene = try scene()
        let lease = try scene.ledger.publish(
            LeaseScene.offer(on: scene.resource), by: scene.provider)
        let id = try scene.book()
        #expect(scene.money == [0, 90_000, 0])
        #expect(scene.held(in: id) == 10_000)
        try scene.take("deliver", id, by: scene.provider)
        #expect(scene.resourceRow.owner == scene.provider.bytes)
        let events = try scene.take("accept", id)
        #expect(
            events.map(\.kind) == [
                "transitionTaken", "offerWithdrawn", "offerWithdrawn", "resourceTransferred",
                "custodyMoved", "holdPaid", "settlementRecorded", "holdPaid",
            ])
        #expect(scene.money == [9_500, 90_000, 500])
        #expect(scene.resourceRow.owner == scene.bea.bytes)
        #expect(custody(scene) == [.registered, .delivered, .sold])
        #expect(scene.resourceRow.openOffers == 0)
        #expect(!scene.resourceRow.exclusive)
        #expect(scene.agreement(id).settledMinor == 10_000)
        #expect(scene.record.settled == 1)
        let late = try scene.ledger.send(scene.carl, .open(lease, for: day))
        #expect(late.code == AgreementsRejection.offerWithdrawn.rawValue)
        // The new owner does with it what it likes; the former one nothing.
        try scene.ledger.done(scene.bea, .transfer(scene.resource, to: scene.carl))
        try scene.ledger.checkReplay()
    }

    @Test func `the end of the inspection accepts`() throws {
        let scene = try scene(terms: ["inspection_ms": Int64(day)])
        let id = try scene.book()
        try scene.take("deliver", id, by: scene.provider, at: scene.at(day))
        try scene.ledger.advance(to: scene.at(2 * day - 1))
        #expect(scene.state(of: id) == "delivered")
        try scene.ledger.advance(to: scene.at(2 * day))
        #expect(scene.state(of: id) == "sold")
        #expect(scene.money == [9_500, 90_000, 500])
        #expect(scene.resourceRow.owner == scene.bea.bytes)
        try scene.ledger.checkReplay()
    }

    @Test func `before it is delivered both may step back, the buyer for a fee`() throws {
        let scene = try scene(terms: ["cancel_fee": 250])
        let first = try scene.book()
        try scene.take("cancel", first, by: scene.provider)
        #expect(scene.money == [0, 100_000, 0])
        let second = try scene.book()
        try scene.take("cancel", second)
        #expect(scene.money == [250, 99_750, 0])
        #expect(scene.resourceRow.owner == scene.provider.bytes)
        #expect(custody(scene) == [.registered])
        // And it is on sale again.
        let third = try scene.book(by: scene.carl)
        #expect(scene.state(of: third) == "paid")
    }

    @Test func `what is never delivered lapses`() throws {
        let scene = try scene(terms: ["deliver_ms": Int64(day)])
        let id = try scene.book()
        try scene.ledger.advance(to: scene.at(day))
        #expect(scene.state(of: id) == "lapsed")
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.resourceRow.openBookings == 0)
    }

    @Test func `what is returnable goes back, and the money too`() throws {
        let scene = try scene(terms: ["returnable": 1, "return_ms": Int64(day)])
        let id = try scene.book()
        try scene.take("deliver", id, by: scene.provider)
        try scene.take("send_back", id)
        try scene.take("take_back", id, by: scene.provider)
        #expect(scene.state(of: id) == "returned")
        #expect(scene.money == [0, 100_000, 0])
        #expect(custody(scene) == [.registered, .delivered, .returned])
        let second = try scene.book()
        try scene.take("deliver", second, by: scene.provider)
        try scene.take("send_back", second)
        try scene.ledger.advance(milliseconds: day)
        #expect(scene.state(of: second) == "returned")
        #expect(scene.money == [0, 100_000, 0])
        let kept = try self.scene()
        let third = try kept.book()
        try kept.take("deliver", third, by: kept.provider)
        #expect(try kept.tryTaking("send_back", third).detail == "not_returnable")
    }

    @Test func `what is reported stolen is not sold, and the money goes back`() throws {
        let scene = try scene(terms: ["inspection_ms": Int64(day)])
        let id = try scene.book()
        try scene.take("deliver", id, by: scene.provider)
        try scene.ledger.done(scene.ledger.member("alfa"), .reportStolen(scene.resource))
        let refused = try scene.tryTaking("accept", id)
        #expect(refused.code == AgreementsRejection.resourceStolen.rawValue)
        try scene.ledger.advance(milliseconds: day)
        #expect(scene.state(of: id) == "barred")
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.resourceRow.owner == scene.provider.bytes)
        #expect(scene.resourceRow.openOffers == 1)
        #expect(scene.record.settled == 0)
        try scene.ledger.checkReplay()
    }

    @Test func `what is recovered in time is sold`() throws {
        let scene = try scene()
        let id = try scene.book()
        try scene.take("deliver", id, by: scene.provider)
        try scene.ledger.done(scene.provider, .reportStolen(scene.resource))
        #expect(scene.resourceRow.stolen.reporter == scene.provider.bytes)
        try scene.ledger.done(scene.provider, .reportRecovered(scene.resource))
        try scene.take("accept", id)
        #expect(scene.resourceRow.owner == scene.bea.bytes)
    }

    @Test func `a price that cannot be reckoned at the end sells nothing`() throws {
        // The timer's effects overflow: held money goes back, ownership stays.
        var process = StandardProcesses.sale
        process.definitions[1].expression = "held * 1000000000 * 1000000000"
        let scene = try LeaseScene(process: process) {
            $0.depositMinor = 0
            $0.tariff.priceMinor = 10_000
        }
        let id = try scene.book()
        try scene.take("deliver", id, by: scene.provider)
        try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.state(of: id) == "barred")
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.resourceRow.owner == scene.provider.bytes)
    }

    @Test func `a lot is sold as a whole`() throws {
        let scene = try scene(capacity: 3) { $0.tariff.priceMinor = 1_001 }
        let id = try scene.book(quantity: 3)
        #expect(scene.held(in: id) == 3_003)
        try scene.take("deliver", id, by: scene.provider)
        try scene.take("accept", id)
        // 5% of 30.03 is 1.5015, rounded down.
        #expect(scene.money == [2_853, 96_997, 150])
        let last = try #require(
            Resources.custodyHistory(of: scene.resource, in: scene.ledger.state).last)
        #expect(last.quantity == 3)
        #expect(last.agreement.elementsEqual(id.bytes))
    }

    @Test func `a bundle is sold whole, each thing in the same step`() throws {
        let scene = try scene()
        let helmets = try scene.ledger.register("Helmets", capacity: 2, by: scene.provider)
        let offer = try scene.ledger.publish(
            LeaseScene.offer(on: scene.resource, process: "sale").with {
                $0.depositMinor = 0
                $0.also = [
                    .with {
                        $0.resource = Data(helmets.bytes)
                        $0.quantity = 2
                    }
                ]
            }, by: scene.provider)
        let id = try scene.ledger.opened(scene.bea, .open(offer, for: day))
        try scene.take("deliver", id, by: scene.provider)
        try scene.ledger.done(scene.provider, .reportStolen(helmets))
        let barred = try scene.tryTaking("accept", id)
        #expect(barred.code == AgreementsRejection.resourceStolen.rawValue)
        try scene.ledger.done(scene.provider, .reportRecovered(helmets))
        try scene.take("accept", id)
        for thing in [scene.resource, helmets] {
            let row = try #require(Resources.resource(thing, in: scene.ledger.state))
            #expect(row.owner == scene.bea.bytes)
            #expect(row.openOffers == 0 && row.openBookings == 0 && !row.exclusive)
        }
        #expect(scene.money == [95, 99_900, 5])
        try scene.ledger.checkReplay()
    }

    @Test func `a request for a lease is not accepted once the thing is sold`() throws {
        let scene = try scene()
        let lease = try scene.ledger.publish(
            LeaseScene.offer(on: scene.resource, terms: ["on_request": 1]), by: scene.provider)
        let request = try scene.ledger.opened(
            scene.carl, .open(lease, start: scene.at(day), for: day))
        let id = try scene.book()
        let waits = try scene.tryTaking("accept", request, by: scene.provider)
        #expect(waits.code == AgreementsRejection.takenAsWhole.rawValue)
        try scene.take("deliver", id, by: scene.provider)
        try scene.take("accept", id)
        let gone = try scene.tryTaking("accept", request, by: scene.provider)
        #expect(gone.code == AgreementsRejection.resourceGone.rawValue)
    }
}
