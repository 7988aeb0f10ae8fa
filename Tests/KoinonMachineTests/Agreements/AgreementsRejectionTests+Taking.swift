import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Rejections of taking a transition, in check order.
extension AgreementsRejectionTests {
    static let taking: [RejectionRow] = [
        RejectionRow(
            AgreementsRejection.malformedID, field: "agreement", "an agreement id of 21 bytes"
        ) {
            let scene = try LeaseScene()
            return try scene.ledger.send(
                scene.bea,
                .agreements(
                    .takeTransition(
                        .with {
                            $0.agreement = Data(repeating: 1, count: 21)
                            $0.transition = "start"
                        })))
        },
        RejectionRow(
            AgreementsRejection.unknownAgreement, field: "agreement", "one that is not there"
        ) {
            let scene = try LeaseScene()
            return try scene.tryTaking("fly", AgreementID(nobody)!)
        },
        RejectionRow(
            AgreementsRejection.agreementEnded, field: "agreement", "cancelled, unknown verb"
        ) {
            let scene = try LeaseScene()
            let id = try scene.book()
            try scene.take("cancel", id)
            return try scene.tryTaking("fly", id)
        },
        RejectionRow(
            AgreementsRejection.unknownTransition, field: "transition",
            "unknown verb, by a stranger"
        ) {
            let scene = try LeaseScene()
            return try scene.tryTaking("fly", scene.book(), by: scene.carl)
        },
        RejectionRow(AgreementsRejection.unknownTransition, field: "transition", "an opening verb")
        {
            let scene = try LeaseScene()
            return try scene.tryTaking("book", scene.book())
        },
        RejectionRow(
            AgreementsRejection.wrongState, field: "transition",
            "finish before start, by a stranger"
        ) {
            let scene = try LeaseScene()
            return try scene.tryTaking("finish", scene.book(), by: scene.carl)
        },
        RejectionRow(
            AgreementsRejection.notYourTransition, field: "transition",
            "start by the provider, too early"
        ) {
            let scene = try LeaseScene()
            let id = try scene.book(start: scene.at(hour))
            return try scene.tryTaking("start", id, by: scene.provider)
        },
        RejectionRow(
            AgreementsRejection.notYourTransition, field: "transition", "a timer's transition"
        ) {
            let scene = try LeaseScene()
            return try scene.tryTaking("no_show", scene.book())
        },
        RejectionRow(
            AgreementsRejection.guardNotMet, field: "transition", "start 1 ms early, still in use"
        ) {
            let scene = try LeaseScene()
            let first = try scene.book(by: scene.carl)
            try scene.take("start", first, by: scene.carl)
            let id = try scene.book(start: scene.at(hour))
            return try scene.tryTaking("start", id, at: scene.at(hour - 1))
        },
        RejectionRow(
            AgreementsRejection.arithmeticOverflow, field: "transition", "a guard beyond 2^63"
        ) {
            let process = ProcessDefinition.small {
                $0.transitions[1].guards[0].condition = "now * now * now > 0"
            }
            let scene = try LeaseScene(process: process)
            return try scene.tryTaking("use", scene.book())
        },
        RejectionRow(AgreementsRejection.divisionByZero, field: "transition", "a guard by 0") {
            let process = ProcessDefinition.small {
                $0.transitions[1].guards[0].condition = "floor_div(now, extra) > 0"
            }
            let scene = try LeaseScene(process: process)
            return try scene.tryTaking("use", scene.book())
        },
        RejectionRow(AgreementsRejection.resourceGone, "accepted after it was transferred") {
            let (scene, id) = try requestThenWithdraw()
            try scene.ledger.done(scene.provider, .transfer(scene.resource, to: scene.carl))
            return try scene.tryTaking("accept", id, by: scene.provider)
        },
        RejectionRow(AgreementsRejection.resourceGone, "accepted after it was retired") {
            let (scene, id) = try requestThenWithdraw()
            try scene.ledger.done(scene.provider, .retire(scene.resource))
            return try scene.tryTaking("accept", id, by: scene.provider)
        },
        RejectionRow(AgreementsRejection.resourceInUse, "start at the start, still in use") {
            let scene = try LeaseScene()
            let first = try scene.book(by: scene.carl)
            try scene.take("start", first, by: scene.carl)
            let id = try scene.book(start: scene.at(hour))
            return try scene.tryTaking("start", id, at: scene.at(hour))
        },
        RejectionRow(AgreementsRejection.resourceInUse, "use begun at once, by two") {
            let process = ProcessDefinition.small { $0.states[0].occupancy = .inUse }
            let scene = try LeaseScene(process: process)
            _ = try scene.book(by: scene.carl)
            return try scene.tryBooking()
        },
        RejectionRow(AgreementsRejection.capacityExceeded, "accepted, but booked meanwhile") {
            let scene = try LeaseScene(terms: ["on_request": 1])
            let first = try scene.book(start: scene.at(hour))
            let second = try scene.book(by: scene.carl, start: scene.at(2 * hour - 1))
            try scene.take("accept", second, by: scene.provider)
            return try scene.tryTaking("accept", first, by: scene.provider)
        },
    ]

    private static func requestThenWithdraw() throws -> (LeaseScene, AgreementID) {
        let scene = try LeaseScene(terms: ["on_request": 1])
        let id = try scene.book(start: scene.at(hour))
        try scene.ledger.done(scene.provider, .withdraw(scene.offer))
        return (scene, id)
    }
}
