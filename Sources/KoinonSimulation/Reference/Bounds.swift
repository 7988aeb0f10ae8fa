import Foundation
import KoinonProtocol

/// The limits of docs/formats/limits.md, once more by hand.
enum Bounds {
    static let largestAmount = UInt64(Int64.max)
    /// The end of the year 9999, in milliseconds.
    static let endOfTime: UInt64 = 253_402_300_799_999
    static let day: UInt64 = 86_400_000

    /// 1 to 64 bytes, no control characters or marks of direction, not only spaces.
    static func isTitle(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        let forbidden = scalars.contains {
            $0 < 0x20 || (0x7F...0x9F).contains($0) || (0x2028...0x202E).contains($0)
                || (0x2066...0x2069).contains($0)
        }
        return text.utf8.count >= 1 && text.utf8.count <= 64 && !forbidden
            && scalars.contains { $0 != 0x20 }
    }

    /// 1 to 32 of a–z, 0–9, "-", "." and "_", a letter or digit first.
    static func isSlug(_ text: String) -> Bool {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        guard let first = text.utf8.first, text.utf8.count <= 32, letters.contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { letters.contains($0) || Array("-._".utf8).contains($0) }
    }

    static func isHashOrNothing(_ bytes: Data) -> Bool { [0, 32].contains(bytes.count) }
}

/// The parameters of the alliance, by name (docs/formats/genesis.md).
enum ParameterBounds {
    private static let minute: UInt64 = 60_000
    private static let year: UInt64 = 365 * Bounds.day

    static let standard: [(name: String, value: UInt64)] = [
        ("voting_period_ms", 7 * Bounds.day), ("timers_per_block", 1_000),
        ("sponsor_accounts_maximum", 10_000_000), ("sponsor_accounts_per_day", 100_000),
        ("recovery_delay_minimum_ms", Bounds.day), ("agreement_duration_maximum_ms", year),
        ("booking_horizon_ms", year), ("bookings_per_resource", 1_000),
        ("review_seal_window_ms", 14 * Bounds.day), ("review_open_window_ms", 7 * Bounds.day),
        ("vouches_per_member", 10_000), ("dispute_evidence_ms", 3 * Bounds.day),
        ("dispute_decision_ms", 7 * Bounds.day), ("dispute_appeal_ms", 3 * Bounds.day),
        ("dispute_panel_size", 3),
    ]

    static func bounds(of name: String) -> ClosedRange<UInt64>? {
        switch name {
        case "voting_period_ms", "recovery_delay_minimum_ms", "review_seal_window_ms",
            "review_open_window_ms", "dispute_evidence_ms", "dispute_decision_ms",
            "dispute_appeal_ms":
            minute...year
        case "dispute_panel_size": 1...15
        case "timers_per_block", "bookings_per_resource": 1...100_000
        case "sponsor_accounts_maximum", "sponsor_accounts_per_day", "vouches_per_member":
            1...1_000_000_000
        case "agreement_duration_maximum_ms", "booking_horizon_ms": minute...(10 * year)
        default: nil
        }
    }
}

extension Parameters {
    subscript(name: String) -> UInt64 {
        get {
            switch name {
            case "voting_period_ms": votingPeriodMs
            case "timers_per_block": timersPerBlock
            case "sponsor_accounts_maximum": sponsorAccountsMaximum
            case "sponsor_accounts_per_day": sponsorAccountsPerDay
            case "recovery_delay_minimum_ms": recoveryDelayMinimumMs
            case "agreement_duration_maximum_ms": agreementDurationMaximumMs
            case "booking_horizon_ms": bookingHorizonMs
            case "bookings_per_resource": bookingsPerResource
            case "review_seal_window_ms": reviewSealWindowMs
            case "review_open_window_ms": reviewOpenWindowMs
            case "vouches_per_member": vouchesPerMember
            case "dispute_evidence_ms": disputeEvidenceMs
            case "dispute_decision_ms": disputeDecisionMs
            case "dispute_appeal_ms": disputeAppealMs
            case "dispute_panel_size": disputePanelSize
            default: 0
            }
        }
        set {
            switch name {
            case "voting_period_ms": votingPeriodMs = newValue
            case "timers_per_block": timersPerBlock = newValue
            case "sponsor_accounts_maximum": sponsorAccountsMaximum = newValue
            case "sponsor_accounts_per_day": sponsorAccountsPerDay = newValue
            case "recovery_delay_minimum_ms": recoveryDelayMinimumMs = newValue
            case "agreement_duration_maximum_ms": agreementDurationMaximumMs = newValue
            case "booking_horizon_ms": bookingHorizonMs = newValue
            case "bookings_per_resource": bookingsPerResource = newValue
            case "review_seal_window_ms": reviewSealWindowMs = newValue
            case "review_open_window_ms": reviewOpenWindowMs = newValue
            case "vouches_per_member": vouchesPerMember = newValue
            case "dispute_evidence_ms": disputeEvidenceMs = newValue
            case "dispute_decision_ms": disputeDecisionMs = newValue
            case "dispute_appeal_ms": disputeAppealMs = newValue
            case "dispute_panel_size": disputePanelSize = newValue
            default: break
            }
        }
    }
}
