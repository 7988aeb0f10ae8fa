import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Nodes of one alliance, some with software that knows the next protocol version.
@Suite("A new protocol version", .timeLimit(.minutes(30)))
struct ProtocolTests {
    private static let newer = ModuleList(Modules.all, protocolVersion: 2)

    private func start(
        _ alliance: TestAlliance, _ index: Int, _ modules: ModuleList
    ) throws -> TestAlliance.Running {
        let engine = alliance.order.engine(index, seed: UInt64(index) + 1)
        let node = try Node(
            home: alliance.homes[index], engine: engine, clock: alliance.clock, pool: Pool(),
            storeOptions: StoreOptions(), guards: nil, modules: modules,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return TestAlliance.Running(
            node: node, engine: engine, task: Task { try await node.run() })
    }

    /// Version 2 from block 5 on, decided in block 3.
    private func decide(_ alliance: TestAlliance, at node: Node) async throws {
        let events = try await alliance.sender("alfa").done(
            .propose(title: "V2", Action.activation(ofProtocol: 2, from: Height(5))), to: node)
        let id = try #require(ProposalID(events[0].alliance.proposalMade.proposal))
        for name in ["bravo", "carol"] {
            try await alliance.sender(name).done(.vote(true, on: id), to: node)
        }
    }

    @Test
    func `stops a node that does not know it before its first block, with all that came before`()
        async throws
    {
        let alliance = try TestAlliance()
        let three = try (0..<3).map { try start(alliance, $0, Self.newer) }
        let old = try start(alliance, 3, .standard)
        try await decide(alliance, at: three[0].node)
        try await until("it knows what comes") { old.node.comingProtocol?.version == 2 }
        #expect(old.node.comingProtocol?.from == Height(5) && old.node.knownProtocol == 1)
        let alfa = TestHome.key("account of alfa")
        let sender = Sender(key: alfa, chain: alliance.chain, clock: alliance.clock)
        for number in 4...6 {
            let envelope = try sender.sign(
                .registerKind("kind-\(number)", title: "K"), nonce: UInt64(number))
            _ = try await three[0].node.receipt(of: envelope)
        }
        for running in three { try await running.node.untilFinal(Height(6)) }
        #expect(three[0].node.protocolVersion == 2 && three[0].node.comingProtocol == nil)

        let expected = UnknownProtocol(version: 2, from: Height(5), known: 1)
        let end = await old.task.result
        #expect(throws: expected) { try end.get() }
        #expect(old.node.tip.height == Height(4))
        try old.node.store.close()
        let store = try LedgerStore(opening: alliance.homes[3].directory, readOnly: true)
        let report = try await Verification.run(store, genesis: alliance.genesis)
        #expect(report.tip?.height == Height(4))
        try store.close()
        #expect("\(expected)".contains("from block 5 on the alliance follows protocol version 2"))
        // The same software does not begin, and newer goes on where it stopped.
        #expect(throws: expected) { try start(alliance, 3, .standard) }
        let back = try start(alliance, 3, Self.newer)
        try await back.node.untilFinal(Height(6))
        #expect(back.node.tip == three[0].node.tip)
        try await until("delta signs again") {
            try three[0].node.store.read { try $0.attestations(at: Height(6)) }.count == 4
        }
        for running in three + [back] { try await running.stop() }
        // Software from before reads a newer ledger as far as it can.
        let newer = try LedgerStore(opening: alliance.homes[0].directory, readOnly: true)
        await #expect(throws: expected) {
            _ = try await Verification.run(newer, genesis: alliance.genesis)
        }
        try newer.close()
    }
}
