import Synchronization

/// Entries that a watch has brought, or that were appended here, so that they need not be
/// fetched once more. What they are and where they stand is asked apart; a watch may err.
final class WatchedValues: Sendable {
    private struct State {
        var values: [[UInt8]: (created: UInt64, value: [UInt8])] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())

    /// Beyond this what waits is forgotten, and fetched when its turn comes.
    static let bytesMaximum = 32 * 1_048_576

    func add(_ key: [UInt8], created: UInt64, _ value: [UInt8]) {
        state.withLock { state in
            if state.bytes + value.count > Self.bytesMaximum { state = State() }
            state.bytes += value.count - (state.values[key]?.value.count ?? 0)
            state.values[key] = (created, value)
        }
    }

    /// The bytes that came with the key when it was created at that revision.
    func take(_ key: [UInt8], created: UInt64) -> [UInt8]? {
        state.withLock { state in
            guard let found = state.values.removeValue(forKey: key) else { return nil }
            state.bytes -= found.value.count
            return found.created == created ? found.value : nil
        }
    }
}
