import Dispatch

/// A thread for simulations, one after the other: they do not wait for anything, and would
/// hold the few threads that all other tests share.
final class SimulationThread: TaskExecutor {
    private static let shared = SimulationThread()
    private let queue = DispatchQueue(label: "koinon.simulation-tests")

    static func run(_ simulation: @Sendable () throws -> Void) async throws {
        try await withTaskExecutorPreference(shared) { try simulation() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
