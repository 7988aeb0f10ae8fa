/// Puts the next append off where many transactions have just come, each by itself: more will
/// come at once, and what a block costs besides them is then shared by more. Where few come
/// nothing waits (docs/decisions/058-the-next-append-waits-for-more.md).
struct Gathering {
    /// So many in one append show that more are on their way.
    static let manyTransactions = 16
    /// From one append to the next at least, then.
    static let milliseconds: UInt64 = 4
    /// Where so many come, twice as long: by then a block's own cost is worth it, and at half the
    /// load blocks do not become so large.
    static let veryManyTransactions = 40

    private var last: (uptime: UInt64, transactions: Int) = (0, 0)

    /// An append. One without transactions tells nothing of how many come: attestations follow
    /// each large block at once, and what its customers send next is still gathered.
    ///
    /// - Parameter uptime: in milliseconds, as later.
    mutating func began(_ transactions: Int, at uptime: UInt64) {
        if transactions > 0 { last = (uptime, transactions) }
    }

    /// How long the next append is still put off; nil: not at all.
    func rest(at uptime: UInt64) -> Duration? {
        guard last.transactions >= Self.manyTransactions else { return nil }
        let isLong = last.transactions >= Self.veryManyTransactions
        let pause = isLong ? 2 * Self.milliseconds : Self.milliseconds
        let passed = uptime - last.uptime
        return passed < pause ? .milliseconds(pause - passed) : nil
    }
}
