import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// A load that goes on for minutes, as full as it can be or at the pace that is given, and
/// what etcd stores meanwhile.
struct LastingLoad: Sendable {
    let bench: AllianceBench
    let alliance: BenchAlliance
    let folder: URL
    /// The first that no sender has used.
    let firstNonce: UInt64

    struct Outcome: Sendable {
        /// Transactions a second that clients were told are final.
        var finalPerS: Double
        /// Of the largest server of etcd, at the end.
        var engineBytes: Int
        /// That by what it was in the middle of the time.
        var engineBytesGrowth: Double
    }

    /// A ledger keeps what is sent until it expires.
    private static let lifetimeMilliseconds: UInt64 = 10 * 60_000

    func run(_ notes: BenchNotes) async throws -> Outcome {
        let limit = bench.minutes * 60
        let begin = ContinuousClock.now
        var sizes: [(seconds: Double, bytes: Int)] = []
        var part = 0
        var next = try sign(part)
        repeat {
            let source = try SharedReader(next)
            async let sending: Void = bench.send(
                bench.transactions, of: source, to: alliance.clients)
            part += 1
            let following = try sign(part)
            try await sending
            try FileManager.default.removeItem(atPath: next.path)
            next = following
            if bench.rate > 0 {
                let due = Double(part * bench.transactions) / bench.rate
                try await Task.sleep(until: begin + .seconds(due))
            }
            let seconds = begin.duration(to: .now).inSeconds
            sizes.append((seconds, try await alliance.engineBytes()))
            notes.progress("minutes of load", Int(seconds / 60), Int(bench.minutes))
        } while sizes.last?.seconds ?? limit < limit
        guard let last = sizes.last, let middle = sizes.last(where: { $0.seconds <= limit / 2 })
        else {
            throw BenchFault("--minutes: a part of the load takes longer than that; give more")
        }
        return Outcome(
            finalPerS: Double(part * bench.transactions) / last.seconds, engineBytes: last.bytes,
            engineBytesGrowth: Double(last.bytes) / Double(middle.bytes))
    }

    /// The next part of the load, while the one before is sent.
    private func sign(_ part: Int) throws -> MessageFile {
        let load = PaymentLoad(
            accounts: bench.accounts, transactions: bench.transactions,
            lifetimeMilliseconds: Self.lifetimeMilliseconds)
        let file = try MessageFile(creating: folder.appending(path: "part-\(part)"))
        try load.write(
            to: file, chain: alliance.genesis.chain,
            firstNonce: firstNonce + UInt64(part) * load.noncesPerAccount,
            now: SystemClock().now, seed: UInt64(part))
        return file
    }
}
