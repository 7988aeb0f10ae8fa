import Foundation
import KoinonProtocol

/// Selling one's place in an agreement, or its later time.
extension ActionGenerator {
    static let resale: [ActionGenerator] = [
        ActionGenerator("agreements.offer_resale", weight: 7) { scene in
            let fitting = scene.agreements.filter { id in
                guard let row = scene.ledger.deals.rows[id],
                    let rule = scene.ledger.deals.processes[row.process]?.definition.resale
                else { return false }
                return rule.states.contains(row.state) || rule.partStates.contains(row.state)
            }
            guard let id = scene.random.pick(scene.chance(95) ? fitting : scene.agreements),
                let row = scene.ledger.deals.rows[id]
            else { return nil }
            return Draft(opener(of: row, in: scene)) { action in
                action.agreements.offerResale.agreement = Data(id.bytes)
                action.agreements.offerResale.priceMinor =
                    scene.chance(95) ? scene.random.within(0...60) : scene.amount()
                if scene.chance(45) {
                    let first = max(scene.now, row.start)
                    action.agreements.offerResale.fromMs =
                        row.end > first ? scene.random.within(first...row.end) : row.end
                }
                if scene.chance(30) {
                    action.agreements.offerResale.untilMs = scene.now + scene.duration()
                }
            }
        },
        ActionGenerator("agreements.withdraw_resale", weight: 1) { scene in
            guard let (_, id) = forSale(in: scene), let row = scene.ledger.deals.rows[id] else {
                return nil
            }
            return Draft(opener(of: row, in: scene)) { action in
                action.agreements.withdrawResale.agreement = Data(id.bytes)
            }
        },
        ActionGenerator("agreements.take_resale", weight: 9) { scene in
            guard let (resale, id) = forSale(in: scene) else { return nil }
            return Draft(scene.anyAccount()) { action in
                action.agreements.takeResale.agreement = Data(id.bytes)
                action.agreements.takeResale.priceMinor =
                    scene.chance(96) ? resale.priceMinor : resale.priceMinor &+ 1
                action.agreements.takeResale.fromMs = resale.fromMs
            }
        },
    ]

    private static func forSale(in scene: Scene) -> (Resale, AgreementID)? {
        let offered = scene.agreements.compactMap { id in
            scene.ledger.deals.rows[id]?.resale.map { ($0, id) }
        }
        return scene.random.pick(offered)
    }

    private static func opener(of row: AgreementBook.Row, in scene: Scene) -> AccountID {
        guard scene.chance(96), let process = scene.ledger.deals.processes[row.process],
            let account = process.role(.opener).flatMap({ row.parties[$0] })
        else { return scene.anyAccount() }
        return account
    }
}
