import KoinonProtocol
import Logging

extension Node {
    /// How often the engine is told what it may forget.
    private static let trimming = Duration.seconds(10)

    /// Lets the engine forget entries of old final blocks, until the task is cancelled. A
    /// fault is reported by the engine, and tried again.
    func trimUntilCancelled() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.trimming) } catch { return }
            guard let point = committer.trimPoints.take(final: finalHeight) else { continue }
            do { try await engine.trim(through: point.position) } catch {
                logger.warning("the engine cannot forget", metadata: ["reason": "\(error)"])
            }
        }
    }
}
