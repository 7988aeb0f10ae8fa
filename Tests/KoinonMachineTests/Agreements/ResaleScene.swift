import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

extension Action {
    static func offerResale(
        _ agreement: AgreementID, price: UInt64, from: Timestamp? = nil, until: Timestamp? = nil
    ) -> Action {
        .agreements(
            .offerResale(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.priceMinor = price
                    $0.fromMs = from?.milliseconds ?? 0
                    $0.untilMs = until?.milliseconds ?? 0
                }))
    }

    static func withdrawResale(_ agreement: AgreementID) -> Action {
        .agreements(.withdrawResale(.with { $0.agreement = Data(agreement.bytes) }))
    }

    static func takeResale(
        _ agreement: AgreementID, price: UInt64, from: Timestamp? = nil
    ) -> Action {
        .agreements(
            .takeResale(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.priceMinor = price
                    $0.fromMs = from?.milliseconds ?? 0
                }))
    }
}

extension LeaseScene {
    /// One whose offer lets bookings be sold on.
    static func withResale(
        terms: [String: Int64] = [:], _ change: (inout PublishOffer) -> Void = { _ in }
    ) throws -> LeaseScene {
        try LeaseScene(terms: terms.merging(["resale": 1]) { $1 }, change)
    }
}
