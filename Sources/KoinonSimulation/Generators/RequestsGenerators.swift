import Foundation
import KoinonMachine
import KoinonProtocol

/// Requests, answers and the haggling about them.
extension ActionGenerator {
    static let requests: [ActionGenerator] = [
        ActionGenerator("market.publish_request", weight: 5) { scene in
            guard let unit = scene.random.pick(scene.units) else { return nil }
            let kind = scene.random.pick(scene.kinds) ?? ""
            return Draft(scene.anyAccount()) { action in
                action.market.publishRequest.title = scene.title()
                if scene.chance(70) { action.market.publishRequest.kind = kind }
                if scene.chance(20) {
                    action.market.publishRequest.place.latitudeE7 = 7
                    action.market.publishRequest.radiusM = scene.random.pick(0, 900, 20_037_509)
                }
                if scene.chance(40) {
                    action.market.publishRequest.startMs =
                        scene.now + scene.random.within(0...7_200_000)
                }
                action.market.publishRequest.durationMs = scene.duration()
                action.market.publishRequest.quantity = UInt32(scene.random.below(3))
                action.market.publishRequest.unit = unit
                action.market.publishRequest.budgetMinor = scene.random.within(0...500)
                action.market.publishRequest.expiresAtMs = expiry(in: scene)
            }
        },
        ActionGenerator("market.withdraw_request", weight: 1) { scene in
            guard let (id, request) = scene.random.pick(scene.openRequests) else { return nil }
            return Draft(owner(request.customer, in: scene)) { action in
                action.market.withdrawRequest.request = Data(id.bytes)
            }
        },
        ActionGenerator("market.answer_request", weight: 9) { scene in
            guard let (id, request) = scene.random.pick(scene.openRequests),
                let thing = scene.random.pick(fitting(request, in: scene)),
                let owner = scene.ledger.things.rows[thing]?.owner,
                var terms = terms(for: thing, by: owner, in: scene)
            else { return nil }
            if scene.chance(95) { terms.unit = request.wish.unit }
            return Draft(scene.chance(95) ? owner : scene.anyAccount()) { action in
                action.market.answerRequest.request = Data(id.bytes)
                action.market.answerRequest.offer = terms
                action.market.answerRequest.startMs = request.wish.startMs
                action.market.answerRequest.durationMs =
                    scene.chance(80) ? request.wish.durationMs : scene.duration()
            }
        },
        ActionGenerator("market.counter_answer", weight: 4) { scene in
            guard let (id, answer) = scene.random.pick(scene.openAnswers) else { return nil }
            return Draft(onTurn(answer, in: scene)) { action in
                action.market.counterAnswer.answer = Data(id.bytes)
                action.market.counterAnswer.priceMinor = scene.random.within(0...30)
                action.market.counterAnswer.depositMinor = scene.random.within(0...50)
                action.market.counterAnswer.startMs = answer.startMs
                action.market.counterAnswer.durationMs = answer.durationMs
            }
        },
        ActionGenerator("market.take_answer", weight: 9) { scene in
            guard let (id, answer) = scene.random.pick(scene.openAnswers) else { return nil }
            return Draft(onTurn(answer, in: scene)) { action in
                action.market.takeAnswer.answer = Data(id.bytes)
                if scene.chance(50), let arbiter = scene.random.pick(answer.terms.arbiters) {
                    action.market.takeAnswer.arbiter = arbiter
                }
            }
        },
        ActionGenerator("market.withdraw_answer", weight: 2) { scene in
            guard let (id, answer) = scene.random.pick(scene.openAnswers) else { return nil }
            let party = scene.chance(60) ? answer.provider : customer(of: answer, in: scene)
            return Draft(owner(party, in: scene)) { action in
                action.market.withdrawAnswer.answer = Data(id.bytes)
            }
        },
    ]

    private static func expiry(in scene: Scene) -> UInt64 {
        switch scene.random.below(12) {
        case 0: scene.now
        case 1: scene.now + 30 * Bounds.day + UInt64(scene.random.below(2))
        default: scene.now + scene.duration()
        }
    }

    /// Things of the kind that is asked for, any when none fits.
    private static func fitting(_ request: Request, in scene: Scene) -> [ResourceID] {
        let fitting = scene.things.filter { id in
            guard let row = scene.ledger.things.rows[id] else { return false }
            return !row.retired && (request.wish.kind.isEmpty || row.kind == request.wish.kind)
        }
        return fitting.isEmpty || scene.chance(4) ? scene.things : fitting
    }

    /// The account, mostly.
    private static func owner(_ bytes: Data, in scene: Scene) -> AccountID {
        guard let account = AccountID(bytes), scene.chance(95) else { return scene.anyAccount() }
        return account
    }

    private static func customer(of answer: Answer, in scene: Scene) -> Data {
        RequestID(answer.request).flatMap { Market.request($0, in: scene.state)?.customer }
            ?? Data()
    }

    private static func onTurn(_ answer: Answer, in scene: Scene) -> AccountID {
        let isProviders = answer.byCustomer != scene.chance(6)
        return owner(isProviders ? answer.provider : customer(of: answer, in: scene), in: scene)
    }
}
