import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The offer's rule about whom it takes, before anything else about the booking.
extension AgreementsRejectionTests {
    static let trust: [RejectionRow] = [
        RejectionRow(
            AgreementsRejection.openerFlagged, field: "offer", "flagged, too little standing"
        ) {
            let scene = try ReputationScene {
                $0.trustRule.refuseFlagged = true
                $0.trustRule.minimumStandingPpm = 900_000
            }
            _ = try scene.raise(scene.bea)
            return try scene.lease.tryBooking()
        },
        RejectionRow(
            AgreementsRejection.standingTooLow, field: "offer", "too little standing, 2 of 1"
        ) {
            let scene = try ReputationScene { $0.trustRule.minimumStandingPpm = 25_130 }
            return try scene.lease.tryBooking(quantity: 2)
        },
    ]
}
