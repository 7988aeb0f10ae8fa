import Foundation
import KoinonProtocol

extension ActionGenerator {
    static let agreements: [ActionGenerator] = [
        ActionGenerator("agreements.open_agreement", weight: 24) { scene in
            guard let id = offer(in: scene), let row = scene.ledger.market.offers[id],
                let thing = ResourceID(row.terms.resource)
            else { return nil }
            let (start, duration) = period(of: thing, under: row.terms, in: scene)
            return Draft(scene.anyAccount()) { action in
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
                } else if scene.chance(30) {
                    action.agreements.openAgreement.quantity = UInt32(scene.random.below(5))
                }
            }
        },
        ActionGenerator("agreements.take_transition", weight: 40) { scene in
            let pool = scene.chance(97) ? scene.agreements : scene.endedAgreements
            guard let id = scene.random.pick(pool), let row = scene.ledger.deals.rows[id],
                let process = scene.ledger.deals.processes[row.process]
            else { return nil }
            var ways = process.definition.transitions.filter { !$0.by.isEmpty && !$0.from.isEmpty }
            let leaving = ways.filter { $0.from == row.state }
            if scene.chance(95), !leaving.isEmpty { ways = leaving }
            guard let way = scene.random.pick(ways), let role = scene.random.pick(way.by),
                let party = row.parties[role]
            else { return nil }
            return Draft(scene.chance(96) ? party : scene.anyAccount()) { action in
                action.agreements.takeTransition.agreement = Data(id.bytes)
                action.agreements.takeTransition.transition = scene.chance(99) ? way.name : "fly"
            }
        },
    ]

    private static func offer(in scene: Scene) -> OfferID? {
        let open = scene.offers.filter { scene.ledger.market.offers[$0]?.withdrawn == false }
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
