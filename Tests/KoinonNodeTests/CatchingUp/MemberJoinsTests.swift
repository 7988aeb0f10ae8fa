import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Four nodes on one order, and a fifth that comes when the order has forgotten its beginning.
@Suite("A member that joins", .timeLimit(.minutes(30)))
struct MemberJoinsTests {
    @Test func `by vote begins from a snapshot, follows, and signs`() async throws {
        let alliance = try TestAlliance()
        let nodes = try alliance.names.indices.map { try alliance.start($0) }
        let (alfa, bravo, carol) = (
            alliance.sender("alfa"), alliance.sender("bravo"), alliance.sender("carol")
        )
        let newHome = NodeHome(alliance.homes[0].directory.appendingPathExtension("fifth"))
        defer { try? FileManager.default.removeItem(at: newHome.directory) }
        let echo = try #require(
            try newHome.prepareToJoin(alliance.genesis, members: ["echo"], peers: []).first)
        let proposal: ProposalID = alfa.builder.nextID(ofAction: 0)
        try await alfa.done(
            .propose(
                title: "Admit echo",
                Action.admission(
                    of: echo.id, name: "Echo", nodeKey: echo.nodeKey,
                    accountKey: echo.accountKey)), to: nodes[0].node)
        try await bravo.done(.vote(true, on: proposal), to: nodes[1].node)
        try await carol.done(.vote(true, on: proposal), to: nodes[2].node)
        for number in 0..<10 {
            try await alfa.done(
                .registerKind("kind-\(number)", title: "A kind"), to: nodes[0].node)
        }
        let tip = nodes[0].node.tip
        for running in nodes { try await running.node.untilFinal(tip.height) }
        try await SnapshotFolder(home: alliance.homes[0]).make(
            of: nodes[0].node.store, genesis: alliance.genesis)
        let closing = try #require(
            try nodes[0].node.store.read { try $0.entries(ofBlock: tip.height) }.last)
        alliance.order.trim(through: closing, of: tip.height)

        // The order has nothing for it any more; blocks and a snapshot of another node have.
        let early = try Node(
            home: newHome, engine: alliance.order.engine(4), clock: alliance.clock,
            logger: Follower.quiet)
        await #expect(throws: OrderFault.trimmed(through: tip.height)) { try await early.run() }
        try early.store.close()
        var arrival = LedgerArrival(
            home: newHome, peers: [try StorePeer("alfa", alliance.homes[0], alliance.genesis)],
            logger: Follower.quiet)
        arrival.worthSnapshot = 1
        arrival.patience.base = .seconds(300)
        let report = try await arrival.run()
        #expect(report.snapshot != nil && report.catchUp.to >= tip.height)

        let engine = alliance.order.engine(5)
        let fifth = try Node(
            home: newHome, engine: engine, clock: alliance.clock, logger: Follower.quiet)
        let following = TestAlliance.Running(
            node: fifth, engine: engine, task: Task { try await fifth.run() })
        try await alfa.done(.registerKind("last", title: "A kind"), to: nodes[0].node)
        let last = nodes[0].node.tip
        for node in nodes.map(\.node) + [fifth] { try await node.untilFinal(last.height) }
        try await until("echo has signed") {
            try nodes[0].node.store.read { try $0.attestations(at: last.height) }
                .contains { $0.member == echo.id }
        }
        for running in nodes + [following] { try await running.stop() }
    }

    @Test func `adds what is new to node.json, and leaves it alone where nothing is`() throws {
        let alliance = try TestAlliance()
        let home = NodeHome(alliance.homes[0].directory.appendingPathExtension("fifth"))
        defer { try? FileManager.default.removeItem(at: home.directory) }
        func prepare(_ peers: String...) throws {
            _ = try home.prepareToJoin(alliance.genesis, members: ["echo"], peers: peers)
        }
        try prepare("http://a")
        let own = Data(#"{"clock": "system", "hosts": ["echo"], "peers": ["http://a"]}"#.utf8)
        try own.write(to: home.configurationFile)
        try prepare("http://a")
        try prepare()
        #expect(try Data(contentsOf: home.configurationFile) == own)
        try prepare("http://b", "http://a")
        let configuration = try home.configuration()
        #expect(configuration.hosts == ["echo"])
        #expect(configuration.peers == ["http://a", "http://b"])
    }
}
