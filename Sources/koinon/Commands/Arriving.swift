import KoinonNode
import KoinonProtocol
import Logging

/// Catches up before a node runs, when its peers are far ahead.
enum Arriving {
    /// With less than this the ordering engine gives what is missing.
    private static let farBehind: UInt64 = 64

    /// So long peers have time for another block, when they have no more than this node.
    private static let pause = Duration.seconds(2)

    /// - Parameter isNeeded: whether even a little has to come from peers, since the engine
    ///   gives no more.
    /// - Throws: what no other peer could mend; peers that do not answer are logged.
    static func run(
        _ home: NodeHome, isNeeded: Bool = false, logger: Logger
    ) async throws {
        let peers = try (home.configuration().peers ?? []).map { try HTTPPeer($0) }
        guard !peers.isEmpty else { return }
        let arrival = LedgerArrival(home: home, peers: peers, logger: logger)
        let distance = try await arrival.distance()
        guard isNeeded || distance > farBehind else { return }
        logger.notice("catching up from peers", metadata: ["blocks": "\(distance)"])
        let line = ProgressLine("catching up")
        let report = try await arrival.run { line.show($0) }
        line.finish()
        logger.notice(
            "caught up",
            metadata: [
                "height": "\(report.catchUp.to)", "blocks": "\(report.catchUp.blocks.blocks)",
                "seconds": "\(report.catchUp.elapsed.inSeconds)",
            ])
        if isNeeded, report.catchUp.blocks.blocks == 0 { try await Task.sleep(for: pause) }
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
