import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Where the order has lost an entry that a node wrote.
extension AllianceTests {
    @Test func `carry signatures and no transactions behind a gap in what they wrote`()
        async throws
    {
        let alliance = try TestAlliance()
        let nodes = try (0..<4).map { try alliance.start($0) }
        let (alfa, delta) = (alliance.sender("alfa"), try #require(MemberID(rawValue: "delta")))
        func written() throws -> [UInt64] {
            try alliance.order.entries.map { try EntryBody(strict: $0.envelope.body) }
                .filter { $0.author == delta.rawValue }.map(\.sequence)
        }
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        try await until("delta has signed") { try !written().isEmpty }
        await nodes[3].node.untilIdle()
        let missing = try #require(try written().max()) + 1
        alliance.order.hide(delta, missing)
        var count = 0
        while try written().max() ?? 0 < missing {
            count += 1
            try await alfa.done(.registerKind("kind-\(count)", title: "K"), to: nodes[0].node)
            for running in nodes { try await running.node.untilFinal(running.node.tip.height) }
            await nodes[3].node.untilIdle()
        }
        let words = "entry \(missing) of delta, which this node wrote, is not in the order"
        try await until("it says so") {
            nodes[3].node.engineReport.faults.contains { $0.hasPrefix(words) }
        }
        // As `koinon status` reads it.
        let fault = nodes[3].node.engineReport.faults.first { $0.hasPrefix(words) }
        let told = fault.flatMap(Diagnosis.MissingEntry.init)
        #expect(told?.author == "delta" && told?.sequence == missing)
        let waits = try alliance.sender("delta").sign(.registerKind("waits", title: "K"))
        _ = await nodes[3].node.submit([waits], waits: false)
        // Not from one entry into the next without end.
        await nodes[3].node.untilIdle()
        #expect(nodes[3].node.poolCount == 1)
        try await alfa.done(.registerKind("last", title: "K"), to: nodes[0].node)
        let last = nodes[0].node.tip.height
        try await until("delta's signature counts") {
            try nodes[0].node.store.read { try $0.attestations(at: last) }
                .contains { $0.member == delta }
        }
        // Those of the lost entry too.
        try await until("all of delta's signatures count") {
            try (1...last.rawValue).allSatisfy { height in
                try nodes[0].node.store.read { try $0.attestations(at: Height(height)) }
                    .contains { $0.member == delta }
            }
        }
        #expect(nodes[0].node.replica.read { $0.lastSequence(of: delta) } == missing - 1)
        for running in nodes { try await running.stop() }
    }

    @Test func `write for another member that they host behind a gap in what one wrote`()
        async throws
    {
        let alliance = try TestAlliance()
        let delta = try #require(MemberID(rawValue: "delta"))
        let both = alliance.homes[3]
        try both.addNodeKey(
            TestHome.nodeKey(of: "carol"), of: #require(MemberID(rawValue: "carol")))
        try both.write(NodeConfiguration(hosts: ["carol", "delta"]))
        let nodes = try [0, 1, 3].map { try alliance.start($0) }
        let alfa = alliance.sender("alfa")
        alliance.order.hide(delta, 1)
        var count = 0
        while nodes[2].node.engineReport.faults.isEmpty {
            count += 1
            try await alfa.done(.registerKind("kind-\(count)", title: "K"), to: nodes[0].node)
            await nodes[2].node.untilIdle()
        }
        let fault = try #require(nodes[2].node.engineReport.faults.first)
        #expect(fault.hasPrefix("entry 1 of delta, which this node wrote, is not in the order"))
        try await alliance.sender("carol").done(
            .registerKind("through", title: "K"), to: nodes[2].node)
        for running in nodes { try await running.node.untilFinal(nodes[2].node.tip.height) }
        #expect(nodes[0].node.replica.read { $0.lastSequence(of: delta) } == 0)
        for running in nodes { try await running.stop() }
    }
}
