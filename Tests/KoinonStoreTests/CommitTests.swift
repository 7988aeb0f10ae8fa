import GRDB
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonStore

@Suite("Committing batches")
struct CommitTests {
    let home = TemporaryHome()
    var chain = TestChain()
    var expected = LedgerContent()
    let store: LedgerStore

    init() throws {
        let first = chain.first([TestChain.put("kept", "from genesis")])
        store = try LedgerStore.create(home: home.url, genesis: chain.genesis, block: first)
        expected.apply(CommitBatch(blocks: [ClosedBlock(first, closedAt: .start)]))
    }

    private mutating func commit(_ batch: CommitBatch) throws {
        try store.commit(batch)
        expected.apply(batch)
    }

    @Test mutating func `what was committed is read back, byte for byte`() throws {
        let entries = [chain.entry(), chain.entry(hasEffect: false), chain.entry(byteCount: 9_000)]
        let second = [chain.entry(byteCount: 0)]
        try commit(
            CommitBatch(
                log: entries + second,
                blocks: [
                    chain.block(entries, transactions: 3, changes: [TestChain.put("a", "1")]),
                    chain.block(second, transactions: 0, changes: [TestChain.put("b", "")]),
                ],
                attestations: [
                    TestChain.attestation(1, "north"), TestChain.attestation(1, "south"),
                ]))
        #expect(try LedgerContent(store) == expected)
        try store.read { (reader) throws in
            #expect(try reader.entries(ofBlock: Height(1)).count == 2)
            #expect(try reader.entries(ofBlock: Height(2)) == second.map(\.envelope))
            #expect(try reader.headerHashes(below: Height(2)) == chain.headers[..<2].map(\.hash))
            #expect(try reader.headerHashes(below: Height(9)).count == 3)
            #expect(
                try reader.attestations(at: Height(1)).map(\.member.rawValue) == ["north", "south"])
            let counts = try reader.counts()
            #expect(counts.blocks == 3 && counts.logEntries == 4 && counts.transactions == 3)
            #expect(counts.stateRows == 3 && counts.attestations == 2 && counts.bytes > 0)
            #expect(try reader.structuralDamage() == [])
        }
    }

    @Test func `what is not there is nil or empty, also for numbers beyond SQLite's`() throws {
        try store.read { (reader) throws in
            for height in [Height(1), Height(.max)] {
                #expect(try reader.block(at: height) == nil)
                #expect(try reader.result(at: height) == nil)
                #expect(try reader.entries(ofBlock: height) == [])
                #expect(try reader.attestations(at: height) == [])
            }
            #expect(try reader.entries(ofBlock: .genesis) == [])
            #expect(try reader.location(ofTransaction: .zero) == nil)
            #expect(try reader.stateRow([]) == nil)
            #expect(try reader.lastPosition() == .start)
            #expect(try reader.pendingEntries() == [])
            #expect(try reader.headerHashes(below: .genesis) == [])
            #expect(try reader.headerHashes(below: Height(.max)).count == 1)
        }
    }

    @Test mutating func `of rows written several times in a batch the last value and height stay`()
        throws
    {
        let entries = [chain.entry(), chain.entry(), chain.entry()]
        let changes = [
            [TestChain.put("a", "1"), TestChain.put("b", "1"), TestChain.put("c", "1")],
            [TestChain.put("a", "2"), TestChain.remove("b"), TestChain.remove("kept")],
            [TestChain.put("a", "3"), TestChain.put("d", "1"), TestChain.put("kept", "new")],
        ]
        let batch = CommitBatch(
            log: entries,
            blocks: zip(entries, changes).map { chain.block([$0], changes: $1) })
        let rows = IndexedRows(blocks: batch.blocks.map(\.executed)).coalescedChanges().map {
            "\(String(decoding: $0.change.key, as: UTF8.self)) \($0.height)"
        }
        #expect(rows == ["a 3", "b 2", "c 1", "d 3", "kept 3"])
        try commit(batch)
        #expect(try LedgerContent(store) == expected)
        #expect(expected.state.count == 4)
    }

    @Test mutating func `entries after the last block wait, across openings, for the next`() throws
    {
        try commit(chain.batch())
        let waiting = [chain.entry(), chain.entry(hasEffect: false)]
        try commit(CommitBatch(log: waiting))
        #expect(try store.read { try $0.pendingEntries() } == waiting)
        #expect(try store.read { try $0.lastPosition() } == LogPosition(3))
        try store.close()

        let again = try LedgerStore(opening: home.url)
        #expect(try again.read { try $0.pendingEntries() } == waiting)
        let closing = chain.entry()
        let batch = CommitBatch(log: [closing], blocks: [chain.block(waiting + [closing])])
        try again.commit(batch)
        expected.apply(batch)
        #expect(try again.read { try $0.pendingEntries() } == [])
        #expect(
            try again.read { try $0.entries(ofBlock: Height(2)) }
                == [waiting[0].envelope, closing.envelope])
        #expect(try LedgerContent(again) == expected)
    }

    /// As a node does that was not shown all of the order: it reads on behind its last block.
    @Test mutating func `what waits behind the last block is forgotten, with its place`() throws {
        var first = CommitBatch(log: [chain.entry()])
        first.orderedThrough = 7
        try store.commit(first)
        let closing = chain.entry()
        var batch = CommitBatch(
            log: [closing], blocks: [chain.block(first.log + [closing])])
        batch.log.append(chain.entry())
        batch.orderedThrough = 9
        batch.endsWithLastBlock = true
        try store.commit(batch)
        func look(_ store: LedgerStore) throws {
            try store.read { (reader) throws in
                #expect(try reader.pendingEntries() == [])
                #expect(try reader.orderedThrough() == nil)
                #expect(try reader.lastPosition() == closing.position)
                #expect(try reader.tip().header.height == Height(1))
            }
        }
        try look(store)
        try store.close()
        let again = try LedgerStore(opening: home.url)
        try look(again)
        try again.close()
    }

    @Test mutating func `a stored entry may close a block in a later commit`() throws {
        let entries = [chain.entry(), chain.entry()]
        try commit(CommitBatch(log: entries))
        try commit(CommitBatch(blocks: [chain.block([entries[0]])]))
        #expect(try store.read { try $0.pendingEntries() } == [entries[1]])
        try commit(CommitBatch(blocks: [chain.block([entries[1]])]))
        #expect(try LedgerContent(store) == expected)
    }

    @Test mutating func `the first attestation of a member at a height stays`() throws {
        try commit(CommitBatch(attestations: [TestChain.attestation(7, "north")]))
        var other = TestChain.attestation(7, "north")
        other.envelope = TestChain.attestation(8, "north").envelope
        try commit(CommitBatch(attestations: [other, TestChain.attestation(9, "a")]))
        #expect(try LedgerContent(store) == expected)
        #expect(
            try store.read { try $0.attestations(above: Height(7)) }.map(\.height) == [Height(9)])
    }

    @Test mutating func `a full disk refuses a batch whole and takes it when there is room`() throws
    {
        let writer = try #require(store.writer)
        let batch = chain.batch([StateChange(key: [1], value: TestChain.filler(90_000, seed: 1))])
        try writer.read { try $0.execute(sql: "PRAGMA max_page_count = 20") }
        do {
            try store.commit(batch)
            Issue.record("there was room")
        } catch StoreFault.diskFull {}
        #expect(try LedgerContent(store) == expected)
        try writer.read { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try commit(batch)
        #expect(try LedgerContent(store) == expected)
    }

    @Test mutating func `rows of a prefix come in order, and only those`() throws {
        let keys: [[UInt8]] = [
            [1, 255], [1, 255, 0], [1, 255, 255, 7], [2], [255], [255, 255, 3],
        ]
        try commit(chain.batch(keys.map { StateChange(key: $0, value: $0) }))
        func found(_ prefix: [UInt8]) throws -> [[UInt8]] {
            try store.read { (reader) throws in
                var keys: [[UInt8]] = []
                try reader.forEachStateRow(prefix: prefix) { keys.append($0.key) }
                return keys
            }
        }
        #expect(try found([1, 255]) == Array(keys[0...2]))
        #expect(try found([1, 255, 255]) == [keys[2]])
        #expect(try found([255]) == Array(keys[4...5]))
        #expect(try found([]).count == 7)
        #expect(try found([3]) == [])
    }
}
