import KoinonProtocol

/// One parameter of the alliance: its name, what holds when genesis says nothing,
/// and the values that a vote may give it.
public struct ParameterDefinition: Sendable {
    /// The field's name in `Parameters`.
    public var name: String
    public var field: WritableKeyPath<Parameters, UInt64> & Sendable
    public var standard: UInt64
    public var bounds: ClosedRange<UInt64>

    private static let minute: UInt64 = 60_000
    private static let day: UInt64 = 86_400_000
    private static let year: UInt64 = 365 * day

    /// In the order of `Parameters`; docs/formats/genesis.md has the same list.
    public static let all: [ParameterDefinition] = [
        Self(
            name: "voting_period_ms", field: \.votingPeriodMs, standard: 7 * day,
            bounds: minute...year),
        Self(
            name: "timers_per_block", field: \.timersPerBlock, standard: 1_000,
            bounds: 1...100_000),
        Self(
            name: "sponsor_accounts_maximum", field: \.sponsorAccountsMaximum,
            standard: 10_000_000, bounds: 1...1_000_000_000),
        Self(
            name: "sponsor_accounts_per_day", field: \.sponsorAccountsPerDay,
            standard: 100_000, bounds: 1...1_000_000_000),
        Self(
            name: "recovery_delay_minimum_ms", field: \.recoveryDelayMinimumMs, standard: day,
            bounds: minute...year),
        Self(
            name: "agreement_duration_maximum_ms", field: \.agreementDurationMaximumMs,
            standard: year, bounds: minute...(10 * year)),
        Self(
            name: "booking_horizon_ms", field: \.bookingHorizonMs, standard: year,
            bounds: minute...(10 * year)),
        Self(
            name: "bookings_per_resource", field: \.bookingsPerResource, standard: 1_000,
            bounds: 1...100_000),
        Self(
            name: "review_seal_window_ms", field: \.reviewSealWindowMs, standard: 14 * day,
            bounds: minute...year),
        Self(
            name: "review_open_window_ms", field: \.reviewOpenWindowMs, standard: 7 * day,
            bounds: minute...year),
        Self(
            name: "vouches_per_member", field: \.vouchesPerMember, standard: 10_000,
            bounds: 1...1_000_000_000),
        Self(
            name: "dispute_evidence_ms", field: \.disputeEvidenceMs, standard: 3 * day,
            bounds: minute...year),
        Self(
            name: "dispute_decision_ms", field: \.disputeDecisionMs, standard: 7 * day,
            bounds: minute...year),
        Self(
            name: "dispute_appeal_ms", field: \.disputeAppealMs, standard: 3 * day,
            bounds: minute...year),
        Self(
            name: "dispute_panel_size", field: \.disputePanelSize, standard: 3, bounds: 1...15),
    ]

    public static func named(_ name: String) -> ParameterDefinition? {
        all.first { $0.name == name }
    }

    /// Gives parameters left at 0 their standard value.
    ///
    /// - Throws: `parameterOutOfBounds` for the first that is neither 0 nor allowed.
    static func complete(_ given: Parameters) throws(Rejection) -> Parameters {
        var complete = given
        for definition in all {
            if complete[keyPath: definition.field] == 0 {
                complete[keyPath: definition.field] = definition.standard
            }
            let value = complete[keyPath: definition.field]
            guard definition.bounds.contains(value) else {
                throw Rejection(
                    AllianceRejection.parameterOutOfBounds, field: "parameters.\(definition.name)",
                    detail: definition.boundsText)
            }
        }
        return complete
    }

    /// For people: "1 to 100".
    public var boundsText: String { "\(bounds.lowerBound) to \(bounds.upperBound)" }
}
