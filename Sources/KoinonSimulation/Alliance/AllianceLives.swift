/// The alliances of one seed, one after the other: every second one is led to a rare turn.
struct AllianceLives {
    private var random: SplitMix64
    /// Apart, so that the others stay as they are.
    private var led: SplitMix64
    private let members: Int?
    private var count = 0

    /// - Parameter members: how many found each alliance; chosen when nil.
    init(seed: UInt64, members: Int?) {
        random = SplitMix64(seed: seed)
        led = SplitMix64(seed: ~seed)
        self.members = members
    }

    mutating func next() throws -> AllianceScript {
        count += 1
        // Nothing has to meet where one decides alone.
        guard count % 2 == 0, members != 1 else {
            return try AllianceGenerator.script(&random, members: members)
        }
        return try AllianceGenerator.led(&led, members: members)
    }
}
