import KoinonProtocol

/// Block time from the members' clocks.
public enum BlockClock {
    /// max(previous, element ⌊n/2⌋ from 0 of the clocks, ascending).
    ///
    /// Never above the largest live honest clock while liars ≤ ⌈n/2⌉−1, never below
    /// the smallest while liars and silent ≤ ⌊n/2⌋ (docs/formats/entries.md).
    public static func time(previous: Timestamp, clocks: [Timestamp]) -> Timestamp {
        guard !clocks.isEmpty else { return previous }
        return max(previous, clocks.sorted()[clocks.count / 2])
    }
}
