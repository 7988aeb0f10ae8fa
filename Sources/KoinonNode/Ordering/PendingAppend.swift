import Synchronization

/// Entries that an engine has taken, in the order of the calls, and that may not have
/// durable places yet.
public final class PendingAppend: Sendable {
    private struct State {
        var result: Result<Void, any Error>?
        var waiting: [CheckedContinuation<Void, any Error>] = []
        var observers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether the outcome is known.
    public var hasEnded: Bool { state.withLock { $0.result != nil } }

    /// Returns once the entries have durable places, one behind the other. A place, not an
    /// effect.
    ///
    /// - Throws: the engine's fault; whether the entries have places is then unknown.
    public func durable() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiting.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// Calls `body` once when the outcome is known; at once if it is.
    public func whenEnded(_ body: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state in
            if state.result == nil { state.observers.append(body) }
            return state.result != nil
        }
        if hasEnded { body() }
    }

    /// For the engine. The first outcome stays.
    public func end(_ result: Result<Void, any Error>) {
        let left = state.withLock { state -> State? in
            guard state.result == nil else { return nil }
            defer { state = State(result: result) }
            return state
        }
        guard let left else { return }
        for continuation in left.waiting { continuation.resume(with: result) }
        for observer in left.observers { observer() }
    }
}
