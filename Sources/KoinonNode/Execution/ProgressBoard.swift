import KoinonProtocol
import Synchronization

/// How far a node's chain is.
public struct ChainProgress: Hashable, Sendable {
    /// The last durable block.
    public var height: Height
    public var finalHeight: Height

    public init(height: Height, finalHeight: Height) {
        self.height = height
        self.finalHeight = finalHeight
    }

    /// - Parameter height: nil leaves it to the board to keep the one before.
    init(height: Height?, finalHeight: Height) {
        self.init(height: height ?? .genesis, finalHeight: finalHeight)
    }
}

/// Wakes those who follow the chain; what they then read they read at their own pace.
///
/// Telling costs the node one resumption for each that waits, whatever they do afterwards.
public final class ProgressBoard: Sendable {
    private struct State {
        var progress = ChainProgress(height: .genesis, finalHeight: .genesis)
        var isClosed = false
        var nextNumber: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<ChainProgress?, any Error>] = [:]

        mutating func takeAll() -> [CheckedContinuation<ChainProgress?, any Error>] {
            defer { waiting = [:] }
            return Array(waiting.values)
        }
    }

    private let state = Mutex(State())
    /// Apart, since it is asked while the state is locked.
    private let waitsForFinality = Atomic(true)

    init() {}

    public var current: ChainProgress { state.withLock { $0.progress } }

    /// Heights only rise.
    func post(_ progress: ChainProgress) {
        let (now, woken) = state.withLock { state in
            let before = state.progress
            state.progress.height = max(before.height, progress.height)
            state.progress.finalHeight = max(before.finalHeight, progress.finalHeight)
            return (state.progress, state.progress == before ? [] : state.takeAll())
        }
        for continuation in woken { continuation.resume(returning: now) }
    }

    /// Wakes everybody though nothing has changed, so that they can look at a clock.
    public func nudge() {
        let (now, woken) = state.withLock { ($0.progress, $0.takeAll()) }
        for continuation in woken { continuation.resume(returning: now) }
    }

    /// Nothing more will happen.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            return state.takeAll()
        }
        for continuation in woken { continuation.resume(returning: nil) }
    }

    /// Whoever waits for a block to be final goes on with what is there, and whoever comes later.
    func endWaitingForFinality() {
        waitsForFinality.store(false, ordering: .releasing)
        nudge()
    }

    /// Whether others may still be waited for.
    var isWaitingForFinality: Bool { waitsForFinality.load(ordering: .acquiring) }

    /// Returns when the chain is further than `seen`, at once if it is now, and at a
    /// ``nudge()``; nil once the node has ended.
    ///
    /// - Parameter isOver: asked before it waits; whoever makes it true nudges afterwards, and is
    ///   not missed then.
    /// - Throws: `CancellationError` when the task is cancelled.
    public func next(
        after seen: ChainProgress, unless isOver: () -> Bool = { false }
    ) async throws -> ChainProgress? {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<ChainProgress?, any Error>? = state.withLock { state in
                    // In the lock: whoever cancels later finds what waits.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.progress != seen || isOver() { return .success(state.progress) }
                    if state.isClosed { return .success(nil) }
                    state.waiting[number] = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let woken = state.withLock { $0.waiting.removeValue(forKey: number) }
            woken?.resume(throwing: CancellationError())
        }
    }
}

extension ProgressBoard {
    /// Returns once a block is final, true, or the deadline has come, or the node is about to
    /// stop (``Node/endWaiting()``): whether it is final then.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func untilFinal(
        _ height: Height, before deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        guard current.finalHeight < height else { return true }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var seen = self.current
                while seen.finalHeight < height, self.isWaitingForFinality,
                    let next = try await self.next(
                        after: seen, unless: { !self.isWaitingForFinality })
                {
                    seen = next
                }
            }
            group.addTask { try await Task.sleep(until: deadline) }
            try await group.next()
            group.cancelAll()
            // The other one ends by its cancellation.
            while let _ = await group.nextResult() {}
        }
        try Task.checkCancellation()
        return current.finalHeight >= height
    }
}
