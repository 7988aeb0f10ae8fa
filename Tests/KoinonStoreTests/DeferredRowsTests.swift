import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonStore

/// Rows by key may be written later than the blocks that changed them.
@Suite struct DeferredRowsTests {
    let home = TemporaryHome()
    var chain = TestChain()
    let store: LedgerStore
    var expected = LedgerContent()

    init() throws {
        let first = chain.first([TestChain.put("a", "0")])
        store = try LedgerStore.create(home: home.url, genesis: chain.genesis, block: first)
        expected.apply(CommitBatch(blocks: [ClosedBlock(first, closedAt: .start)]))
    }

    private mutating func commit(_ batch: CommitBatch, defersRows: Bool) throws {
        try store.commit(batch, defersRows: defersRows)
        expected.apply(batch)
    }

    @Test mutating func `the next commit that does not defer writes what is missing`() throws {
        try commit(
            chain.batch([TestChain.put("a", "1"), TestChain.put("b", "1")]), defersRows: true)
        try commit(chain.batch([TestChain.remove("a")], transactions: 3), defersRows: true)
        #expect(store.deferredTransactions == 4)
        #expect(try store.read { try $0.indexedHeight() } == .genesis)
        #expect(try store.read { try $0.stateRow(Array("a".utf8))?.height } == .genesis)
        // Blocks are all there, and what they executed is found.
        #expect(try store.read { try $0.tip().header.height } == Height(2))
        for (id, location) in expected.transactions {
            #expect(try store.read { try $0.location(ofTransaction: id) } == location)
        }
        try commit(CommitBatch(), defersRows: false)
        #expect(store.deferredTransactions == 0)
        #expect(try store.read { try $0.indexedHeight() } == Height(2))
        #expect(try LedgerContent(store) == expected)
    }

    @Test mutating func `a row is read with the block that wrote it, also while it waits`() throws {
        func expect(_ key: String, _ text: String?, by written: UInt64?, at height: UInt64) throws {
            let (row, found) = try store.stateRow(Array(key.utf8))
            #expect(row?.value == text.map { Array($0.utf8) }, "\(key)")
            #expect(row?.height == written.map { Height($0) }, "\(key)")
            #expect(found == Height(height), "\(key)")
        }
        try expect("a", "0", by: 0, at: 0)
        try commit(
            chain.batch([TestChain.put("a", "1"), TestChain.put("b", "1"), TestChain.put("c", "1")]
            ),
            defersRows: true)
        try commit(chain.batch([TestChain.put("a", "2"), TestChain.remove("b")]), defersRows: true)
        try commit(chain.batch([TestChain.put("d", "3")]), defersRows: true)
        // All wait, then block by block fewer, until none does.
        for indexed in 0...3 as ClosedRange<UInt64> {
            #expect(try store.read { try $0.indexedHeight() } == Height(indexed))
            try expect("a", "2", by: 2, at: 3)
            try expect("b", nil, by: nil, at: 3)
            try expect("c", "1", by: 1, at: 3)
            try expect("d", "3", by: 3, at: 3)
            try expect("e", nil, by: nil, at: 3)
            try store.writeDeferredRows(ofAtMost: 1)
        }
    }

    @Test mutating func `rows that a process left behind are completed by the next`() throws {
        let batches = [
            chain.batch([TestChain.put("a", "1")]), chain.batch([TestChain.put("c", "1")]),
        ]
        for batch in batches { try commit(batch, defersRows: true) }
        try store.close()
        let again = try LedgerStore(opening: home.url)
        #expect(try again.read { try $0.indexedHeight() } == .genesis)
        let blocks = batches.flatMap(\.blocks).map(\.executed)
        #expect(throws: StoreFault.self) { try again.completeRows(with: [blocks[1]]) }
        try again.completeRows(with: blocks)
        #expect(try LedgerContent(again) == expected)
        #expect(try again.read { try $0.indexedHeight() } == Height(2))
    }

    @Test mutating func `rows that wait are written in parts, the oldest first`() throws {
        for round in 1...4 {
            try commit(
                chain.batch(
                    [TestChain.put("a", "\(round)"), TestChain.put("\(round)", "1")],
                    transactions: round), defersRows: true)
        }
        // 1 + 2 transactions; with those of the third block they would be more.
        try store.writeDeferredRows(ofAtMost: 5)
        #expect(try store.read { try $0.indexedHeight() } == Height(2))
        #expect(store.deferredTransactions == 7)
        // One block at least.
        try store.writeDeferredRows(ofAtMost: 1)
        #expect(try store.read { try $0.indexedHeight() } == Height(3))
        try commit(chain.batch([TestChain.put("b", "1")]), defersRows: false)
        #expect(store.deferredTransactions == 0)
        try store.writeDeferredRows(ofAtMost: 1)
        #expect(try store.read { try $0.indexedHeight() } == Height(5))
        #expect(try LedgerContent(store) == expected)
    }

    @Test mutating func `a commit that is refused leaves what waits as it was`() throws {
        try commit(chain.batch([TestChain.put("a", "1")]), defersRows: true)
        var other = TestChain()
        _ = other.first()
        #expect(throws: StoreFault.self) { try store.commit(other.batch(), defersRows: false) }
        #expect(store.deferredTransactions == 1)
        try commit(CommitBatch(), defersRows: false)
        #expect(try LedgerContent(store) == expected)
    }
}
