import KoinonNode
import ServiceLifecycle

/// Wakes those who stream events now and then, so that they notice who is gone.
struct Heartbeat: Service {
    let progress: ProgressBoard
    static let pause = Duration.seconds(15)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.pause) } catch { return }
                progress.nudge()
            }
        }
    }
}
