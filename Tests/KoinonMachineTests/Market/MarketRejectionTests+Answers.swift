import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Rejections of answers to requests, in check order.
extension MarketRejectionTests {
    private static let hour = LeaseScene.hour
    private static let nobody = Data(repeating: 7, count: 20)

    private static func answer(
        _ scene: RequestScene, by actor: Actor? = nil,
        _ change: (inout AnswerRequest) -> Void = { _ in }
    ) throws -> Receipt {
        var action = RequestScene.answer(scene.request, scene.lease.resource)
        change(&action.market.answerRequest)
        return try scene.ledger.send(actor ?? scene.paul, action)
    }

    private static func counter(
        _ scene: RequestScene, by actor: Actor? = nil, to answer: OfferID,
        _ change: (inout CounterAnswer) -> Void = { _ in }
    ) throws -> Receipt {
        var action = Action.counter(answer, price: 90, deposit: 1_000)
        change(&action.market.counterAnswer)
        return try scene.ledger.send(actor ?? scene.bea, action)
    }

    static let answers: [RejectionRow] = answering + countering + taking

    static let answering: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "request", "19 bytes, no title") {
            try answer(RequestScene()) {
                $0.request = Data(repeating: 1, count: 19)
                $0.offer.title = ""
            }
        },
        RejectionRow(Code.unknownRequest, field: "request", "unknown, no title") {
            try answer(RequestScene()) {
                $0.request = nobody
                $0.offer.title = ""
            }
        },
        RejectionRow(Code.requestClosed, field: "request", "withdrawn, the customer's own") {
            let scene = try RequestScene()
            try scene.ledger.done(scene.bea, .withdraw(scene.request))
            return try answer(scene, by: scene.bea)
        },
        RejectionRow(Code.ownRequest, field: "request", "the customer's own, another's bike") {
            let scene = try RequestScene()
            return try answer(scene, by: scene.bea)
        },
        RejectionRow(Code.malformedID, field: "offer.resource", "an offer of nothing") {
            try answer(RequestScene()) { $0.offer = PublishOffer() }
        },
        RejectionRow(Code.notOwner, field: "offer.resource", "another's, of another unit") {
            let scene = try RequestScene()
            try scene.ledger.createUnit("eur")
            return try answer(scene, by: scene.carl) { $0.offer.unit = "eur" }
        },
        RejectionRow(Code.wrongUnit, field: "offer.unit", "another unit, another kind") {
            let scene = try RequestScene()
            try scene.ledger.createUnit("eur")
            try scene.ledger.done(scene.ledger.member("alfa"), .registerKind("boat"))
            let boat = try scene.ledger.register("A boat", kind: "boat", by: scene.paul)
            return try answer(scene) {
                $0.offer.resource = Data(boat.bytes)
                $0.offer.unit = "eur"
            }
        },
        RejectionRow(Code.wrongKind, field: "offer.resource", "another kind, no duration") {
            let scene = try RequestScene()
            try scene.ledger.done(scene.ledger.member("alfa"), .registerKind("boat"))
            let boat = try scene.ledger.register("A boat", kind: "boat", by: scene.paul)
            return try answer(scene) {
                $0.offer.resource = Data(boat.bytes)
                $0.durationMs = 0
            }
        },
        RejectionRow(
            AgreementsRejection.durationOutOfRange, field: "duration_ms", "none, the 33rd answer"
        ) {
            let scene = try RequestScene()
            for _ in 0..<32 { _ = try scene.answer() }
            return try answer(scene) { $0.durationMs = 0 }
        },
        RejectionRow(AgreementsRejection.startInPast, field: "start_ms", "1 ms ago") {
            let scene = try RequestScene()
            return try answer(scene) { $0.startMs = scene.at(0).milliseconds - 1 }
        },
        RejectionRow(Code.tooManyAnswers, field: "request", "the 33rd") {
            let scene = try RequestScene()
            for _ in 0..<32 { _ = try scene.answer() }
            return try answer(scene)
        },
    ]

    static let countering: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "answer", "19 bytes, price too large") {
            let scene = try RequestScene()
            return try counter(scene, to: scene.answer()) {
                $0.answer = Data(repeating: 1, count: 19)
                $0.priceMinor = .max
            }
        },
        RejectionRow(Code.amountTooLarge, field: "price_minor", "price and deposit") {
            let scene = try RequestScene()
            return try counter(scene, to: scene.answer()) {
                $0.priceMinor = UInt64(Int64.max) + 1
                $0.depositMinor = UInt64(Int64.max) + 1
            }
        },
        RejectionRow(Code.amountTooLarge, field: "deposit_minor", "too large, unknown answer") {
            let scene = try RequestScene()
            return try counter(scene, to: OfferID(nobody)!) {
                $0.depositMinor = UInt64(Int64.max) + 1
            }
        },
        RejectionRow(Code.unknownAnswer, field: "answer", "unknown") {
            try counter(RequestScene(), to: OfferID(nobody)!)
        },
        RejectionRow(Code.unknownAnswer, field: "answer", "its request is withdrawn") {
            let scene = try RequestScene()
            let answer = try scene.answer()
            try scene.ledger.done(scene.bea, .withdraw(scene.request))
            return try counter(scene, to: answer)
        },
        RejectionRow(Code.notInNegotiation, field: "answer", "by another, no duration") {
            let scene = try RequestScene()
            return try counter(scene, by: scene.carl, to: scene.answer()) { $0.durationMs = 0 }
        },
        RejectionRow(Code.notYourTurn, field: "answer", "the provider again, no duration") {
            let scene = try RequestScene()
            return try counter(scene, by: scene.paul, to: scene.answer()) { $0.durationMs = 0 }
        },
        RejectionRow(Code.notYourTurn, field: "answer", "the customer again") {
            let scene = try RequestScene()
            let answer = try scene.answer()
            expectDone(try counter(scene, to: answer))
            return try counter(scene, to: answer)
        },
        RejectionRow(Code.tooManyRounds, field: "answer", "the 17th, no duration") {
            let scene = try RequestScene()
            let answer = try scene.answer()
            for _ in 0..<8 {
                expectDone(try counter(scene, to: answer))
                expectDone(try counter(scene, by: scene.paul, to: answer))
            }
            return try counter(scene, to: answer) { $0.durationMs = 0 }
        },
        RejectionRow(AgreementsRejection.durationOutOfRange, field: "duration_ms", "none") {
            let scene = try RequestScene()
            return try counter(scene, to: scene.answer()) { $0.durationMs = 0 }
        },
    ]

    static let taking: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "answer", "yes to 19 bytes") {
            let scene = try RequestScene()
            return try scene.ledger.send(
                scene.bea,
                .market(.takeAnswer(.with { $0.answer = Data(repeating: 1, count: 19) })))
        },
        RejectionRow(Code.unknownAnswer, field: "answer", "yes to an unknown one") {
            let scene = try RequestScene()
            return try scene.ledger.send(scene.bea, .yes(to: OfferID(nobody)!))
        },
        RejectionRow(Code.notInNegotiation, field: "answer", "yes of another") {
            let scene = try RequestScene()
            return try scene.ledger.send(scene.carl, .yes(to: scene.answer()))
        },
        RejectionRow(Code.notYourTurn, field: "answer", "yes to oneself, the bike is gone") {
            let scene = try RequestScene()
            let answer = try scene.answer()
            try scene.ledger.done(scene.paul, .withdraw(scene.lease.offer))
            try scene.ledger.done(scene.paul, .retire(scene.lease.resource))
            return try scene.ledger.send(scene.paul, .yes(to: answer))
        },
        RejectionRow(AgreementsRejection.resourceGone, field: "answer", "gone, booked, no money") {
            let scene = try RequestScene()
            let answer = try scene.answer { $0.depositMinor = 1_000_000 }
            try scene.ledger.done(scene.paul, .withdraw(scene.lease.offer))
            try scene.ledger.done(scene.paul, .transfer(scene.lease.resource, to: scene.carl))
            return try scene.ledger.send(scene.bea, .yes(to: answer))
        },
        RejectionRow(AgreementsRejection.startInPast, field: "start_ms", "the start is past") {
            let scene = try RequestScene()
            let answer = try scene.answer(start: scene.at(hour))
            return try scene.ledger.send(scene.bea, .yes(to: answer), at: scene.at(hour + 1))
        },
        RejectionRow(AgreementsRejection.capacityExceeded, "booked by another meanwhile") {
            let scene = try RequestScene()
            let answer = try scene.answer()
            _ = try scene.lease.book(by: scene.carl)
            return try scene.ledger.send(scene.bea, .yes(to: answer))
        },
        RejectionRow(MoneyRejection.insufficientBalance, "no money for the deposit") {
            let scene = try RequestScene()
            let answer = try scene.answer { $0.depositMinor = 1_000_000 }
            return try scene.ledger.send(scene.bea, .yes(to: answer))
        },
        RejectionRow(Code.malformedID, field: "answer", "withdraws 19 bytes") {
            let scene = try RequestScene()
            return try scene.ledger.send(
                scene.bea,
                .market(.withdrawAnswer(.with { $0.answer = Data(repeating: 1, count: 19) })))
        },
        RejectionRow(Code.unknownAnswer, field: "answer", "withdraws an unknown one") {
            let scene = try RequestScene()
            return try scene.ledger.send(scene.bea, .no(to: OfferID(nobody)!))
        },
        RejectionRow(Code.notInNegotiation, field: "answer", "withdraws another's") {
            let scene = try RequestScene()
            return try scene.ledger.send(scene.carl, .no(to: scene.answer()))
        },
    ]
}
