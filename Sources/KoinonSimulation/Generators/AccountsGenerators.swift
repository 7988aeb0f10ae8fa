import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

extension ActionGenerator {
    static let accounts: [ActionGenerator] = [
        ActionGenerator("accounts.open_account", weight: 4) { scene in
            guard let member = scene.random.pick(scene.members),
                let sender = scene.ledger.alliance.members[member]?.account,
                scene.accounts.count < 24 || scene.chance(10)
            else { return nil }
            return Draft(sender) { action in
                action.accounts.openAccount.consent = consent(to: member, in: scene)
            }
        },
        ActionGenerator("accounts.add_key", weight: 3) { scene in
            let sender = scene.anyAccount()
            let key = newOrOldKey(of: sender, in: scene)
            return Draft(sender, needsUnlimitedKey: scene.chance(90)) { action in
                action.accounts.addKey.publicKey = Data(key.bytes)
                if scene.chance(60) { action.accounts.addKey.limits = limits(in: scene) }
            }
        },
        ActionGenerator("accounts.rotate_key", weight: 2) { scene in
            let sender = scene.anyAccount()
            let key = newOrOldKey(of: sender, in: scene)
            return Draft(sender) { $0.accounts.rotateKey.publicKey = Data(key.bytes) }
        },
        ActionGenerator("accounts.revoke_key", weight: 2) { scene in
            let sender = scene.anyAccount()
            let keys = scene.ledger.people.accounts[sender]?.keys ?? []
            guard let key = scene.random.pick(keys)?.key else { return nil }
            return Draft(sender, needsUnlimitedKey: scene.chance(90)) { action in
                action.accounts.revokeKey.publicKey = Data(key.bytes)
            }
        },
        ActionGenerator("accounts.set_recovery", weight: 2) { scene in
            let (sender, other) = (scene.anyAccount(), scene.anyAccount())
            let shortest = scene.ledger.alliance.parameters.recoveryDelayMinimumMs
            return Draft(sender, needsUnlimitedKey: true) { action in
                action.accounts.setRecovery = SetRecovery()
                if scene.chance(10) { return }
                action.accounts.setRecovery.account = Data(other.bytes)
                action.accounts.setRecovery.delayMs =
                    scene.chance(85)
                    ? shortest + UInt64(scene.random.below(60_000)) : shortest &- 1
            }
        },
        ActionGenerator("accounts.start_recovery", weight: 2) { scene in
            let lost = scene.accounts.filter {
                scene.ledger.people.accounts[$0]?.recoveryAccount != nil
            }
            guard let id = scene.random.pick(lost) else { return nil }
            let helper = scene.ledger.people.accounts[id]?.recoveryAccount ?? id
            let key = scene.newKey()
            return Draft(scene.chance(93) ? helper : scene.anyAccount(), needsUnlimitedKey: true) {
                action in
                action.accounts.startRecovery.account = Data(id.bytes)
                action.accounts.startRecovery.publicKey = Data(key.publicKey.bytes)
            }
        },
        ActionGenerator("accounts.cancel_recovery", weight: 1) { scene in
            let pending = scene.accounts.filter {
                scene.ledger.people.accounts[$0]?.pending != nil
            }
            guard let sender = scene.random.pick(pending) ?? scene.accounts.first else {
                return nil
            }
            return Draft(sender) { $0.accounts.cancelRecovery = CancelRecovery() }
        },
        ActionGenerator("accounts.request_sponsor", weight: 2) { scene in
            let member = scene.random.pick(scene.members) ?? "nobody"
            return Draft(scene.anyAccount(), needsUnlimitedKey: true) { action in
                action.accounts.requestSponsor.sponsor = scene.chance(95) ? member : "nobody"
            }
        },
        ActionGenerator("accounts.accept_sponsored", weight: 2) { scene in
            let asking = scene.accounts.filter {
                scene.ledger.people.accounts[$0]?.requestedSponsor.isEmpty == false
            }
            guard let id = scene.random.pick(asking),
                let row = scene.ledger.people.accounts[id]
            else { return nil }
            let asked = scene.ledger.alliance.members[row.requestedSponsor]?.account
            guard let sender = scene.chance(90) ? asked : scene.memberAccount() else { return nil }
            return Draft(sender) { $0.accounts.acceptSponsored.account = Data(id.bytes) }
        },
    ]

    private static func consent(to member: String, in scene: Scene) -> Signed {
        let key = scene.newKey()
        var consent = AccountConsent()
        consent.chain = Data(scene.ledger.chain.bytes)
        consent.sponsor = scene.chance(97) ? member : "another"
        if scene.chance(2) { consent.chain[0] ^= 1 }
        var signed = key.sign(consent.encoded, as: .accountConsent).message
        if scene.chance(2) { signed.signature[5] ^= 1 }
        return signed
    }

    /// Mostly new; at times one that the account has or had.
    private static func newOrOldKey(of account: AccountID, in scene: Scene) -> PublicKey {
        let row = scene.ledger.people.accounts[account]
        let old = (row?.keys.map(\.key) ?? []) + (row?.revoked.sorted() ?? [])
        if scene.chance(8), let key = scene.random.pick(old) { return key }
        return scene.newKey().publicKey
    }

    private static func limits(in scene: Scene) -> [SpendLimit] {
        scene.units.filter { _ in scene.chance(60) }.map { unit in
            var limit = SpendLimit()
            limit.unit = unit
            limit.perDayMinor = scene.random.within(0...600)
            return limit
        }
    }
}
