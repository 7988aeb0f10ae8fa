import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// What stands in the way of taking the whole of a resource, and of what is stolen.
extension AgreementsRejectionTests {
    /// The bike on sale for 100.00, and still on lease.
    private static func both(capacity: UInt32 = 1) throws -> (LeaseScene, sale: OfferID) {
        let scene = try LeaseScene(
            capacity: capacity, process: LeaseProcess.definition, others: [StandardProcesses.sale])
        let sale = try scene.ledger.publish(
            LeaseScene.offer(on: scene.resource, process: "sale"), by: scene.provider)
        return (scene, sale)
    }

    private static func buy(_ offer: OfferID, _ quantity: UInt32 = 1) -> Action {
        .open(offer, for: 1, quantity: quantity)
    }

    static let whole: [RejectionRow] = [
        RejectionRow(
            AgreementsRejection.platformGone, field: "offer", "platform gone, reported stolen"
        ) {
            let scene = try LeaseScene()
            try scene.expelPlatform()
            try scene.ledger.done(scene.provider, .reportStolen(scene.resource))
            return try scene.tryBooking()
        },
        RejectionRow(
            AgreementsRejection.resourceStolen, field: "offer", "reported stolen, quantity 2 of 1"
        ) {
            let scene = try LeaseScene()
            try scene.ledger.done(scene.provider, .reportStolen(scene.resource))
            return try scene.tryBooking(quantity: 2)
        },
        RejectionRow(AgreementsRejection.resourceStolen, "a request, reported stolen since") {
            let scene = try LeaseScene(terms: ["on_request": 1])
            let id = try scene.book(start: scene.at(hour))
            try scene.ledger.done(scene.ledger.member("alfa"), .reportStolen(scene.resource))
            return try scene.tryTaking("accept", id, by: scene.provider)
        },
        RejectionRow(
            AgreementsRejection.resourceStolen, field: "transition", "accepted, reported stolen"
        ) {
            let (scene, sale) = try both()
            let id = try scene.ledger.opened(scene.bea, buy(sale))
            try scene.take("deliver", id, by: scene.provider)
            try scene.ledger.done(scene.ledger.member("alfa"), .reportStolen(scene.resource))
            return try scene.tryTaking("accept", id)
        },
        RejectionRow(
            AgreementsRejection.wholeOnly, field: "quantity", "one of two, the other is booked"
        ) {
            let (scene, sale) = try both(capacity: 2)
            _ = try scene.book(by: scene.carl)
            return try scene.ledger.send(scene.bea, buy(sale, 1))
        },
        RejectionRow(AgreementsRejection.takenByOthers, "one of two booked for next week") {
            let (scene, sale) = try both(capacity: 2)
            _ = try scene.book(by: scene.carl, start: scene.at(7 * LeaseScene.day))
            return try scene.ledger.send(scene.bea, buy(sale, 2))
        },
        RejectionRow(AgreementsRejection.takenByOthers, "in use") {
            let (scene, sale) = try both()
            try scene.take("start", try scene.book())
            return try scene.ledger.send(scene.carl, buy(sale))
        },
        RejectionRow(AgreementsRejection.takenByOthers, "a licence runs") {
            let scene = try LeaseScene(
                capacity: 2, process: StandardProcesses.licence, others: [StandardProcesses.sale])
            let sale = try scene.ledger.publish(
                LeaseScene.offer(on: scene.resource, process: "sale"), by: scene.provider)
            _ = try scene.book()
            return try scene.ledger.send(scene.carl, buy(sale, 2))
        },
        RejectionRow(AgreementsRejection.takenByOthers, "bought already") {
            let (scene, sale) = try both()
            try scene.ledger.done(scene.bea, buy(sale))
            return try scene.ledger.send(scene.carl, buy(sale))
        },
        RejectionRow(AgreementsRejection.takenAsWhole, "a booking next year, bought before") {
            let (scene, sale) = try both()
            try scene.ledger.done(scene.carl, buy(sale))
            return try scene.tryBooking(start: scene.at(300 * LeaseScene.day))
        },
        RejectionRow(
            AgreementsRejection.capacityExceeded, "a licence beyond the capacity, no money"
        ) {
            let scene = try LeaseScene(capacity: 2, process: StandardProcesses.licence)
            _ = try scene.book(quantity: 2)
            return try scene.tryBooking(by: scene.provider2)
        },
        RejectionRow(
            AgreementsRejection.arbiterNotOffered, field: "arbiter", "an arbiter not named"
        ) {
            let scene = try LeaseScene()
            return try scene.ledger.send(
                scene.provider2, .open(scene.offer, for: hour, arbiter: scene.carl))
        },
        RejectionRow(
            AgreementsRejection.arbiterIsParty, field: "arbiter", "the platform as arbiter"
        ) {
            let scene = try LeaseScene()
            let platform = scene.ledger.member("bravo")
            let offer = try scene.ledger.publish(
                LeaseScene.offer(on: scene.resource).with { $0.arbiters = [platform.bytes] },
                by: scene.provider)
            return try scene.ledger.send(
                scene.provider2, .open(offer, for: hour, arbiter: platform))
        },
        RejectionRow(
            AgreementsRejection.arbiterIsParty, field: "arbiter", "the opener as arbiter"
        ) {
            let scene = try LeaseScene()
            let offer = try scene.ledger.publish(
                LeaseScene.offer(on: scene.resource).with { $0.arbiters = [scene.bea.bytes] },
                by: scene.provider)
            return try scene.ledger.send(scene.bea, .open(offer, for: hour, arbiter: scene.bea))
        },
    ]
}

extension PublishOffer {
    func with(_ change: (inout PublishOffer) -> Void) -> PublishOffer {
        var changed = self
        change(&changed)
        return changed
    }
}

extension TestLedger {
    /// The agreement that the action opens, which must succeed.
    func opened(_ actor: Actor, _ action: Action, at moment: Timestamp? = nil) throws -> AgreementID
    {
        guard let id = try done(actor, action, at: moment).firstAgreement else {
            throw Missing.event
        }
        return id
    }
}

extension Action {
    static let evidence = Data(repeating: 3, count: 32)

    static func reportStolen(_ resource: ResourceID, hash: Data = evidence) -> Action {
        .resources(
            .reportStolen(
                .with {
                    $0.resource = Data(resource.bytes)
                    $0.evidenceHash = hash
                }))
    }

    static func reportRecovered(_ resource: ResourceID) -> Action {
        .resources(.reportRecovered(.with { $0.resource = Data(resource.bytes) }))
    }
}
