import Foundation
import KoinonProtocol

/// Requests, and the answers to them.
extension Action {
    private static func market(_ action: MarketAction.OneOf_Action) -> Action {
        Action.with { $0.market.action = action }
    }

    /// Says what the sender looks for. Its id is ``TransactionBuilder/nextID(ofAction:)`` as a
    /// `RequestID`.
    ///
    /// - Parameters:
    ///   - kind: of the resource; nil for any.
    ///   - expires: when it and its answers end by themselves; at most 30 days ahead.
    ///   - wish: fills in the rest: place, distance, period, quantity, budget, …
    public static func publishRequest(
        title: String, kind: String? = nil, unit: String, expires: Timestamp,
        _ wish: (inout PublishRequest) -> Void = { _ in }
    ) -> Action {
        var request = PublishRequest()
        request.title = title
        request.kind = kind ?? ""
        request.unit = unit
        request.expiresAtMs = expires.milliseconds
        wish(&request)
        return market(.publishRequest(request))
    }

    public static func withdrawRequest(_ request: RequestID) -> Action {
        market(.withdrawRequest(.with { $0.request = Data(request.bytes) }))
    }

    /// By the owner of the offered resources. Its id is
    /// ``TransactionBuilder/nextID(ofAction:)`` as an `OfferID`.
    ///
    /// - Parameter start: nil for the moment at which it is taken.
    public static func answerRequest(
        _ request: RequestID, with offer: PublishOffer, start: Timestamp? = nil,
        durationMilliseconds: UInt64
    ) -> Action {
        market(
            .answerRequest(
                .with {
                    $0.request = Data(request.bytes)
                    $0.offer = offer
                    $0.startMs = start?.milliseconds ?? 0
                    $0.durationMs = durationMilliseconds
                }))
    }

    /// Other terms in place of the other side's, whole: what stays the same is said again.
    ///
    /// - Parameters:
    ///   - price: of a step of the tariff.
    ///   - start: nil for the moment at which it is taken.
    public static func counterAnswer(
        _ answer: OfferID, price: Amount, deposit: Amount, start: Timestamp? = nil,
        durationMilliseconds: UInt64
    ) -> Action {
        market(
            .counterAnswer(
                .with {
                    $0.answer = Data(answer.bytes)
                    $0.priceMinor = price.minor
                    $0.depositMinor = deposit.minor
                    $0.startMs = start?.milliseconds ?? 0
                    $0.durationMs = durationMilliseconds
                }))
    }

    /// Yes to the terms that stand. By the customer it opens the agreement, whose id is
    /// ``TransactionBuilder/nextID(ofAction:)`` as an `AgreementID`; by the provider it
    /// makes the customer's terms the provider's own.
    ///
    /// - Parameter arbiter: who decides disputes, one of the offer's arbiters; nil leaves it
    ///   to members by lot. Of the customer's yes only.
    public static func takeAnswer(_ answer: OfferID, arbiter: AccountID? = nil) -> Action {
        market(
            .takeAnswer(
                .with {
                    $0.answer = Data(answer.bytes)
                    $0.arbiter = arbiter.map { Data($0.bytes) } ?? Data()
                }))
    }

    /// By either party.
    public static func withdrawAnswer(_ answer: OfferID) -> Action {
        market(.withdrawAnswer(.with { $0.answer = Data(answer.bytes) }))
    }
}
