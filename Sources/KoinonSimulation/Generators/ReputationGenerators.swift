import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension ActionGenerator {
    static let reputation: [ActionGenerator] = [
        ActionGenerator("reputation.seal_review", weight: 9) { scene in
            let pool = scene.chance(96) ? scene.settledAgreements : scene.agreements
            guard let id = scene.random.pick(pool), let party = party(of: id, in: scene) else {
                return nil
            }
            return Draft(party) { action in
                action.reputation.sealReview.agreement = Data(id.bytes)
                action.reputation.sealReview.reviewHash = Data(
                    sealed(id, by: party).hash.bytes)
            }
        },
        ActionGenerator("reputation.open_review", weight: 7) { scene in
            guard let id = scene.random.pick(scene.reviewedAgreements),
                let party = party(of: id, in: scene)
            else { return nil }
            let review = sealed(id, by: party)
            return Draft(party) { action in
                action.reputation.openReview.agreement = Data(id.bytes)
                action.reputation.openReview.score = review.score
                action.reputation.openReview.salt = Data(review.salt)
            }
        },
        ActionGenerator("reputation.vouch_for", weight: 2) { scene in
            guard let member = member(in: scene) else { return nil }
            let account = scene.anyAccount()
            return Draft(member) { $0.reputation.vouchFor.account = Data(account.bytes) }
        },
        ActionGenerator("reputation.withdraw_vouch", weight: 1) { scene in
            guard let member = member(in: scene) else { return nil }
            let account = scene.anyAccount()
            return Draft(member) { $0.reputation.withdrawVouch.account = Data(account.bytes) }
        },
        ActionGenerator("reputation.raise_flag", weight: 2) { scene in
            guard let member = member(in: scene) else { return nil }
            let account = scene.anyAccount()
            return Draft(member) { action in
                action.reputation.raiseFlag.account = Data(account.bytes)
                // Few pieces of evidence, so that judged ones come again.
                action.reputation.raiseFlag.evidenceHash = Data(
                    repeating: UInt8(scene.random.below(6)), count: 32)
                action.reputation.raiseFlag.reason = scene.chance(97) ? "no-return" : "No Slug"
            }
        },
        ActionGenerator("reputation.answer_flag", weight: 2) { scene in
            guard let (id, flag) = scene.random.pick(scene.openFlags) else { return nil }
            return Draft(flagged(flag, in: scene)) { action in
                action.reputation.answerFlag.flag = Data(id.bytes)
                action.reputation.answerFlag.answerHash = Data(repeating: 9, count: 32)
            }
        },
        ActionGenerator("reputation.appeal_flag", weight: 2) { scene in
            guard let (id, flag) = scene.random.pick(scene.openFlags) else { return nil }
            return Draft(flagged(flag, in: scene)) { action in
                action.reputation.appealFlag.flag = Data(id.bytes)
            }
        },
        ActionGenerator("reputation.withdraw_flag", weight: 1) { scene in
            guard let (id, flag) = scene.random.pick(scene.openFlags),
                let sender = scene.chance(85)
                    ? scene.ledger.alliance.members[flag.member]?.account : member(in: scene)
            else { return nil }
            return Draft(sender) { $0.reputation.withdrawFlag.flag = Data(id.bytes) }
        },
    ]

    private static func member(in scene: Scene) -> AccountID? {
        scene.chance(96) ? scene.memberAccount() : scene.anyAccount()
    }

    private static func flagged(_ flag: FraudFlag, in scene: Scene) -> AccountID {
        guard let account = AccountID(flag.account), scene.chance(94) else {
            return scene.anyAccount()
        }
        return account
    }

    /// One of the two who may review, mostly.
    private static func party(of id: AgreementID, in scene: Scene) -> AccountID? {
        guard scene.chance(96), let row = scene.ledger.deals.rows[id] else {
            return scene.anyAccount()
        }
        return scene.random.pick(row.parties.sorted { $0.key < $1.key }.map(\.value))
    }

    /// What an account thinks of an agreement: worked out from both, so that whoever opens
    /// it need not remember what was sealed.
    private static func sealed(
        _ id: AgreementID, by account: AccountID
    ) -> (hash: Hash256, salt: [UInt8], score: Int32) {
        let salt = Hash256.sha256(id.bytes + account.bytes).bytes
        let score = Int32(salt[0] % 21) - 10
        let hash = SealedReview.hash(
            agreement: id, reviewer: account, salt: salt, score: score, textHash: nil)
        return (hash, salt, score)
    }
}
