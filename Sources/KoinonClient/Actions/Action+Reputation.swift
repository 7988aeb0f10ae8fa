import Foundation
import KoinonLedger
import KoinonProtocol

/// Reviews, vouches and fraud flags.
extension Action {
    private static func reputation(_ action: ReputationAction.OneOf_Action) -> Action {
        Action.with { $0.reputation.action = action }
    }

    /// By the opener or provider of a settled agreement.
    ///
    /// - Parameter hash: of `SealedReview.hash`, docs/formats/review.md; keep what went into
    ///   it, the salt above all, until it is opened.
    public static func sealReview(of agreement: AgreementID, hash: Hash256) -> Action {
        reputation(
            .sealReview(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.reviewHash = Data(hash.bytes)
                }))
    }

    /// What was sealed, once both have sealed or the time for it is over.
    ///
    /// - Parameters:
    ///   - score: -10 to 10; 0 says nothing.
    ///   - salt: 32 bytes.
    ///   - textHash: SHA-256 of a text kept off the ledger.
    public static func openReview(
        of agreement: AgreementID, score: Int32, salt: [UInt8], textHash: Hash256? = nil
    ) -> Action {
        reputation(
            .openReview(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.score = score
                    $0.salt = Data(salt)
                    if let textHash { $0.textHash = Data(textHash.bytes) }
                }))
    }

    /// By a member that has checked that a person of its own stands behind the account.
    public static func vouch(for account: AccountID) -> Action {
        reputation(.vouchFor(.with { $0.account = Data(account.bytes) }))
    }

    public static func withdrawVouch(for account: AccountID) -> Action {
        reputation(.withdrawVouch(.with { $0.account = Data(account.bytes) }))
    }

    /// By a member. Its id is ``TransactionBuilder/nextID(ofAction:)`` as a `FlagID`.
    ///
    /// - Parameters:
    ///   - evidenceHash: SHA-256 of evidence kept off the ledger.
    ///   - reason: a slug, for instance "never-delivered".
    public static func raiseFlag(
        on account: AccountID, evidenceHash: Hash256, reason: String
    ) -> Action {
        reputation(
            .raiseFlag(
                .with {
                    $0.account = Data(account.bytes)
                    $0.evidenceHash = Data(evidenceHash.bytes)
                    $0.reason = reason
                }))
    }

    /// By the flagged account, once.
    public static func answerFlag(_ flag: FlagID, answerHash: Hash256) -> Action {
        reputation(
            .answerFlag(
                .with {
                    $0.flag = Data(flag.bytes)
                    $0.answerHash = Data(answerHash.bytes)
                }))
    }

    /// By the flagged account, once: the members vote. The vote's id is
    /// ``TransactionBuilder/nextID(ofAction:)`` as a `ProposalID`.
    public static func appealFlag(_ flag: FlagID) -> Action {
        reputation(.appealFlag(.with { $0.flag = Data(flag.bytes) }))
    }

    /// By the member that raised it.
    public static func withdrawFlag(_ flag: FlagID) -> Action {
        reputation(.withdrawFlag(.with { $0.flag = Data(flag.bytes) }))
    }

    /// The change of a proposal that lifts a fraud flag.
    public static func lifting(flag: FlagID) -> Propose.OneOf_Change {
        .liftFlag(.with { $0.flag = Data(flag.bytes) })
    }
}
