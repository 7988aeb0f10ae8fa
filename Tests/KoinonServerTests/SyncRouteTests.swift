import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

/// What a node gives to others that catch up.
@Suite("The routes for nodes that catch up")
struct SyncRouteTests {
    private static func kinds(_ count: Int, by sender: Sender, to node: Node) async throws {
        for number in 0..<count {
            try await sender.done(.registerKind("kind-\(number)", title: "A kind"), to: node)
        }
        await node.untilIdle()
    }

    @Test func `stream whole blocks from a height on`() async throws {
        try await Served.with { served in
            try await Self.kinds(5, by: served.home.member("alfa"), to: served.node)
            let answer = try await served.get("/v1/sync/blocks?from=3")
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == BlockStream.mediaType)
            #expect(answer.headers[.koinonHeight] == "5")
            #expect(answer.headers[.koinonFinalHeight] == "5")
            var reader = BlockStreamReader()
            let blocks = try reader.read(Array(buffer: answer.body))
            try reader.finish()
            #expect(blocks.map(\.header.height) == [3, 4, 5].map { Height($0) })
            #expect(blocks.allSatisfy { $0.attestations.count == 2 && !$0.entries.isEmpty })
            #expect(reader.end == .init(next: Height(6), finalHeight: Height(5)))

            let beyond = try await served.get("/v1/sync/blocks?from=99")
            #expect(
                Array(buffer: beyond.body)
                    == BlockStream.bytes(
                        of: .init(next: Height(99), finalHeight: Height(5))))
            for wrong in ["", "?from=0", "?from=x"] {
                let answer = try await served.get("/v1/sync/blocks\(wrong)")
                #expect(answer.status == .badRequest)
                #expect(try answer.json["field"] as? String == "from")
            }
        }
    }

    @Test func `give a bounded number of answers at the same time`() async throws {
        try await Served.with { served in
            let most = served.context.configuration.limits.syncStreams
            served.context.metrics.openSyncStreams.add(most, ordering: .relaxed)
            let answer = try await served.get("/v1/sync/blocks?from=1")
            #expect(answer.status == .serviceUnavailable)
            #expect(try answer.json["code"] as? String == "tooManyStreams")
            #expect(answer.headers[.retryAfter] == "5")
        }
    }

    @Test func `give a snapshot in parts`() async throws {
        try await Served.with(preparing: { context, home in
            context.snapshots = SnapshotFolder(home: home.home)
        }) { served in
            #expect(try await served.get("/v1/sync/snapshots").json["snapshots"] as? [Int] == [])
            try await Self.kinds(2, by: served.home.member("alfa"), to: served.node)
            let folder = SnapshotFolder(home: served.home.home)
            try await folder.make(of: served.node.store, genesis: served.home.genesis)
            let list = try await served.get("/v1/sync/snapshots").json
            #expect((list["snapshots"] as? [[String: Int]]) == [["height": 2]])
            let manifest = try await served.get("/v1/sync/snapshots/2")
            let read = try SnapshotManifest(encoded: Array(buffer: manifest.body))
            try read.check(genesis: served.home.genesis)
            for (number, chunk) in read.chunks.enumerated() {
                let answer = try await served.get("/v1/sync/snapshots/2/chunks/\(number)")
                #expect(Hash256.sha256(Array(buffer: answer.body)) == chunk.hash)
            }
            for wrong in ["3", "2/chunks/999", "3/chunks/0"] {
                #expect(try await served.get("/v1/sync/snapshots/\(wrong)").status == .notFound)
            }
            for wrong in ["x", "2/chunks/x", "2/chunks/-1"] {
                #expect(try await served.get("/v1/sync/snapshots/\(wrong)").status == .badRequest)
            }
        }
    }

    @Test func `say which blocks are not kept`() async throws {
        let home = try TestHome()
        try await home.running { node in
            try await Self.kinds(5, by: home.member("alfa"), to: node)
        }
        let store = try LedgerStore(opening: home.home.directory)
        try Pruning.run(store, genesis: home.genesis, through: Height(3))
        try store.close()
        try await Served.with(home: home) { served in
            for path in [
                "/v1/sync/blocks?from=2", "/v1/blocks/2/transactions", "/v1/blocks/3/receipts",
                "/v1/blocks/1", "/v1/events?from=2",
            ] {
                let answer = try await served.get(path)
                #expect(answer.status == .gone, "\(path)")
                #expect(try answer.json["code"] as? String == "blockNotKept")
            }
            #expect(try await served.get("/v1/sync/blocks?from=4").status == .ok)
            #expect(try await served.get("/v1/blocks/2/header").status == .ok)
            #expect(try await served.get("/v1/status").json["base_height"] as? Int == 3)
        }
    }

    @Test func `say what an operator wants to know`() async throws {
        try await Served.with(
            home: try TestHome(members: ["alfa", "bravo", "carol"], hosts: ["alfa"])
        ) { served in
            try await served.home.member("alfa").done(
                .registerKind("bike", title: "Bicycle"), to: served.node)
            await served.node.untilIdle()
            let text = try await served.get("/v1/status").text
            let status = try JSONDecoder().decode(NodeStatus.self, from: Data(text.utf8))
            #expect(status.lag == 1 && status.quorum == 3 && status.baseHeight == 0)
            #expect(status.openSince?.timestamp == TestHome.start && status.openChange == nil)
            let states = try #require(status.memberStates)
            #expect(states.map(\.id) == ["alfa", "bravo", "carol"])
            #expect(states.map(\.hasSignedNext) == [true, false, false])
            #expect(states[0].attested == 1 && states[1].attested == nil)
            #expect(states[0].sequence > 0 && states[1].sequence == 0)
            #expect(status.finalHash != status.blockHash)
            #expect(try #require(status.disk).ledgerBytes > 4_096)
            #expect(status.poolLimit == 100_000 && status.poolPercent == 0)
            #expect(status.engine?.faults == [])
        }
    }
}

/// A home that is made from another member's node over real connections.
@Suite("Joining by HTTP", .timeLimit(.minutes(30)))
struct JoiningByHTTPTests {
    @Test func `a member admitted by vote begins from a snapshot and goes on by blocks`()
        async throws
    {
        let home = try TestHome(members: ["alfa", "bravo", "carol", "delta"])
        let newHome = NodeHome(
            home.home.directory.appendingPathExtension("new"))
        defer { try? FileManager.default.removeItem(at: newHome.directory) }
        let made = try newHome.prepareToJoin(home.genesis, members: ["echo"], peers: [])
        let echo = try #require(made.first)
        #expect(
            try newHome.prepareToJoin(home.genesis, members: ["echo"], peers: ["http://b"]) == [])
        let configuration = try newHome.configuration()
        #expect(configuration.hosts == ["echo"] && configuration.peers == ["http://b"])
        try await Self.serving(home) { node, address in
            let senders = ["alfa", "bravo", "carol", "delta"].map { home.member($0) }
            let proposal: ProposalID = senders[0].builder.nextID(ofAction: 0)
            try await senders[0].done(
                .propose(
                    title: "Admit echo",
                    Action.admission(
                        of: echo.id, name: "Echo", nodeKey: echo.nodeKey,
                        accountKey: echo.accountKey)), to: node)
            try await SnapshotFolder(home: home.home).make(
                of: node.store, genesis: home.genesis)
            for sender in senders[1...2] {
                try await sender.done(.vote(true, on: proposal), to: node)
            }
            for number in 0..<20 {
                try await senders[3].done(
                    .registerKind("kind-\(number)", title: "A kind"), to: node)
            }
            await node.untilIdle()
            var arrival = LedgerArrival(
                home: newHome, peers: [try HTTPPeer(address)], logger: Live.quiet)
            arrival.worthSnapshot = 1
            arrival.patience.base = .seconds(300)
            let report = try await arrival.run()
            #expect(report.snapshot == Height(1) && report.catchUp.faults == [])
            // The four no longer are a quorum of five without the fifth; four are.
            #expect(report.catchUp.to == node.finalHeight)
            #expect(report.catchUp.to >= Height(22))
            let store = try LedgerStore(opening: newHome.directory, readOnly: true)
            let members = try store.resumeReplica().members
            try store.close()
            #expect(members.nodeKey(of: echo.id) == echo.nodeKey)
        }
    }

    /// Serves a home on a port of this machine as long as `body` takes.
    private static func serving(
        _ home: TestHome, _ body: @Sendable (Node, String) async throws -> Void
    ) async throws {
        let node = try home.node()
        var configuration = ServerConfiguration()
        configuration.port = 0
        var context = ServerContext(node: node, configuration: configuration, logger: Live.quiet)
        context.snapshots = SnapshotFolder(home: home.home)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = try HTTPService(context) { listening.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: node),
                    .init(
                        service: service, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: Live.quiet))
        async let running: Void = group.run()
        let port = try #require(await ports.first { _ in true })
        let result: Result<Void, any Error>
        do { result = .success(try await body(node, "http://localhost:\(port)")) } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await running
        try node.store.close()
        try result.get()
    }
}
