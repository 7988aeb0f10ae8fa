import Foundation
import KoinonLedger
import KoinonProtocol

extension ActionGenerator {
    static let alliance: [ActionGenerator] = [
        ActionGenerator("alliance.propose", weight: 3) { scene in
            guard let sender = scene.memberAccount(), let change = change(in: scene) else {
                return nil
            }
            return Draft(sender, needsUnlimitedKey: true) { action in
                action.alliance.propose.title = scene.title()
                if scene.chance(10) {
                    action.alliance.propose.statementHash = Data(repeating: 5, count: 32)
                }
                action.alliance.propose.change = change
            }
        },
        ActionGenerator("alliance.vote", weight: 7) { scene in
            guard let proposal = scene.random.pick(scene.openProposals),
                let sender = scene.memberAccount()
            else { return nil }
            return Draft(sender, needsUnlimitedKey: true) { action in
                action.alliance.vote.proposal = Data(proposal.bytes)
                action.alliance.vote.yes = scene.chance(75)
            }
        },
        ActionGenerator("alliance.renew_node_key", weight: 1) { scene in
            guard let sender = scene.memberAccount(),
                let key = nodeKey(for: sender, in: scene)
            else { return nil }
            return Draft(sender, needsUnlimitedKey: true) { action in
                action.alliance.renewNodeKey.nodeKey = Data(key.bytes)
            }
        },
    ]

    /// Mostly a new one, at times one that may not be.
    private static func nodeKey(for account: AccountID, in scene: Scene) -> PublicKey? {
        let book = scene.ledger.alliance
        switch scene.random.below(10) {
        case 0: return scene.random.pick(scene.members).flatMap { book.members[$0]?.nodeKey }
        case 1: return scene.random.pick(book.retiredKeys.keys.sorted())
        case 2: return scene.ledger.people.accounts[account]?.keys.first?.key
        default:
            guard let member = book.member(actingAs: account) else { return nil }
            let name = Setting.nodeKey(of: scene.newName("\(member) "))
            return scene.world.keys.key(name).publicKey
        }
    }

    private static func change(in scene: Scene) -> Propose.OneOf_Change? {
        switch scene.random.below(10) {
        case 0, 1:
            // More members would make votes fail for want of votes.
            guard scene.members.count < 7 else { return nil }
            let name = scene.chance(85) ? scene.newName("m") : scene.members.first ?? "m"
            var admit = AdmitMember()
            admit.id = name
            admit.name = scene.title()
            admit.nodeKey = Data(scene.world.keys.key(Setting.nodeKey(of: name)).publicKey.bytes)
            let account = scene.world.keys.key(Setting.accountKey(of: name))
            admit.accountKey = Data(account.publicKey.bytes)
            return .admitMember(admit)
        case 2:
            var expel = ExpelMember()
            expel.id = scene.random.pick(scene.members) ?? ""
            return .expelMember(expel)
        case 3:
            guard let id = scene.ledger.deals.processes.keys.sorted().first,
                var process = scene.ledger.deals.processes[id]?.definition
            else { return nil }
            // Once more under another name, or under the same.
            if scene.chance(70) { process.id = scene.newName("p") }
            if scene.chance(20), !process.transitions.isEmpty { process.transitions.removeLast() }
            return .adoptProcess(process)
        default:
            let all = ParameterBounds.standard
            let (name, standard) = all[scene.random.below(all.count)]
            var set = SetParameter()
            set.name = scene.chance(97) ? name : "no_such_parameter"
            set.value = value(of: name, standard, in: scene)
            return .setParameter(set)
        }
    }

    private static func value(of name: String, _ standard: UInt64, in scene: Scene) -> UInt64 {
        guard let bounds = ParameterBounds.bounds(of: name) else { return 1 }
        switch scene.random.below(12) {
        case 0: return bounds.lowerBound
        case 1: return bounds.lowerBound - 1
        case 2: return bounds.upperBound + 1
        // So low that the simulation meets it: a few timers a block, a few bookings.
        case 3...6:
            let low = name.hasSuffix("_ms") ? 3_600_000 : bounds.lowerBound + 30
            return scene.random.within(bounds.lowerBound...max(low, bounds.lowerBound))
        default: return standard
        }
    }
}
