import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

extension RunningAlliance {
    /// What must hold after every fault: once all nodes have come as far as each other they
    /// hold the same blocks with the same state, every transaction at most once, and each that
    /// a client was told is final. Nodes must run.
    func expectAgreement(
        _ load: Load, within limit: Duration = .seconds(30),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = ContinuousClock.now + limit
        let heights = try await settle(before: deadline)
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

    /// Waits until all nodes stand at one final height, or the deadline has come.
    private func settle(before deadline: ContinuousClock.Instant) async throws -> [UInt64] {
        var heights: [UInt64] = []
        while ContinuousClock.now < deadline {
            var statuses: [(height: UInt64, final: UInt64)] = []
            for index in members.indices {
                let status = try await client(index).status()
                statuses.append((status.height, status.finalHeight))
            }
            heights = statuses.map(\.height)
            let isDone = statuses.allSatisfy { $0.height == heights[0] && $0.final == heights[0] }
            if isDone { return heights }
            try await Task.sleep(for: .milliseconds(100))
        }
        return heights
    }
}
