import Foundation

/// How many transactions come a second, by what came in the last quarter of a second or so:
/// what came earlier counts for less and less.
struct LoadMeter {
    /// After so many seconds what came counts 1/e.
    private static let memory = 0.25

    private var perSecond = 0.0
    private var last: ContinuousClock.Instant?

    mutating func add(_ transactions: Int, at now: ContinuousClock.Instant) {
        perSecond = rate(at: now) + Double(transactions) / Self.memory
        last = now
    }

    func rate(at now: ContinuousClock.Instant) -> Double {
        guard let last else { return 0 }
        return perSecond * exp(-(last.duration(to: now) / .seconds(1)) / Self.memory)
    }
}
