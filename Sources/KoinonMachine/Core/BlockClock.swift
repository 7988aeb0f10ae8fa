import KoinonProtocol

/// Block time from the members' clocks.
enum BlockClock {
    /// max(previous, element ⌊n/2⌋ from 0 of the clocks, ascending).
    ///
    /// Never above the largest live honest clock while liars ≤ ⌈n/2⌉−1, never below
    /// the smallest while liars and silent ≤ ⌊n/2⌋ (docs/formats/entries.md).
    static func time(previous: Timestamp, clocks: [Timestamp]) -> Timestamp {
        guard !clocks.isEmpty else { return previous }
        return max(previous, clocks.sorted()[clocks.count / 2])
    }

    /// How many members' clocks must stand at a moment before block time can reach it.
    static func clocksNeeded(members: Int) -> Int { members - members / 2 }
}
