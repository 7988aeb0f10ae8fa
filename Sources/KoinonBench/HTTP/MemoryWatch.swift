import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Synchronization

/// A mixed load that goes on for minutes, and what memory the process takes meanwhile.
struct MemoryWatch: Sendable {
    let minutes: Double
    let accounts: Int
    let crowd: Crowd

    /// Payments, searches and pages a second: far below what the node can do, as most days are.
    private static let payments = 800.0
    private static let searches = 20.0
    private static let pages = 4.0
    /// Short, since the ledger keeps ids until they expire: what is kept then stays the same.
    private static let lifetimeMilliseconds: UInt64 = 15_000
    /// Before it caches and buffers are filling.
    private static let warmUp = 0.3
    /// At both ends as much of the time is averaged.
    private static let window = 0.1

    /// - Returns: growth as a fraction, and how much there is at the end.
    func run(
        _ served: ServedNode, pages paths: [String]
    ) async throws -> (growth: Double, bytes: UInt64) {
        let seconds = minutes * 60
        let searching = OfferCrowd.searches(now: served.node.now, count: 500)
        let samples = Samples()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await send(
                    to: served, connections: 32, payments(served, Int(seconds * Self.payments)))
            }
            group.addTask {
                try await send(
                    to: served, connections: 4,
                    .pages(
                        of: searching, count: Int(seconds * Self.searches),
                        expected: "\"rows\":", perSecond: Self.searches))
            }
            group.addTask {
                try await send(
                    to: served, connections: 2,
                    .pages(
                        of: paths, count: Int(seconds * Self.pages), expected: "</html>",
                        perSecond: Self.pages))
            }
            let sampling = Task {
                while !Task.isCancelled {
                    samples.add(PeakMemory.present)
                    do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
                }
            }
            defer { sampling.cancel() }
            try await group.waitForAll()
        }
        return Self.growth(samples.all)
    }

    /// What is resident, from time to time.
    private final class Samples: Sendable {
        private let values = Mutex<[UInt64]>([])

        var all: [UInt64] { values.withLock { $0 } }
        func add(_ value: UInt64) { values.withLock { $0.append(value) } }
    }

    private func send(
        to served: ServedNode, connections: Int, _ requests: LoadRequests
    ) async throws {
        let client = try await LoadClient(port: served.port, connections: connections)
        _ = try await client.run(requests)
        try await client.close()
    }

    /// Signed as they are sent: they expire soon.
    private func payments(_ served: ServedNode, _ count: Int) -> LoadRequests {
        let place = Counter()
        // Behind those with which offers were published.
        let firstNonce = PreparedLedger.nextNonce + 512
        let senders = max(1, accounts - 1)
        return .payments(perSecond: Self.payments) { [crowd, accounts] in
            let number = place.next()
            guard number < count else { return nil }
            let sender = 1 + number % senders
            let key = Crowd.key(sender)
            var builder = TransactionBuilder(
                chain: crowd.chain, sender: crowd.account(of: key), key: key,
                nextNonce: firstNonce + UInt64(number / senders),
                lifetimeMilliseconds: Self.lifetimeMilliseconds)
            // Anybody but the sender.
            let receiver = crowd.account(
                of: Crowd.key((sender + 1 + number * 7_919 % senders) % accounts))
            let pay = Action.transfer(
                unit: PreparedLedger.unit, to: receiver, amount: Amount(minor: 1))
            return try builder.build([pay], now: served.node.now).envelope
        }
    }

    static func growth(_ samples: [UInt64]) -> (growth: Double, bytes: UInt64) {
        guard let last = samples.last else { return (0, 0) }
        let size = max(1, Int(Double(samples.count) * window))
        func mean(_ part: ArraySlice<UInt64>) -> Double {
            part.reduce(0) { $0 + Double($1) } / Double(max(part.count, 1))
        }
        let begin = Int(Double(samples.count) * warmUp)
        let before = mean(samples[min(begin, samples.count - 1)...].prefix(size))
        return (mean(samples.suffix(size)) / before - 1, last)
    }
}
