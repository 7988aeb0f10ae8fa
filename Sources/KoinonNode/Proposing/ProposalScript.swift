import KoinonProtocol
import Synchronization

/// Blocks whose times are given, for replaying recorded data.
final class ProposalScript: Sendable {
    struct Part: Sendable {
        var blocks: [ProposedBlock]
        var done: CheckedContinuation<Void, any Error>
    }

    private let parts = Mutex<[Part]>([])

    func add(_ part: Part) { parts.withLock { $0.append(part) } }
    func take() -> Part? { parts.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    /// Nothing more will be proposed.
    func fail(_ error: any Error) {
        while let part = take() { part.done.resume(throwing: error) }
    }
}
