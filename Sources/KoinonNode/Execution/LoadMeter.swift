import Foundation

/// How much is going on, by the transactions of each batch.
enum Load: Comparable {
    case little
    /// Many come, each by itself.
    case steady
    /// They come by the hundred.
    case much
}

/// Tells the ``Load`` by what came: by large batches for a while, by all in the last quarter of a
/// second or so, where what came earlier counts for less and less.
struct LoadMeter {
    /// A batch of so many transactions shows that much is going on.
    private static let largeBatch = 256
    /// Transactions a second.
    private static let steadyRate = 1_000.0
    /// After so many seconds what came counts 1/e.
    private static let memory = 0.25

    /// For so long a large batch counts.
    let patience: Duration
    private var lastLarge: ContinuousClock.Instant?
    private var perSecond = 0.0
    private var last: ContinuousClock.Instant?

    init(patience: Duration) { self.patience = patience }

    mutating func add(_ transactions: Int, at now: ContinuousClock.Instant) {
        perSecond = rate(at: now) + Double(transactions) / Self.memory
        last = now
        if transactions >= Self.largeBatch { lastLarge = now }
    }

    func load(at now: ContinuousClock.Instant) -> Load {
        if let lastLarge, lastLarge.duration(to: now) < patience { return .much }
        return rate(at: now) >= Self.steadyRate ? .steady : .little
    }

    private func rate(at now: ContinuousClock.Instant) -> Double {
        guard let last else { return 0 }
        return perSecond * exp(-(last.duration(to: now) / .seconds(1)) / Self.memory)
    }
}
