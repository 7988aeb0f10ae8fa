import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Rejections of resale, in check order.
extension AgreementsRejectionTests {
    private static let tooMuch = UInt64(Int64.max) + 1

    private static func offering(
        _ scene: LeaseScene, _ id: AgreementID, by actor: Actor? = nil, at moment: Timestamp? = nil,
        _ change: (inout OfferResale) -> Void = { _ in }
    ) throws -> Receipt {
        var action = Action.offerResale(id, price: 5)
        change(&action.agreements.offerResale)
        return try scene.ledger.send(actor ?? scene.bea, action, at: moment)
    }

    /// Offered at 5 for the whole, or for the second half of the hour from now.
    private static func taking(
        by actor: (LeaseScene) -> Actor = { $0.carl }, part: Bool = false, price: UInt64 = 5,
        from: UInt64? = nil, scene: LeaseScene? = nil, after: UInt64 = 0
    ) throws -> Receipt {
        let scene = try scene ?? LeaseScene.withResale()
        let id = try scene.book()
        let middle = scene.at(hour / 2)
        try scene.ledger.done(
            scene.bea,
            .offerResale(id, price: 5, from: part ? middle : nil, until: scene.at(hour / 2 + 10)))
        return try scene.ledger.send(
            actor(scene),
            .takeResale(id, price: price, from: from.map { scene.at($0) } ?? (part ? middle : nil)),
            at: scene.at(after))
    }

    static let reselling: [RejectionRow] =
        offeringResale + withdrawingResale + takingResale + disputedResale

    static let offeringResale: [RejectionRow] = [
        RejectionRow(AgreementsRejection.malformedID, field: "agreement", "19 bytes, too much") {
            let scene = try LeaseScene.withResale()
            return try offering(scene, scene.book()) {
                $0.agreement = Data(repeating: 1, count: 19)
                $0.priceMinor = tooMuch
            }
        },
        RejectionRow(MoneyRejection.amountTooLarge, field: "price_minor", "too much, unknown") {
            let scene = try LeaseScene.withResale()
            return try offering(scene, AgreementID(nobody)!) { $0.priceMinor = tooMuch }
        },
        RejectionRow(AgreementsRejection.unknownAgreement, field: "agreement", "sells no agreement")
        {
            try offering(LeaseScene.withResale(), AgreementID(nobody)!)
        },
        RejectionRow(
            AgreementsRejection.agreementEnded, field: "agreement",
            "sells a cancelled one, not hers"
        ) {
            let scene = try LeaseScene.withResale()
            let id = try scene.book()
            try scene.take("cancel", id)
            return try offering(scene, id, by: scene.carl)
        },
        RejectionRow(AgreementsRejection.notOpener, field: "agreement", "provider, not for resale")
        {
            let scene = try LeaseScene()
            return try offering(scene, scene.book(), by: scene.provider)
        },
        RejectionRow(
            AgreementsRejection.resaleNotAllowed, field: "agreement", "the offer does not, too late"
        ) {
            let scene = try LeaseScene()
            return try offering(scene, scene.book()) { $0.untilMs = 1 }
        },
        RejectionRow(
            AgreementsRejection.resaleNotAllowed, field: "agreement", "the whole, in use, too late"
        ) {
            let scene = try LeaseScene.withResale()
            let id = try scene.book()
            try scene.take("start", id)
            return try offering(scene, id) { $0.untilMs = 1 }
        },
        RejectionRow(
            AgreementsRejection.resaleNotAllowed, field: "agreement", "a process without a rule"
        ) {
            let scene = try LeaseScene(process: .small())
            return try offering(scene, scene.book())
        },
        RejectionRow(
            AgreementsRejection.arithmeticOverflow, field: "agreement", "a condition beyond 2^63"
        ) {
            let process = ProcessDefinition.small {
                $0.resale.states = ["waiting"]
                $0.resale.allowed = "start * start > 0"
            }
            let scene = try LeaseScene(process: process)
            return try offering(scene, scene.book())
        },
        RejectionRow(
            AgreementsRejection.badResaleTime, field: "from_ms", "from the start, too late"
        ) {
            let scene = try LeaseScene.withResale()
            let id = try scene.book(start: scene.at(hour))
            return try offering(scene, id) {
                $0.fromMs = scene.at(hour).milliseconds
                $0.untilMs = 1
            }
        },
        RejectionRow(AgreementsRejection.badResaleTime, field: "from_ms", "from now, in use") {
            let scene = try LeaseScene.withResale()
            let id = try scene.book()
            try scene.take("start", id)
            return try offering(scene, id, at: scene.at(10)) {
                $0.fromMs = scene.at(10).milliseconds
            }
        },
        RejectionRow(AgreementsRejection.badResaleTime, field: "from_ms", "from the end") {
            let scene = try LeaseScene.withResale()
            return try offering(scene, scene.book()) { $0.fromMs = scene.at(hour).milliseconds }
        },
        RejectionRow(AgreementsRejection.badResaleTime, field: "until_ms", "until now") {
            let scene = try LeaseScene.withResale()
            return try offering(scene, scene.book()) { $0.untilMs = scene.at(0).milliseconds }
        },
        RejectionRow(AgreementsRejection.badResaleTime, field: "until_ms", "beyond the end of time")
        {
            let scene = try LeaseScene.withResale()
            return try offering(scene, scene.book()) {
                $0.untilMs = Timestamp.maximum.milliseconds + 1
            }
        },
    ]

    /// A licence in its trial that was offered at 5 and is disputed since.
    private static func disputed() throws -> (LeaseScene, AgreementID) {
        let scene = try LeaseScene(terms: ["resale": 1], process: StandardProcesses.licence)
        let id = try scene.book()
        try scene.ledger.done(scene.bea, .offerResale(id, price: 5))
        try scene.ledger.done(scene.bea, .openDispute(id, .all("licensee")))
        return (scene, id)
    }

    static let disputedResale: [RejectionRow] = [
        RejectionRow(AgreementsRejection.resaleNotAllowed, field: "agreement", "offers, disputed") {
            let (scene, id) = try disputed()
            return try offering(scene, id)
        },
        RejectionRow(AgreementsRejection.resaleNotAllowed, field: "agreement", "takes, disputed") {
            let (scene, id) = try disputed()
            return try scene.ledger.send(scene.carl, .takeResale(id, price: 5))
        },
        RejectionRow(AgreementsRejection.partyCannotBuy, field: "agreement", "by the arbiter") {
            let scene = try LeaseScene.withResale()
            var judged = LeaseScene.offer(on: scene.resource, terms: ["resale": 1])
            judged.arbiters = [scene.carl.bytes]
            let offer = try scene.ledger.publish(judged, by: scene.provider)
            let id = try scene.ledger.opened(
                scene.bea, .open(offer, for: hour, arbiter: scene.carl))
            try scene.ledger.done(scene.bea, .offerResale(id, price: 5))
            return try scene.ledger.send(scene.carl, .takeResale(id, price: 5))
        },
    ]

    static let withdrawingResale: [RejectionRow] = [
        RejectionRow(AgreementsRejection.malformedID, field: "agreement", "withdraws 19 bytes") {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(
                scene.bea,
                .agreements(
                    .withdrawResale(.with { $0.agreement = Data(repeating: 1, count: 19) })))
        },
        RejectionRow(AgreementsRejection.unknownAgreement, field: "agreement", "withdraws nothing")
        {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(scene.bea, .withdrawResale(AgreementID(nobody)!))
        },
        RejectionRow(AgreementsRejection.notOpener, field: "agreement", "withdraws another's") {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(scene.carl, .withdrawResale(scene.book()))
        },
        RejectionRow(AgreementsRejection.resaleNotOffered, field: "agreement", "never offered") {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(scene.bea, .withdrawResale(scene.book()))
        },
    ]

    static let takingResale: [RejectionRow] = [
        RejectionRow(AgreementsRejection.malformedID, field: "agreement", "takes 19 bytes") {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(
                scene.bea,
                .agreements(.takeResale(.with { $0.agreement = Data(repeating: 1, count: 19) })))
        },
        RejectionRow(AgreementsRejection.unknownAgreement, field: "agreement", "takes nothing") {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(scene.bea, .takeResale(AgreementID(nobody)!, price: 0))
        },
        RejectionRow(AgreementsRejection.agreementEnded, field: "agreement", "takes one cancelled")
        {
            let scene = try LeaseScene.withResale()
            let id = try scene.book()
            try scene.ledger.done(scene.bea, .offerResale(id, price: 0), .take("cancel", id))
            return try scene.ledger.send(scene.carl, .takeResale(id, price: 0))
        },
        RejectionRow(AgreementsRejection.resaleNotOffered, field: "agreement", "one not for sale") {
            let scene = try LeaseScene.withResale()
            return try scene.ledger.send(scene.carl, .takeResale(scene.book(), price: 0))
        },
        RejectionRow(AgreementsRejection.resaleOver, field: "agreement", "too late, other price") {
            let scene = try LeaseScene.withResale(terms: ["no_show_after_ms": Int64(hour)])
            return try taking(price: 6, scene: scene, after: hour / 2 + 10)
        },
        RejectionRow(AgreementsRejection.resaleDiffers, field: "price_minor", "too little, a part")
        {
            try taking(price: 4, from: 10)
        },
        RejectionRow(AgreementsRejection.resaleDiffers, field: "from_ms", "the whole, by herself") {
            try taking(by: { $0.bea }, part: true, from: 10)
        },
        RejectionRow(AgreementsRejection.partyCannotBuy, field: "agreement", "by herself") {
            try taking(by: { $0.bea })
        },
        RejectionRow(AgreementsRejection.partyCannotBuy, field: "agreement", "by the provider") {
            try taking(by: { $0.provider })
        },
        RejectionRow(AgreementsRejection.partyCannotBuy, field: "agreement", "by the platform") {
            try taking(by: { $0.ledger.member("bravo") }, part: true)
        },
        RejectionRow(
            AgreementsRejection.resaleNotAllowed, field: "agreement",
            "allowed only before, no money"
        ) {
            let process = ProcessDefinition.small {
                $0.resale.states = ["waiting"]
                $0.resale.allowed = "now < entered_at + 10"
            }
            let scene = try LeaseScene(process: process)
            let poor = try scene.provider2
            return try taking(by: { _ in poor }, scene: scene, after: 10)
        },
        RejectionRow(AgreementsRejection.openerFlagged, field: "offer", "flagged, stolen") {
            let scene = try ReputationScene(terms: ["resale": 1]) {
                $0.trustRule.refuseFlagged = true
            }
            let lease = scene.lease
            let id = try lease.book()
            try lease.ledger.done(lease.bea, .offerResale(id, price: 5))
            _ = try scene.raise(lease.carl)
            try lease.ledger.done(lease.provider, .reportStolen(lease.resource))
            return try lease.ledger.send(lease.carl, .takeResale(id, price: 5))
        },
        RejectionRow(AgreementsRejection.resourceStolen, field: "offer", "stolen, no money") {
            let scene = try LeaseScene.withResale()
            let poor = try scene.provider2
            let id = try scene.book()
            try scene.ledger.done(scene.bea, .offerResale(id, price: 5))
            try scene.ledger.done(scene.provider, .reportStolen(scene.resource))
            return try scene.ledger.send(poor, .takeResale(id, price: 5))
        },
        RejectionRow(
            AgreementsRejection.arithmeticOverflow, field: "agreement", "a deposit beyond 2^63"
        ) {
            let process = ProcessDefinition.small {
                $0.resale.states = ["waiting"]
                $0.resale.deposit = "start * start"
            }
            return try taking(scene: LeaseScene(process: process))
        },
        RejectionRow(AgreementsRejection.startInPast, field: "start_ms", "a part that has begun") {
            let scene = try LeaseScene.withResale(terms: ["no_show_after_ms": Int64(hour)])
            return try taking(part: true, scene: scene, after: hour / 2 + 1)
        },
        RejectionRow(MoneyRejection.insufficientBalance, "the whole, no money for the deposit") {
            let scene = try LeaseScene.withResale()
            let poor = try scene.provider2
            return try taking(by: { _ in poor }, scene: scene)
        },
        RejectionRow(MoneyRejection.insufficientBalance, "a part, money for all but the price") {
            let scene = try LeaseScene.withResale()
            let poor = try scene.provider2
            try scene.ledger.issue(2_104, to: poor)
            return try taking(by: { _ in poor }, part: true, scene: scene)
        },
    ]
}
