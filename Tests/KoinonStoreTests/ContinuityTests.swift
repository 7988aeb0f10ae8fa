import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonStore

@Suite("Batches that do not continue the ledger")
struct ContinuityTests {
    let home = TemporaryHome()
    var chain = TestChain()
    let store: LedgerStore

    init() throws {
        store = try LedgerStore.create(
            home: home.url, genesis: chain.genesis, block: chain.first([TestChain.put("a", "0")]))
        try store.commit(chain.batch([TestChain.put("a", "1")]))
    }

    /// Commits a good block, then one altered: both must be refused together, and
    /// the unaltered batch be taken afterwards.
    private mutating func refused(_ alter: (inout CommitBatch) -> Void) throws -> String {
        let before = try LedgerContent(store)
        let entries = [chain.entry(), chain.entry()]
        let good = CommitBatch(
            log: entries,
            blocks: [
                chain.block([entries[0]], changes: [TestChain.put("a", "2")]),
                chain.block([entries[1]], changes: [TestChain.put("a", "3")]),
            ],
            attestations: [TestChain.attestation(1, "north")])
        var bad = good
        alter(&bad)
        var message = "taken"
        do {
            try store.commit(bad)
        } catch StoreFault.notContinuous(let text) {
            message = text
        }
        #expect(try LedgerContent(store) == before)
        try store.commit(good)
        return message
    }

    @Test mutating func `a gap in the heights`() throws {
        let message = try refused { $0.blocks[1].executed.header.height = Height(4) }
        #expect(message == "block 4 follows 2")
    }

    @Test mutating func `a height twice`() throws {
        let message = try refused { $0.blocks[1].executed.header.height = Height(2) }
        #expect(message == "block 2 follows 2")
    }

    @Test mutating func `another parent`() throws {
        let message = try refused { $0.blocks[1].executed.header.parent = .zero }
        #expect(message == "the parent of block 3 is not block 2")
    }

    @Test mutating func `another chain`() throws {
        let other = ChainID(storage: Hash256.zero.storage)
        let message = try refused { $0.blocks[1].executed.header.chain = other }
        #expect(message == "block 3 is of another chain")
    }

    @Test mutating func `a gap in the log`() throws {
        let message = try refused { $0.log[1].position = LogPosition(4) }
        #expect(message == "log position 4 follows 2")
    }

    @Test mutating func `a log that begins again`() throws {
        let message = try refused { $0.log[0].position = LogPosition(1) }
        #expect(message == "log position 1 follows 1")
    }

    @Test mutating func `a block without the entry that closed it`() throws {
        let message = try refused { $0.log.removeLast() }
        #expect(message == "the log up to 3 has other entries than block 3")
    }

    @Test mutating func `a block that closes beyond the log`() throws {
        let message = try refused { $0.blocks[1].closedAt = LogPosition(9) }
        #expect(message == "the log up to 9 has other entries than block 3")
    }

    @Test mutating func `a block over entries that the log does not have`() throws {
        let message = try refused { $0.blocks[0].executed.entries.append($0.log[1].envelope) }
        #expect(message == "the log up to 2 has other entries than block 2")
    }

    @Test mutating func `a block that leaves out an entry with effect`() throws {
        let message = try refused { $0.blocks[0].executed.entries = [] }
        #expect(message == "the log up to 2 has other entries than block 2")
    }

    @Test mutating func `blocks that close in another order than they follow`() throws {
        let message = try refused { $0.blocks[1].closedAt = LogPosition(2) }
        #expect(message == "block 3 closes at 2, the one before at 2")
    }

    @Test func `a ledger that does not begin with block 0`() throws {
        let home = TemporaryHome()
        var chain = TestChain()
        _ = chain.first()
        let second = chain.first()
        #expect(throws: StoreFault.notContinuous("a ledger begins with block 0")) {
            try LedgerStore.create(home: home.url, genesis: chain.genesis, block: second)
        }
        // The attempt leaves room for a right one.
        var other = TestChain()
        try LedgerStore.create(home: home.url, genesis: other.genesis, block: other.first()).close()
    }
}
