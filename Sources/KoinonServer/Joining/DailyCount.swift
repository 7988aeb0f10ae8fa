import Synchronization

/// Counts what each of many takes in 24 hours, in bounded memory.
final class DailyCount: Sendable {
    private struct State {
        var begun: UInt64 = 0
        var all = 0
        var each: [String: Int] = [:]
    }

    private static let day: UInt64 = 86_400_000

    private let state = Mutex(State())
    private let most: Int
    private let mostEach: Int

    init(most: Int, mostEach: Int) {
        self.most = most
        self.mostEach = mostEach
    }

    /// Counts one; false when it would be too many.
    ///
    /// - Parameter now: milliseconds; a new day begins 24 hours after the first was counted.
    func take(_ name: String, at now: UInt64) -> Bool {
        state.withLock { state in
            if now >= state.begun + Self.day {
                state = State(begun: now)
            }
            guard state.all < most, state.each[name, default: 0] < mostEach else { return false }
            state.all += 1
            // At most as many names as `most`.
            state.each[name, default: 0] += 1
            return true
        }
    }
}
