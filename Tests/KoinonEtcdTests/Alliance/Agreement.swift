import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Testing

extension RunningAlliance {
    /// What must hold after every fault: once all nodes have come as far as each other they
    /// hold the same blocks with the same state, every transaction at most once, and each that
    /// a client was told is final. Nodes must run.
    func expectAgreement(
        _ load: Load, within limit: Duration = patience,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let heights = try await settle(within: limit)
        let lowest = try #require(heights.min(), sourceLocation: sourceLocation)
        #expect(
            Set(heights).count == 1, "heights \(heights)", sourceLocation: sourceLocation)
        let headers = try members.indices.map { try header($0, at: lowest) }
        for (index, header) in headers.enumerated() {
            #expect(
                header != nil && header == headers[0], "\(members[index]) at block \(lowest)",
                sourceLocation: sourceLocation)
        }
        let final = load.final
        for index in members.indices {
            let ids = try executed(index)
            let once = Set(ids)
            #expect(
                ids.count == once.count, "\(members[index]) executed something twice",
                sourceLocation: sourceLocation)
            #expect(
                final.isSubset(of: once),
                "\(members[index]) lacks \(final.subtracting(once).count) final transactions",
                sourceLocation: sourceLocation)
        }
    }

    /// Waits until all nodes but those named stand at one final height and nothing waits in
    /// their pools, or until `limit` is over.
    ///
    /// - Returns: where each of them stands.
    @discardableResult
    func settle(
        within limit: Duration = patience, except: Set<Int> = []
    ) async throws -> [UInt64] {
        let deadline = ContinuousClock.now + limit
        let indices = members.indices.filter { !except.contains($0) }
        var heights: [UInt64] = []
        while ContinuousClock.now < deadline {
            var statuses: [NodeStatus] = []
            for index in indices {
                // One that is busy answers the next time.
                if let status = try? await client(index).status() { statuses.append(status) }
            }
            heights = statuses.map(\.height)
            let isDone = statuses.allSatisfy {
                $0.height == heights[0] && $0.finalHeight == heights[0] && $0.pool == 0
            }
            if isDone, statuses.count == indices.count { return heights }
            try await Task.sleep(for: .milliseconds(100))
        }
        return heights
    }
}
