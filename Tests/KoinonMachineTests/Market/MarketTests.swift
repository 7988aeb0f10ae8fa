import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct MarketTests {
    @Test func `an offer keeps its terms and the platform through which it is made`() throws {
        let scene = try LeaseScene(terms: ["cancel_fee": 5])
        let offer = try #require(Market.offer(scene.offer, in: scene.ledger.state))
        var expected = LeaseScene.offer(on: scene.resource, terms: ["cancel_fee": 5])
        expected.platform = "bravo"
        #expect(
            offer
                == .with {
                    $0.terms = expected
                    $0.provider = scene.provider.bytes
                    $0.publishedAtMs = scene.begin.milliseconds
                })
        #expect(scene.resourceRow.openOffers == 1)
    }

    @Test func `a withdrawn offer takes nothing new, but what runs goes on`() throws {
        let scene = try LeaseScene()
        let id = try scene.book()
        try scene.ledger.done(scene.provider, .withdraw(scene.offer))
        #expect(scene.resourceRow.openOffers == 0)
        #expect(
            try scene.tryBooking(start: scene.at(LeaseScene.day)).code
                == AgreementsRejection.offerWithdrawn.rawValue)
        try scene.take("start", id)
        try scene.take("finish", id)
        #expect(scene.money == [95, 99_900, 5])
    }

    @Test func `one resource offered by two platforms is booked once`() throws {
        let scene = try LeaseScene()
        var second = LeaseScene.offer(on: scene.resource)
        second.platform = "alfa"
        let other = try scene.ledger.publish(second, by: scene.provider)
        #expect(scene.resourceRow.openOffers == 2)
        _ = try scene.book()
        let double = try scene.ledger.send(scene.carl, .open(other, for: LeaseScene.hour))
        #expect(double.code == AgreementsRejection.capacityExceeded.rawValue)
    }

    @Test func `values at their bounds are allowed`() throws {
        let scene = try LeaseScene()
        let last = Timestamp.maximum.milliseconds
        for (latitude, longitude) in [(900_000_000, 1_800_000_000), (-900_000_000, -1_800_000_000)]
        {
            var offer = LeaseScene.offer(
                on: scene.resource, terms: ["grace_ms": 2_592_000_000, "on_request": 1])
            offer.place = .with {
                $0.latitudeE7 = Int32(latitude)
                $0.longitudeE7 = Int32(longitude)
            }
            offer.tariff.stepMs = last
            offer.tariff.priceMinor = UInt64(Int64.max)
            offer.tariff.minimumSteps = .max
            offer.depositMinor = UInt64(Int64.max)
            offer.reducedDeposit = .with {
                $0.afterSettled = 1
                $0.depositMinor = UInt64(Int64.max)
            }
            offer.platformFee = .with {
                $0.numerator = .max
                $0.denominator = .max
            }
            offer.availableFromMs = last - 1
            offer.availableUntilMs = last
            offer.durationMinimumMs = last
            offer.durationMaximumMs = last
            _ = try scene.ledger.publish(offer, by: scene.provider)
        }
        #expect(scene.resourceRow.openOffers == 3)
    }
}
