import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The offer's rule about whom it takes.
extension MarketRejectionTests {
    private static func publish(_ rule: TrustRule, latitude: Int32 = 0) throws -> Receipt {
        let scene = try LeaseScene()
        var offer = LeaseScene.offer(on: scene.resource)
        offer.trustRule = rule
        offer.place.latitudeE7 = latitude
        return try scene.ledger.send(scene.provider, .market(.publishOffer(offer)))
    }

    static let trust: [RejectionRow] = [
        RejectionRow(
            Code.badTrustRule, field: "trust_rule.flagged_deposit_minor",
            "refused and asked for a deposit, place out of range"
        ) {
            try publish(
                .with {
                    $0.refuseFlagged = true
                    $0.flaggedDepositMinor = 5_000
                }, latitude: .max)
        },
        RejectionRow(
            Code.badTrustRule, field: "trust_rule.flagged_deposit_minor", "less than everybody's"
        ) {
            try publish(.with { $0.flaggedDepositMinor = 2_000 })
        },
        RejectionRow(
            Code.badTrustRule, field: "trust_rule.flagged_deposit_minor", "above 2^63 - 1"
        ) {
            try publish(.with { $0.flaggedDepositMinor = UInt64(Int64.max) + 1 })
        },
        RejectionRow(
            Code.badTrustRule, field: "trust_rule.minimum_standing_ppm", "more than certainty"
        ) {
            try publish(.with { $0.minimumStandingPpm = 1_000_001 })
        },
    ]
}
