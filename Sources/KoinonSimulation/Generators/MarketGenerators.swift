import Foundation
import KoinonProtocol

extension ActionGenerator {
    static let market: [ActionGenerator] = [
        ActionGenerator("market.publish_offer", weight: 8) { scene in
            guard scene.offers.count < 50 || scene.chance(20),
                let (thing, owner) = offered(in: scene),
                let terms = terms(for: thing, by: owner, in: scene)
            else { return nil }
            return Draft(owner) { $0.market.publishOffer = terms }
        },
        ActionGenerator("market.withdraw_offer", weight: 2) { scene in
            guard let id = scene.random.pick(scene.offers),
                let provider = scene.ledger.market.offers[id]?.provider
            else { return nil }
            return Draft(scene.chance(93) ? provider : scene.anyAccount()) { action in
                action.market.withdrawOffer.offer = Data(id.bytes)
            }
        },
    ]

    private static func offered(in scene: Scene) -> (ResourceID, AccountID)? {
        if let fresh = scene.random.pick(scene.freshThings) { return (fresh.id, fresh.owner) }
        return thing(in: scene)
    }

    static func terms(
        for thing: ResourceID, by owner: AccountID, in scene: Scene
    ) -> PublishOffer? {
        guard let unit = scene.random.pick(scene.units),
            let process = scene.random.pick(scene.ledger.deals.processes.keys.sorted())
        else { return nil }
        var offer = PublishOffer()
        offer.resource = Data(thing.bytes)
        offer.title = scene.title()
        offer.process = scene.chance(99) ? process : "none"
        offer.unit = scene.chance(99) ? unit : "none"
        offer.tariff.priceMinor = scene.chance(97) ? scene.random.within(0...30) : scene.amount()
        offer.tariff.stepMs = scene.random.pick(
            scene.chance(5) ? 1_000 : 60_000, 600_000, 600_000, 3_600_000)
        offer.tariff.minimumSteps = UInt32(scene.random.below(3))
        offer.depositMinor = scene.chance(50) ? 0 : scene.random.within(0...200)
        if scene.chance(30) {
            offer.reducedDeposit.afterSettled = UInt32(scene.random.below(4))
            offer.reducedDeposit.depositMinor = scene.random.within(0...offer.depositMinor)
        }
        let sponsor = scene.ledger.people.accounts[owner]?.sponsors.last ?? ""
        if scene.chance(5) || (!scene.members.contains(sponsor) && scene.chance(90)) {
            offer.platform = scene.random.pick(scene.members) ?? "none"
        }
        if scene.chance(70) {
            offer.platformFee.denominator = UInt32(scene.random.within(1...13))
            offer.platformFee.numerator = UInt32(
                scene.random.within(0...UInt64(offer.platformFee.denominator)))
        }
        fillTimesAndPlace(&offer, in: scene)
        offer.terms = termValues(of: offer.process, in: scene)
        fillCompany(&offer, of: owner, in: scene)
        return offer
    }

    private static func fillTimesAndPlace(_ offer: inout PublishOffer, in scene: Scene) {
        if scene.chance(20) {
            offer.place.latitudeE7 = Int32(scene.random.pick(-900_000_000, 5, 900_000_000))
            offer.place.longitudeE7 = Int32(scene.random.pick(-1_800_000_000, 5, 1_800_000_000))
        }
        if scene.chance(6) {
            offer.availableFromMs = scene.now + scene.duration()
            offer.availableUntilMs = offer.availableFromMs + scene.duration()
        }
        if scene.chance(20) {
            offer.durationMinimumMs = scene.random.within(0...600_000)
            offer.durationMaximumMs = offer.durationMinimumMs + scene.duration()
        }
    }

    /// What goes with it, who decides disputes, and whom it takes.
    private static func fillCompany(
        _ offer: inout PublishOffer, of owner: AccountID, in scene: Scene
    ) {
        let others = scene.things.filter { id in
            guard let row = scene.ledger.things.rows[id] else { return false }
            return row.owner == owner && !row.retired && Data(id.bytes) != offer.resource
        }
        if scene.chance(25), let other = scene.random.pick(others) {
            var item = BundleItem()
            item.resource = Data(other.bytes)
            item.quantity = UInt32(scene.random.below(3))
            offer.also.append(item)
            if scene.chance(3) { offer.also.append(item) }
        }
        if scene.chance(30) {
            for _ in 0..<scene.random.below(3) {
                let arbiter = Data(scene.anyAccount().bytes)
                if !offer.arbiters.contains(arbiter) { offer.arbiters.append(arbiter) }
            }
        }
        guard scene.chance(20) else { return }
        offer.trustRule.refuseFlagged = scene.chance(50)
        if !offer.trustRule.refuseFlagged {
            offer.trustRule.flaggedDepositMinor = offer.depositMinor + 10
        }
        if scene.chance(25) { offer.trustRule.minimumStandingPpm = scene.random.pick(1, 100_000) }
    }

    /// Some of the terms that the process declares, within its bounds nearly always.
    private static func termValues(of process: String, in scene: Scene) -> [TermValue] {
        let declared = scene.ledger.deals.processes[process]?.definition.terms ?? []
        return declared.sorted { $0.name < $1.name }.compactMap { term in
            guard scene.chance(45), term.minimum <= term.maximum else { return nil }
            var value = TermValue()
            value.name = term.name
            value.value = scene.value(
                within: term.minimum...term.maximum, default: term.defaultValue)
            if scene.chance(1) { value.value &+= scene.random.pick(-1, 1, Int64.max) }
            return value
        }
    }
}
