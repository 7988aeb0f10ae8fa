import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Synchronization

/// Clients that send signed transactions to a node and wait until each is durable.
struct LoadDriver: Sendable {
    /// Clients at the same time.
    var clients: Int
    /// What a client sends at once, as a platform's server that gathers its customers' does.
    var perRequest: Int

    /// What came of a run.
    struct Outcome: Sendable {
        var elapsed = Duration.zero
        /// From sending a transaction to knowing that it is durable, one for each, in
        /// milliseconds, ascending.
        var latencies: [Double] = []

        func percentile(_ percent: Double) -> Double {
            guard !latencies.isEmpty else { return 0 }
            let rank = Int((percent / 100 * Double(latencies.count)).rounded(.up))
            return latencies[min(max(rank, 1), latencies.count) - 1]
        }
    }

    /// Hands out parts of the file, one client at a time.
    private final class Source: Sendable {
        private let reader: Mutex<MessageFile.Reader>

        init(_ file: MessageFile) throws { reader = Mutex(try MessageFile.Reader(path: file.path)) }

        func next(_ limit: Int) throws -> [Envelope] {
            try reader.withLock { try $0.next(limit) }
        }
    }

    /// Sends the whole file, each transaction once.
    ///
    /// - Throws: ``BenchFault`` when one is not executed, or rejected.
    func run(_ file: MessageFile, on node: Node) async throws -> Outcome {
        let source = try Source(file)
        let start = ContinuousClock.now
        var outcome = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<clients {
                group.addTask {
                    var latencies: [Double] = []
                    while case let envelopes = try source.next(perRequest), !envelopes.isEmpty {
                        let sent = ContinuousClock.now
                        try Self.check(await node.submit(envelopes, waits: true))
                        let took = sent.duration(to: .now).inSeconds * 1_000
                        latencies += Array(repeating: took, count: envelopes.count)
                    }
                    return latencies
                }
            }
            var all = Outcome()
            for try await latencies in group { all.latencies += latencies }
            return all
        }
        outcome.elapsed = start.duration(to: .now)
        outcome.latencies.sort()
        return outcome
    }

    /// Everything that a benchmark sends has to succeed, or it measures something else.
    static func check(_ statuses: [Node.SubmissionStatus]) throws {
        for status in statuses {
            switch status {
            case .settled(_, .executed(_, _, let receipt)) where receipt.code == 0: continue
            case .settled(_, .executed(_, _, let receipt)):
                throw BenchFault(
                    "a transaction of the load was rejected: code \(receipt.code) \(receipt.field) \(receipt.detail)"
                )
            case .settled(_, let outcome):
                throw BenchFault("a transaction of the load was not executed: \(outcome)")
            case .refused(.ignored(.replayed)):
                throw BenchFault(
                    "the node refused a transaction of the load, since its sender had too many under way: give more --accounts, or fewer transactions at a time"
                )
            case .refused(let refusal):
                throw BenchFault("the node refused a transaction of the load: \(refusal)")
            case .pending, .unknown:
                throw BenchFault("the node stopped before it said what became of the load")
            }
        }
    }
}
