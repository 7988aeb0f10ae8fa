import Synchronization

/// Entries that an engine has taken, in the order of the calls, and that may not have
/// durable places yet.
public final class PendingAppend: Sendable {
    public typealias Outcome = Result<Void, any Error>

    private struct State {
        var result: Outcome?
        var observers: [@Sendable (Outcome) -> Void] = []
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
            whenEnded { continuation.resume(with: $0) }
        }
    }

    /// Calls `body` once with the outcome when it is known; at once if it is.
    public func whenEnded(_ body: @escaping @Sendable (Outcome) -> Void) {
        let result = state.withLock { state in
            if state.result == nil { state.observers.append(body) }
            return state.result
        }
        if let result { body(result) }
    }

    /// For the engine. The first outcome stays.
    public func end(_ result: Outcome) {
        let observers = state.withLock { state in
            guard state.result == nil else { return [] as [@Sendable (Outcome) -> Void] }
            defer { state = State(result: result) }
            return state.observers
        }
        for observer in observers { observer(result) }
    }
}
