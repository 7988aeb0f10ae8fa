import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes
@testable import KoinonStore

/// A node that ends while rows wait leaves blocks whose rows have to be made again.
@Suite struct DeferredRowsNodeTests {
    @Test func `executes the blocks again whose rows a crash has lost`() async throws {
        let home = try TestHome(members: ["alfa"])
        var tip: BlockHeader?
        var registered: Hash256?
        do {
            let node = try home.node()
            let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
            registered = envelope.bodyHash
            let queue = try await node.execute([envelope])
            let batches = try #require(await queue.drain(limit: 1))
            for batch in batches {
                let blocks = batch.blocks.map {
                    KoinonStore.ClosedBlock($0.block, closedAt: $0.closedAt)
                }
                try node.store.commit(
                    CommitBatch(log: batch.log, blocks: blocks), defersRows: true)
            }
            tip = node.tip
            try node.store.close()
        }
        // Another process, reading only, sees and verifies all of it.
        let reading = try LedgerStore(opening: home.home.directory, readOnly: true)
        #expect(try reading.read { try $0.indexedHeight() } == .genesis)
        let id = try #require(registered)
        #expect(try reading.read { try $0.outcome(of: id) } != nil)
        let report = try await Verification.run(reading, genesis: home.genesis)
        #expect(report.tip == tip)
        #expect(try reading.loadReplica().header == tip)
        try reading.close()

        let node = try home.node()
        #expect(node.tip == tip)
        #expect(try node.store.read { try $0.indexedHeight() } == tip?.height)
        let kinds = node.replica.read { Resources.kinds.rows(in: $0.state).count }
        let stored = try node.store.readState { state, _ in Resources.kinds.rows(in: state).count }
        #expect(kinds == 1 && stored == 1)
        let after = try await Verification.run(node.store, genesis: home.genesis)
        #expect(after.tip == tip)
        try node.store.close()
    }
}
