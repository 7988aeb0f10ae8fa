import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// A tandem and two helmets, a room and a car: everything that holds for one resource
/// holds for each of them, and it is all or none.
@Suite struct BundleTests {
    private let hour = LeaseScene.hour

    /// The scene's bike is the tandem; four helmets, two of which go with each tandem.
    private struct Tandem {
        let scene: LeaseScene
        let helmets: ResourceID
        let alone: OfferID
        let bundle: OfferID

        /// Helmets alone cost nothing; the bundle 1.00 a half hour, deposit 20.00.
        init(
            tandems: UInt32 = 1, terms: [String: Int64] = [:],
            _ change: (inout PublishOffer) -> Void = { _ in }
        ) throws {
            scene = try LeaseScene(capacity: tandems)
            let ledger = scene.ledger
            helmets = try ledger.register("Helmets", capacity: 4, by: scene.provider)
            var single = LeaseScene.offer(on: helmets)
            single.depositMinor = 0
            single.tariff.priceMinor = 0
            alone = try ledger.publish(single, by: scene.provider)
            var both = LeaseScene.offer(on: scene.resource, terms: terms)
            both.also = [.item(helmets, 2)]
            change(&both)
            bundle = try ledger.publish(both, by: scene.provider)
        }

        var helmetsRow: Resource { Resources.resource(helmets, in: scene.ledger.state)! }

        func book(
            by actor: Actor? = nil, start: Timestamp? = nil, quantity: UInt32 = 1,
            at moment: Timestamp? = nil
        ) throws -> Receipt {
            try scene.ledger.send(
                actor ?? scene.bea,
                .open(bundle, start: start, for: LeaseScene.hour, quantity: quantity), at: moment)
        }

        func bookHelmets(_ count: UInt32, start: Timestamp? = nil) throws -> Receipt {
            try scene.ledger.send(
                scene.carl, .open(alone, start: start, for: LeaseScene.hour, quantity: count))
        }

        /// Last step of custody: reason, quantity.
        func custody(of resource: ResourceID) -> (CustodyReason, UInt32) {
            let last = Resources.custodyHistory(
                of: resource, from: 0, limit: .max, in: scene.ledger.state
            ).last!
            return (last.reason, last.quantity)
        }
    }

    @Test func `a tandem and two helmets are booked, lent and returned together`() throws {
        let tandem = try Tandem()
        let scene = tandem.scene
        let id = try #require(try tandem.book().events.firstAgreement)
        for (resource, quantity) in [(scene.resource, 1), (tandem.helmets, 2)] {
            let rows = Agreements.bookings(of: resource, in: scene.ledger.state)
            #expect(rows.map(\.agreement) == [id])
            #expect(rows.map(\.booking.quantity) == [UInt32(quantity)])
        }
        // One deposit and the price of one hour, not one for each resource.
        #expect(scene.held(in: id) == 2_200)
        let lent = try scene.take("start", id)
        #expect(lent.map(\.kind) == ["transitionTaken", "custodyMoved", "custodyMoved"])
        #expect(tandem.custody(of: scene.resource) == (.lent, 1))
        #expect(tandem.custody(of: tandem.helmets) == (.lent, 2))
        #expect(tandem.helmetsRow.quantityInUse == 2)
        try scene.take("finish", id, at: scene.at(hour))
        #expect(tandem.custody(of: scene.resource) == (.returned, 1))
        #expect(tandem.custody(of: tandem.helmets) == (.returned, 2))
        #expect(tandem.helmetsRow.quantityInUse == 0)
        #expect(tandem.helmetsRow.openBookings == 0)
        // Two half hours: 2.00, of which the platform gets 5%.
        #expect(scene.money == [190, 99_800, 10])
        #expect(scene.record.settled == 1)
        try scene.ledger.checkReplay()
    }

    @Test func `if a helmet is missing the tandem is not booked either`() throws {
        let tandem = try Tandem()
        let scene = tandem.scene
        expectDone(try tandem.bookHelmets(3))
        let before = scene.money
        let refused = try tandem.book()
        #expect(refused.code == AgreementsRejection.capacityExceeded.rawValue)
        #expect(refused.detail == tandem.helmets.text)
        #expect(scene.money == before)
        #expect(Agreements.bookings(of: scene.resource, in: scene.ledger.state).isEmpty)
        // After the helmets' hour there are enough.
        expectDone(try tandem.book(start: scene.at(hour)))
        let taken = try tandem.bookHelmets(3, start: scene.at(2 * hour - 1))
        #expect(taken.code == AgreementsRejection.capacityExceeded.rawValue)
        #expect(taken.detail == "")
        expectDone(try tandem.bookHelmets(2, start: scene.at(2 * hour - 1)))
    }

    @Test func `two tandems take four helmets, and three are more than there are`() throws {
        let tandem = try Tandem(tandems: 3)
        let tooMany = try tandem.book(quantity: 3)
        #expect(tooMany.code == AgreementsRejection.quantityTooLarge.rawValue)
        #expect(tooMany.detail == "capacity 2")
        let id = try #require(try tandem.book(quantity: 2).events.firstAgreement)
        try tandem.scene.take("start", id)
        #expect(tandem.helmetsRow.quantityInUse == 4)
        #expect(tandem.scene.resourceRow.quantityInUse == 2)
        #expect(try tandem.bookHelmets(1).code == AgreementsRejection.capacityExceeded.rawValue)
    }

    @Test func `if others are late with a part, one cannot start and cancels free of charge`()
        throws
    {
        let tandem = try Tandem(terms: ["cancel_fee": 500])
        let scene = tandem.scene
        let late = try #require(try tandem.bookHelmets(3).events.firstAgreement)
        try scene.take("start", late, by: scene.carl)
        let id = try #require(try tandem.book(start: scene.at(hour)).events.firstAgreement)
        let refused = try scene.tryTaking("start", id, at: scene.at(hour))
        #expect(refused.code == AgreementsRejection.resourceInUse.rawValue)
        #expect(refused.detail == tandem.helmets.text)
        #expect(scene.resourceRow.quantityInUse == 0)
        // A millisecond later the start is past, and only their use makes it free.
        try scene.take("cancel", id, at: scene.at(hour + 1))
        #expect(scene.money == [0, 100_000, 0])
    }

    @Test func `a room and a car: one late with both keeps both from everybody`() throws {
        let scene = try LeaseScene()
        let car = try scene.ledger.register("A car", by: scene.provider)
        let carAlone = try scene.ledger.publish(LeaseScene.offer(on: car), by: scene.provider)
        var both = LeaseScene.offer(on: scene.resource, terms: ["late_fee": 700])
        both.also = [.item(car)]
        let bundle = try scene.ledger.publish(both, by: scene.provider)
        let id = try #require(
            try scene.ledger.done(scene.bea, .open(bundle, for: hour)).firstAgreement)
        try scene.take("start", id)
        let promised = try scene.ledger.send(
            scene.carl, .open(carAlone, start: scene.at(hour - 1), for: hour))
        #expect(promised.code == AgreementsRejection.capacityExceeded.rawValue)
        let later = try #require(
            try scene.ledger.done(
                scene.carl, .open(carAlone, start: scene.at(2 * hour), for: hour)
            ).firstAgreement)
        let now = try scene.ledger.send(scene.carl, .open(carAlone, for: 1), at: scene.at(hour + 1))
        #expect(now.code == AgreementsRejection.capacityExceeded.rawValue)
        let start = try scene.tryTaking("start", later, by: scene.carl, at: scene.at(2 * hour))
        #expect(start.code == AgreementsRejection.resourceInUse.rawValue)
        try scene.take("finish", id)
        try scene.take("start", later, by: scene.carl)
        // Four half hours and, once, the late fee: 4.00 + 7.00, the fee from the 4.00.
        #expect(scene.money == [1_080, 98_900, 20])
    }

    @Test func `while it is on offer or promised, no part goes to another owner`() throws {
        let tandem = try Tandem(terms: ["on_request": 1])
        let scene = tandem.scene
        #expect(tandem.helmetsRow.openOffers == 2)
        try scene.ledger.done(scene.provider, .withdraw(tandem.alone))
        let offered = try scene.ledger.send(
            scene.provider, .transfer(tandem.helmets, to: scene.carl))
        #expect(offered.code == ResourcesRejection.offersOpen.rawValue)
        // A request promises nothing yet, so with no offer left they may go.
        let id = try #require(try tandem.book(start: scene.at(hour)).events.firstAgreement)
        try scene.ledger.done(scene.provider, .withdraw(tandem.bundle))
        #expect(tandem.helmetsRow.openOffers == 0)
        try scene.ledger.done(scene.provider, .transfer(tandem.helmets, to: scene.carl))
        let gone = try scene.tryTaking("accept", id, by: scene.provider)
        #expect(gone.code == AgreementsRejection.resourceGone.rawValue)
        #expect(gone.detail == tandem.helmets.text)
        #expect(scene.resourceRow.openBookings == 0)
    }

    @Test func `a part's capacity cannot fall below what bundles promise`() throws {
        let tandem = try Tandem()
        expectDone(try tandem.book(start: tandem.scene.at(hour)))
        func shrink(to capacity: UInt32) throws -> UInt32 {
            try tandem.scene.ledger.send(
                tandem.scene.provider,
                .resources(
                    .updateResource(
                        .with {
                            $0.resource = Data(tandem.helmets.bytes)
                            $0.title = "Helmets"
                            $0.capacity = capacity
                        }))
            ).code
        }
        #expect(try shrink(to: 1) == ResourcesRejection.capacityPromised.rawValue)
        #expect(try shrink(to: 2) == 0)
    }

    @Test func `a bundle never returned is lost as a whole, and frees its time`() throws {
        let tandem = try Tandem(terms: ["overdue_ms": 3_600_000])
        let scene = tandem.scene
        let id = try #require(try tandem.book().events.firstAgreement)
        try scene.take("start", id)
        try scene.ledger.advance(to: scene.at(2 * hour))
        #expect(scene.state(of: id) == "lost")
        #expect(tandem.helmetsRow.quantityInUse == 0)
        // Custody tells who still has them.
        #expect(tandem.custody(of: tandem.helmets) == (.lent, 2))
        #expect(scene.money == [2_180, 97_800, 20])
    }
}
