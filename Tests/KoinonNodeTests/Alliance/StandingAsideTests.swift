import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Logging
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Nodes whose members sign nothing any more, and that run all the same.
@Suite("A node whose member stands aside", .timeLimit(.minutes(30)))
struct StandingAsideTests {
    private struct Denied: Error {}

    private func signers(_ running: TestAlliance.Running, _ height: UInt64) throws -> [String] {
        try running.node.store.read { try $0.attestations(at: Height(height)) }
            .map(\.member.rawValue)
    }

    /// Carol signs block 2, which is lost with its entry; then she closes the epoch.
    @Test func `carries what it signed before it closed the epoch, and signs no more`()
        async throws
    {
        let alliance = try TestAlliance()
        let alfa = alliance.sender("alfa")
        var nodes = try (0..<3).map { try alliance.start($0) }
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        await nodes[2].node.untilIdle()
        nodes[2].engine.losesAppends.store(true, ordering: .relaxed)
        try await alfa.done(.registerKind("two", title: "K"), to: nodes[0].node)
        let file = try alliance.guardFile(2)
        try await until("carol signs") { try file.current()?.height == Height(2) }
        try await nodes[2].cutOff()
        #expect(nodes[0].node.finalHeight == Height(1))
        #expect(try RecoveryHome(alliance.homes[2]).state(closing: nil).map(\.closes) == [0])

        nodes[2] = try alliance.start(2)
        #expect(nodes[2].node.standings.map(\.standing) == [.follows(.epochClosed(0))])
        try await nodes[0].node.untilFinal(Height(2))
        try await alfa.done(.registerKind("three", title: "K"), to: nodes[0].node)
        let delta = try alliance.start(3)
        for running in nodes + [delta] { try await running.node.untilFinal(Height(3)) }
        #expect(try signers(nodes[0], 2).contains("carol"))
        #expect(try !signers(nodes[0], 3).contains("carol"))
        #expect(try file.current()?.height == Height(2))
        // What it states again is what it stated.
        try await nodes[2].stop()
        #expect(try RecoveryHome(alliance.homes[2]).state(closing: nil).allSatisfy(\.isOld))
        for running in [nodes[0], nodes[1], delta] { try await running.stop() }
    }

    /// Delta is expelled while its node is down.
    private func expelled() async throws -> (TestAlliance, [TestAlliance.Running]) {
        let alliance = try TestAlliance()
        var nodes = try (0..<4).map { try alliance.start($0) }
        let delta = try #require(MemberID(rawValue: "delta"))
        let events = try await alliance.sender("alfa").done(
            .propose(title: "Out", Action.expulsion(of: delta)), to: nodes[0].node)
        let id = try #require(ProposalID(events[0].alliance.proposalMade.proposal))
        try await nodes.removeLast().stop()
        for name in ["bravo", "carol"] {
            try await alliance.sender(name).done(.vote(true, on: id), to: nodes[0].node)
        }
        for running in nodes { try await running.node.untilFinal(Height(3)) }
        return (alliance, nodes)
    }

    @Test func `follows after its member was expelled`() async throws {
        let (alliance, nodes) = try await expelled()
        for _ in 0..<2 {
            let delta = try alliance.start(3)
            try await delta.node.untilFinal(Height(3))
            #expect(delta.node.hostsFormerMembersOnly)
            let late = try alliance.sender("alfa").sign(
                .registerKind("late", title: "K"), nonce: 9)
            guard case .refused(.hostsNoMember) = try await delta.node.outcome(of: late) else {
                Issue.record("it takes transactions")
                return
            }
            await delta.node.untilIdle()
            try await delta.stop()
        }
        for running in nodes { try await running.stop() }
    }

    @Test func `serves what it has when the engine lets the former member in no more`()
        async throws
    {
        let (alliance, nodes) = try await expelled()
        let first = try alliance.start(3)
        try await first.node.untilFinal(Height(3))
        try await first.stop()
        let engine = alliance.order.engine(3)
        engine.refusal.withLock { $0 = Denied() }
        let node = try Node(
            home: alliance.homes[3], engine: engine, clock: alliance.clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let delta = TestAlliance.Running(
            node: node, engine: engine, task: Task { try await node.run() })
        await node.untilIdle()
        #expect(node.tip.height == Height(3) && node.finalHeight == Height(3))
        #expect(!node.hasStopped)
        try await delta.stop()
        // A member's node is no good without its engine.
        let other = alliance.order.engine(0)
        try await nodes[0].stop()
        other.refusal.withLock { $0 = Denied() }
        let alfa = try Node(
            home: alliance.homes[0], engine: other, clock: alliance.clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await #expect(throws: Denied.self) { try await alfa.run() }
        try alfa.store.close()
        for running in nodes.dropFirst() { try await running.stop() }
    }
}
