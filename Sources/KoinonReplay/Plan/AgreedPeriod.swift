import KoinonProtocol

/// For how long the replay books a trip. A published file tells when a trip ended, not
/// what was agreed when it began; the rule is: the shortest of these periods that covers
/// the trip.
public enum AgreedPeriod {
    /// 1, 4, 12, 24 and 48 hours, and 7 days, in milliseconds.
    public static let choices: [UInt64] = [1, 4, 12, 24, 48, 168].map { $0 * 3_600_000 }

    /// Nil when the trip is longer than the longest, or ends before it starts.
    public static func covering(from start: Timestamp, to end: Timestamp) -> UInt64? {
        guard start <= end else { return nil }
        let duration = end.milliseconds - start.milliseconds
        return choices.first { $0 >= duration }
    }
}
