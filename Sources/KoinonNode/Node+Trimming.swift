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
            let points = committer.trimPoints
            guard let height = points.mark(final: finalHeight) else { continue }
            do {
                let members = replica.read { $0.members.members.map(\.id) }
                let agreed = try await engine.mark(height, among: members)
                guard let position = points.take(agreed: agreed) else { continue }
                try await engine.trim(before: position)
            } catch {
                logger.warning("the engine cannot forget", metadata: ["reason": "\(error)"])
            }
        }
    }
}
