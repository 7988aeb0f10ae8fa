import Foundation
import KoinonProtocol

extension ActionGenerator {
    static let agreements: [ActionGenerator] = [
        ActionGenerator("agreements.open_agreement", weight: 46) { scene in
            guard let id = offer(in: scene), let row = scene.ledger.market.offers[id],
                let thing = ResourceID(row.terms.resource)
            else { return nil }
            let (start, duration) = period(of: thing, under: row.terms, in: scene)
            return Draft(customer(of: row, in: scene)) { action in
                action.agreements.openAgreement.offer = Data(id.bytes)
                action.agreements.openAgreement.startMs = start
                action.agreements.openAgreement.durationMs = duration
                if scene.chance(70), let arbiter = scene.random.pick(row.terms.arbiters) {
                    action.agreements.openAgreement.arbiter = arbiter
                }
                // The whole of it can only be had as a whole.
                if row.terms.process == "sale", scene.chance(90),
                    let capacity = scene.ledger.things.rows[thing]?.capacity
                {
                    action.agreements.openAgreement.quantity = capacity
                } else if scene.chance(15) {
                    action.agreements.openAgreement.quantity = UInt32(scene.random.below(5))
                }
            }
        },
        ActionGenerator("agreements.take_transition", weight: 80) { scene in
            let fresh = scene.agreements.filter { id in
                !scene.touched.contains(id) && scene.ledger.deals.rows[id]?.isDisputed == false
            }
            let pool =
                scene.chance(94)
                ? fresh : scene.chance(60) ? scene.agreements : scene.endedAgreements
            guard let id = scene.random.pick(pool), let row = scene.ledger.deals.rows[id],
                let process = scene.ledger.deals.processes[row.process]
            else { return nil }
            var ways = process.definition.transitions.filter { !$0.by.isEmpty && !$0.from.isEmpty }
            let leaving = ways.filter { $0.from == row.state }
            if scene.chance(95), !leaving.isEmpty { ways = leaving }
            // What leads on is rarer than what ends it, and shows more.
            let onward = ways.filter { $0.name != "cancel" && $0.name != "decline" }
            if scene.chance(80), !onward.isEmpty { ways = onward }
            guard let way = scene.random.pick(ways), let role = scene.random.pick(way.by),
                let party = row.parties[role]
            else { return nil }
            scene.touched.insert(id)
            return Draft(scene.chance(96) ? party : scene.anyAccount()) { action in
                action.agreements.takeTransition.agreement = Data(id.bytes)
                action.agreements.takeTransition.transition = scene.chance(99) ? way.name : "fly"
            }
        },
    ]

    /// Somebody else than the provider, who has money, mostly.
    private static func customer(of offer: MarketBook.Row, in scene: Scene) -> AccountID {
        let fitting = scene.accounts.filter { account in
            account != offer.provider
                && scene.ledger.money.balance(account, offer.terms.unit) > 200
        }
        guard scene.chance(93), let customer = scene.random.pick(fitting) else {
            return scene.anyAccount()
        }
        return customer
    }

    private static func offer(in scene: Scene) -> OfferID? {
        let open = scene.offers.filter { id in
            guard let row = scene.ledger.market.offers[id], !row.withdrawn else { return false }
            return scene.chance(4)
                || scene.ledger.alliance.members[row.terms.platform] != nil
                    && scene.ledger.shares(of: row.terms).allSatisfy { share in
                        scene.ledger.things.rows[share.thing]?.reporter == nil
                    }
        }
        return scene.random.pick(scene.chance(98) && !open.isEmpty ? open : scene.offers)
    }

    /// Now, soon, or with an end or start exactly at, or a millisecond beside, that of
    /// another booking of the thing.
    private static func period(
        of thing: ResourceID, under terms: PublishOffer, in scene: Scene
    ) -> (start: UInt64, duration: UInt64) {
        var duration = scene.duration()
        if terms.durationMaximumMs > 0, scene.chance(85) {
            duration = scene.random.within(terms.durationMinimumMs...terms.durationMaximumMs)
        }
        var start = scene.chance(50) ? 0 : scene.now + scene.random.within(0...7_200_000)
        if terms.availableFromMs > scene.now, scene.chance(85) {
            start = terms.availableFromMs
            if terms.availableUntilMs > start {
                duration = min(duration, terms.availableUntilMs - start)
            }
        }
        let bookings = (scene.ledger.things.rows[thing]?.bookings ?? [:])
            .sorted { $0.key < $1.key }.map(\.value).filter { !$0.isWhole }
        guard scene.chance(35), let booking = scene.random.pick(bookings) else {
            return (start, duration)
        }
        let beside = UInt64(scene.random.below(3))
        switch scene.random.below(3) {
        case 0: return (booking.until + beside - 1, duration)
        case 1:
            let end = booking.from + beside - 1
            return end > scene.now + 1
                ? (max(scene.now, end - min(duration, end)), min(duration, end - scene.now))
                : (start, duration)
        default: return (booking.from + beside - 1, booking.until - booking.from)
        }
    }
}
