import KoinonLedger
import KoinonNode
import KoinonProtocol
import NIOCore

/// How long an answer about sent transactions may take.
public enum Waiting: String, Sendable, CaseIterable {
    /// Answers once they are in the pool.
    case none
    /// Once the blocks that hold them are on the disk.
    case durable
    /// Once a quorum of members has signed those blocks.
    case final
}

/// Hands transactions to the node and says what became of them.
public struct Submitter: Sendable {
    let node: Node
    let metrics: ServerMetrics

    public init(node: Node, metrics: ServerMetrics) {
        self.node = node
        self.metrics = metrics
    }

    /// In the order given, each with its own verdict; what is still open at the end of `limit`, or
    /// when the node is about to stop, is pending.
    ///
    /// - Throws: `CancellationError`; the transactions may be executed nevertheless.
    public func submit(
        _ envelopes: [Envelope], waiting: Waiting, limit: Duration
    ) async throws -> [Verdict] {
        let start = ContinuousClock.now
        let statuses = await node.submit(envelopes, waits: waiting != .none, limit: limit)
        let verdicts = zip(envelopes, statuses).map { Verdict($0.bodyHash, $1) }
        record(verdicts, waiting: waiting, since: start)
        if waiting == .final, let height = verdicts.compactMap(\.height).max() {
            _ = try await node.progress.untilFinal(height, before: start.advanced(by: limit))
        }
        return verdicts
    }

    /// Submits one, without a task that waits for it.
    ///
    /// - Parameter tell: is called once, on the event loop.
    func submit(
        _ envelope: Envelope, waits: Bool, limit: Duration, on loop: any EventLoop,
        tell: @escaping @Sendable (Verdict) -> Void
    ) {
        let start = ContinuousClock.now
        node.submit(envelope, waits: waits, limit: limit) { status in
            loop.execute {
                let verdict = Verdict(envelope.bodyHash, status)
                self.record([verdict], waiting: waits ? .durable : .none, since: start)
                tell(verdict)
            }
        }
    }

    private func record(
        _ verdicts: [Verdict], waiting: Waiting, since start: ContinuousClock.Instant
    ) {
        let seconds = start.duration(to: .now).seconds
        for verdict in verdicts {
            metrics.count(verdict)
            if waiting != .none, verdict.receipt != nil { metrics.commitSeconds.observe(seconds) }
        }
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
