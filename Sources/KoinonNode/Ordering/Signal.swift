import Synchronization

/// Wakes one waiting task; a wake with nobody waiting is remembered once.
public final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    public init() {}

    public func wake() {
        state.withLock { state in
            if let waiter = state.waiter.take() {
                waiter.resume()
            } else {
                state.isSet = true
            }
        }
    }

    /// Returns at the next wake, at once if one is remembered.
    public func wait() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.isSet {
                    state.isSet = false
                    continuation.resume()
                } else {
                    state.waiter = continuation
                }
            }
        }
    }
}
