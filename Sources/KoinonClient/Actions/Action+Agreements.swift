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

    /// Asks a price for the sender's place in an agreement, or for its later time.
    ///
    /// - Parameters:
    ///   - moment: from which on time is sold; nil sells the whole.
    ///   - until: until when it may be taken; nil for as long as the agreement's state lasts.
    public static func offerResale(
        of agreement: AgreementID, price: Amount, from moment: Timestamp? = nil,
        until: Timestamp? = nil
    ) -> Action {
        agreements(
            .offerResale(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.priceMinor = price.minor
                    $0.fromMs = moment?.milliseconds ?? 0
                    $0.untilMs = until?.milliseconds ?? 0
                }))
    }

    public static func withdrawResale(of agreement: AgreementID) -> Action {
        agreements(.withdrawResale(.with { $0.agreement = Data(agreement.bytes) }))
    }

    /// Takes it at the price, and from the moment, that the sender saw. The agreement
    /// about a part has the id ``TransactionBuilder/nextID(ofAction:)``.
    public static func takeResale(
        of agreement: AgreementID, price: Amount, from moment: Timestamp? = nil
    ) -> Action {
        agreements(
            .takeResale(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.priceMinor = price.minor
                    $0.fromMs = moment?.milliseconds ?? 0
                }))
    }
}
