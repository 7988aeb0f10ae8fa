import Foundation
import KoinonProtocol

/// Agreements on offers.
extension Action {
    private static func agreements(_ action: AgreementsAction.OneOf_Action) -> Action {
        Action.with { $0.agreements.action = action }
    }

    /// Books. Its id is ``TransactionBuilder/nextID(ofAction:)`` as an `AgreementID`.
    ///
    /// - Parameters:
    ///   - start: nil for the time of the block that executes it.
    ///   - quantity: how much of the resource's capacity.
    ///   - arbiter: one of the offer's, who decides if it comes to a dispute; nil: members
    ///     drawn by lot.
    public static func openAgreement(
        offer: OfferID, start: Timestamp? = nil, durationMilliseconds: UInt64,
        quantity: UInt32 = 1, arbiter: AccountID? = nil
    ) -> Action {
        agreements(
            .openAgreement(
                .with {
                    $0.offer = Data(offer.bytes)
                    $0.startMs = start?.milliseconds ?? 0
                    $0.durationMs = durationMilliseconds
                    $0.quantity = quantity
                    if let arbiter { $0.arbiter = Data(arbiter.bytes) }
                }))
    }

    /// - Parameter transition: the verb, for instance "start".
    public static func takeTransition(_ transition: String, of agreement: AgreementID) -> Action {
        agreements(
            .takeTransition(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.transition = transition
                }))
    }
}
