import NIOCore

/// Runs a connection's tasks on the thread that reads from it and writes to it: a request that
/// does little is answered without waking another thread for each of its steps.
///
/// What waits for the disk, or takes milliseconds, must go elsewhere: ``PoolMiddleware``,
/// `Router.getApart`.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
