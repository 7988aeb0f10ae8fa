import KoinonNode
import KoinonProtocol
import Logging

/// Catches up before a node runs, when its peers are far ahead.
enum Arriving {
    /// With less than this the ordering engine gives what is missing.
    private static let farBehind: UInt64 = 64

    /// - Parameters:
    ///   - place: up to which the engine has nothing any more, so that even a little has to come
    ///     from peers; nil leaves a little to the engine.
    ///   - leavesNothing: whether even a little comes from peers all the same.
    /// - Throws: what no other peer could mend; peers that do not answer are logged.
    static func run(
        _ home: NodeHome, readingAfter place: OrderPosition? = nil, leavesNothing: Bool = false,
        logger: Logger
    ) async throws {
        let peers = try (home.configuration().peers ?? []).map { try HTTPPeer($0) }
        guard !peers.isEmpty else { return }
        let arrival = LedgerArrival(home: home, peers: peers, logger: logger)
        let distance = try await arrival.distance()
        guard place != nil || leavesNothing || distance > farBehind else { return }
        logger.notice("catching up from peers", metadata: ["blocks": "\(distance)"])
        let line = ProgressLine("catching up")
        let report = try await arrival.run(readingAfter: place) { line.show($0) }
        line.finish()
        logger.notice(
            "caught up",
            metadata: [
                "height": "\(report.catchUp.to)", "blocks": "\(report.catchUp.blocks.blocks)",
                "seconds": "\(report.catchUp.elapsed.inSeconds)",
            ])
    }
}

extension ProgressLine {
    func show(_ step: LedgerArrival.Step) {
        switch step {
        case .fetching(let bytes, let total):
            show(done: bytes, of: total, detail: "snapshot, \(Text.bytes(total))")
        case .loading(let height):
            show(done: 1, of: 1, detail: "checking the state of block \(height)")
        case .blocks(let height, let goal):
            show(done: height.rawValue, of: goal.rawValue, detail: "block \(height) of \(goal)")
        }
    }
}
