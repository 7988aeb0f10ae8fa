import Foundation
import KoinonMachine
import KoinonProtocol

extension ActionGenerator {
    static let resources: [ActionGenerator] = [
        ActionGenerator("resources.register_kind", weight: 2) { scene in
            guard scene.kinds.count < 4 || scene.chance(10) else { return nil }
            let sender = scene.chance(95) ? scene.memberAccount() : scene.anyAccount()
            guard let sender else { return nil }
            let name = scene.chance(90) ? scene.newName("k") : scene.kinds.first ?? "No slug"
            return Draft(sender) { action in
                action.resources.registerKind.kind = name
                action.resources.registerKind.title = scene.title()
            }
        },
        ActionGenerator("resources.register_resource", weight: 4) { scene in
            guard let kind = scene.random.pick(scene.kinds),
                scene.things.count < 12 || scene.chance(20)
            else { return nil }
            return Draft(scene.anyAccount()) { action in
                action.resources.registerResource.kind = scene.chance(98) ? kind : "none"
                action.resources.registerResource.title = scene.title()
                action.resources.registerResource.capacity = capacity(in: scene)
                if scene.chance(50) {
                    action.resources.registerResource.serial = "S\(scene.random.below(30))"
                }
                if scene.chance(20) {
                    action.resources.registerResource.descriptionHash = Data(
                        repeating: 1, count: scene.chance(90) ? 32 : 31)
                }
            }
        },
        ActionGenerator("resources.update_resource", weight: 4) { scene in
            guard let (id, owner) = thing(in: scene) else { return nil }
            return Draft(owner) { action in
                action.resources.updateResource.resource = Data(id.bytes)
                action.resources.updateResource.title = scene.title()
                action.resources.updateResource.capacity = capacity(of: id, in: scene)
            }
        },
        ActionGenerator("resources.transfer_resource", weight: 3) { scene in
            guard let (id, owner) = thing(in: scene) else { return nil }
            let to = scene.anyAccount()
            return Draft(owner) { action in
                action.resources.transferResource.resource = Data(id.bytes)
                action.resources.transferResource.to = Data(to.bytes)
            }
        },
        ActionGenerator("resources.retire_resource", weight: 1) { scene in
            guard let (id, owner) = thing(in: scene) else { return nil }
            guard scene.chance(50) else { return nil }
            return Draft(owner) { $0.resources.retireResource.resource = Data(id.bytes) }
        },
        ActionGenerator("resources.report_stolen", weight: 1) { scene in
            guard let (id, owner) = thing(in: scene) else { return nil }
            let reporter = scene.chance(70) ? owner : scene.memberAccount() ?? owner
            return Draft(reporter) { action in
                action.resources.reportStolen.resource = Data(id.bytes)
                action.resources.reportStolen.evidenceHash = Data(repeating: 3, count: 32)
            }
        },
        ActionGenerator("resources.report_recovered", weight: 5) { scene in
            let stolen = Resources.resources.rows(in: scene.state).filter(\.value.hasStolen)
            guard let (id, row) = scene.random.pick(stolen),
                let reporter = AccountID(row.stolen.reporter)
            else { return nil }
            return Draft(scene.chance(93) ? reporter : scene.anyAccount()) { action in
                action.resources.reportRecovered.resource = Data(id.bytes)
            }
        },
    ]

    /// A thing and, mostly, its owner.
    static func thing(in scene: Scene) -> (ResourceID, AccountID)? {
        guard let id = scene.random.pick(scene.things), let row = scene.ledger.things.rows[id]
        else { return nil }
        return (id, scene.chance(95) ? row.owner : scene.anyAccount())
    }

    private static func capacity(in scene: Scene) -> UInt32 {
        switch scene.random.below(20) {
        case 0: 0
        case 1: scene.random.pick(1_000_000, 1_000_001)
        case 2...12: 1
        default: UInt32(scene.random.within(2...6))
        }
    }

    /// Around what is promised, where it matters.
    private static func capacity(of id: ResourceID, in scene: Scene) -> UInt32 {
        guard let needed = scene.ledger.things.rows[id]?.needed, scene.chance(60) else {
            return capacity(in: scene)
        }
        return UInt32(clamping: Int(needed) + scene.random.below(3) - 1)
    }
}
