import Foundation

/// Turns the times of a place's clock into moments.
///
/// Where the clock was put forward, a time that it skipped is read as if it had not been:
/// it lands as far after the change as it says. Where it was put back, a time that it
/// showed twice is the earlier of the two. Both follow from one rule: in doubt, the
/// offset before the change holds.
struct LocalClock: Sendable {
    private let zone: TimeZone

    /// Nil when the system knows no zone of this name.
    init?(zone name: String) {
        guard let zone = TimeZone(identifier: name) else { return nil }
        self.zone = zone
    }

    /// - Parameter local: milliseconds since 1970-01-01 00:00 by this clock.
    /// - Returns: milliseconds since 1970-01-01 00:00 UTC.
    func moment(local: Int64) -> Int64 {
        // No zone is a day away from UTC: its offset then is one before any change that
        // the local time could be in doubt about.
        let before = offset(at: local - 86_400_000)
        let after = offset(at: local - before)
        if after == before { return local - before }
        return offset(at: local - after) == after ? local - after : local - before
    }

    private func offset(at moment: Int64) -> Int64 {
        let date = Date(timeIntervalSince1970: (Double(moment) / 1_000).rounded(.down))
        return Int64(zone.secondsFromGMT(for: date)) * 1_000
    }
}
