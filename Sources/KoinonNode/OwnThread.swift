import Foundation

/// Threads for what takes milliseconds or waits for the disk or a lock: on one of the few that
/// all tasks share it would keep requests and blocks waiting.
public enum OwnThread {
    /// As many at once as Dispatch thinks good.
    private static let queue = DispatchQueue(label: "koinon.reading", attributes: .concurrent)

    /// As many at once as there are processors; the others wait their turn.
    private static let turns: OperationQueue = {
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = max(2, ProcessInfo.processInfo.activeProcessorCount)
        return queue
    }()

    /// As ``run(_:)``, for what walks the whole chain and holds memory for that: however many
    /// ask, few are at it.
    ///
    /// - Throws: what `body` throws.
    public static func runInTurn<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { done in
            turns.addOperation { done.resume(with: Swift.Result { try body() }) }
        }
    }

    /// Calls `body` on a thread of its own; waits without holding one.
    ///
    /// - Throws: what `body` throws.
    public static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { done in
            queue.async { done.resume(with: Swift.Result { try body() }) }
        }
    }
}
