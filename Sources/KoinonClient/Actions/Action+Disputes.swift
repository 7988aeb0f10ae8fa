import Foundation
import KoinonLedger
import KoinonProtocol

/// When the sides of an agreement do not agree any more.
extension Action {
    private static func disputes(_ action: DisputesAction.OneOf_Action) -> Action {
        Action.with { $0.disputes.action = action }
    }

    /// Freezes the agreement. By one of the two sides that its process names.
    ///
    /// - Parameter evidenceHash: SHA-256 of the evidence, which is kept off the ledger.
    public static func openDispute(
        of agreement: AgreementID, evidenceHash: Hash256, claim: Division
    ) -> Action {
        disputes(
            .openDispute(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.evidenceHash = Data(evidenceHash.bytes)
                    $0.claim = claim
                }))
    }

    public static func submitEvidence(_ hash: Hash256, about agreement: AgreementID) -> Action {
        disputes(
            .submitEvidence(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.evidenceHash = Data(hash.bytes)
                }))
    }

    /// By the arbiter, or by the account of a member on the panel.
    public static func decideDispute(of agreement: AgreementID, _ division: Division) -> Action {
        disputes(
            .decideDispute(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.division = division
                }))
    }

    public static func appealDecision(
        about agreement: AgreementID, evidenceHash: Hash256
    ) -> Action {
        disputes(
            .appealDecision(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.evidenceHash = Data(evidenceHash.bytes)
                }))
    }

    /// By who opened it, as long as nothing is decided.
    public static func withdrawDispute(of agreement: AgreementID) -> Action {
        disputes(.withdrawDispute(.with { $0.agreement = Data(agreement.bytes) }))
    }

    /// By the other side: the claim is carried out.
    public static func concedeDispute(of agreement: AgreementID) -> Action {
        disputes(.concedeDispute(.with { $0.agreement = Data(agreement.bytes) }))
    }

    /// Fractions of what an agreement holds; a role left out gets nothing.
    ///
    /// - Parameters:
    ///   - shares: numerators by role; they must sum to the denominator.
    ///   - handOver: the thing becomes the role's that the process names for it.
    public static func division(
        _ shares: [(role: String, numerator: UInt64)], of denominator: UInt64,
        handOver: Bool = false
    ) -> Division {
        .with {
            $0.shares = shares.map { share in
                .with {
                    $0.role = share.role
                    $0.numerator = share.numerator
                }
            }
            $0.denominator = denominator
            $0.handOver = handOver
        }
    }
}
