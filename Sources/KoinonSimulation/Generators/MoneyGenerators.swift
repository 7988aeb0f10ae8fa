import Foundation
import KoinonProtocol

extension ActionGenerator {
    static let money: [ActionGenerator] = [
        ActionGenerator("money.create_unit", weight: 2) { scene in
            guard let sender = scene.memberAccount(), scene.units.count < 4 || scene.chance(10)
            else { return nil }
            let name = scene.chance(90) ? scene.newName("u") : scene.units.first ?? "Bad name"
            return Draft(sender) { action in
                action.money.createUnit.unit = name
                action.money.createUnit.title = scene.title()
                action.money.createUnit.scale = scene.chance(95) ? 2 : 19
            }
        },
        ActionGenerator("money.issue", weight: 8) { scene in
            guard let unit = scene.random.pick(scene.units),
                let issuer = scene.ledger.money.units[unit]?.issuer
            else { return nil }
            let to = scene.anyAccount()
            return Draft(scene.chance(95) ? issuer : scene.anyAccount()) { action in
                action.money.issue.unit = unit
                action.money.issue.to = Data(to.bytes)
                action.money.issue.amountMinor =
                    scene.chance(85) ? scene.random.within(1_000...60_000) : scene.amount()
            }
        },
        ActionGenerator("money.transfer", weight: 8) { scene in
            guard let unit = scene.random.pick(scene.units) else { return nil }
            let (sender, to) = (scene.anyAccount(), scene.anyAccount())
            return Draft(sender) { action in
                action.money.transfer.unit = unit
                action.money.transfer.to = Data(to.bytes)
                action.money.transfer.amountMinor = scene.amount(of: sender, unit: unit)
            }
        },
        ActionGenerator("money.redeem", weight: 3) { scene in
            guard let unit = scene.random.pick(scene.units) else { return nil }
            let sender = scene.anyAccount()
            return Draft(sender) { action in
                action.money.redeem.unit = unit
                action.money.redeem.amountMinor = scene.amount(of: sender, unit: unit)
            }
        },
    ]
}
