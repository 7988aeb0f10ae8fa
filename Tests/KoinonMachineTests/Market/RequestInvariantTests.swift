import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Rows of requests and answers that contradict each other are noticed: each damage is
/// done to a sound state.
@Suite struct RequestInvariantTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What one of the sentences must say.
        var sentence: String
        var make: @Sendable (RequestScene, OfferID, StateOverlay) -> Void

        init(
            _ description: String, _ sentence: String,
            _ make: @escaping @Sendable (RequestScene, OfferID, StateOverlay) -> Void
        ) {
            testDescription = description
            self.sentence = sentence
            self.make = make
        }
    }

    static let damages: [Damage] = [
        Damage("an answer to nothing", "to a request that is not there") { _, answer, state in
            change(answer, in: state) { $0.request = Data() }
        },
        Damage("an answer is not listed", "is not listed with its request") {
            scene, answer, state in
            Market.answersTo.remove(Key2(scene.request, answer), in: state)
        },
        Damage("an answer that is not there is listed", "answers are listed") { scene, _, state in
            Market.answersTo.set(
                Key2(scene.request, scene.lease.offer), MarketMarker(), in: state)
        },
        Damage("the customer answers herself", "is the customer's own") { scene, answer, state in
            change(answer, in: state) { $0.provider = scene.bea.bytes }
        },
        Damage("too many rounds", "goes beyond") { _, answer, state in
            change(answer, in: state) { $0.rounds = 17 }
        },
        Damage("another unit", "goes beyond") { _, answer, state in
            change(answer, in: state) { $0.terms.unit = "eur" }
        },
        Damage("an answer is an offer already", "is an offer too") { scene, answer, state in
            let offer = Market.offer(scene.lease.offer, in: state)!
            Market.offers.set(answer, offer, in: state)
        },
        Damage("answers are counted wrongly", "counts 2 answers of 1") { scene, _, state in
            change(scene.request, in: state) { $0.answers = 2 }
        },
        Damage("closed with an answer", "outlived its request") { scene, _, state in
            change(scene.request, in: state) { $0.state = .withdrawn }
        },
        Damage("closed with a timer", "or closed with one") { scene, _, state in
            change(scene.request, in: state) { $0.state = .withdrawn }
        },
        Damage("open without a timer", "is open without a timer") { _, _, state in
            Timers.remove(Timers.all(of: Market.number, in: state)[0], in: state)
        },
        Damage("a timer too many", "timers are set for requests that are not open") {
            scene, _, state in
            Timers.set(
                due: scene.at(1), module: Market.number, kind: 1, subject: scene.request.bytes,
                in: state)
        },
        Damage("open and not listed", "is not listed as open") { scene, _, state in
            Market.openRequests.remove(Key2(scene.bea.account, scene.request), in: state)
        },
        Damage("listed as open for another", "requests are listed as open") { scene, _, state in
            Market.openRequests.set(
                Key2(scene.carl.account, scene.request), MarketMarker(), in: state)
        },
        Damage("taken, and nothing came of it", "does not lead to the agreement") {
            scene, _, state in
            change(scene.request, in: state) { $0.state = .taken }
        },
    ]

    private static func change(
        _ id: OfferID, in state: StateOverlay, _ body: (inout Answer) -> Void
    ) {
        var row = Market.answer(id, in: state)!
        body(&row)
        Market.answers.set(id, row, in: state)
    }

    private static func change(
        _ id: RequestID, in state: StateOverlay, _ body: (inout Request) -> Void
    ) {
        var row = Market.request(id, in: state)!
        body(&row)
        Market.requests.set(id, row, in: state)
    }

    @Test(arguments: damages) func `a contradiction is told`(damage: Damage) throws {
        let scene = try RequestScene()
        let answer = try scene.answer()
        let state = StateOverlay(over: scene.ledger.state)
        #expect(Modules.invariantViolations(in: state).isEmpty)
        damage.make(scene, answer, state)
        let violations = Modules.invariantViolations(in: state)
        #expect(violations.contains { $0.contains(damage.sentence) }, "\(violations)")
    }
}
