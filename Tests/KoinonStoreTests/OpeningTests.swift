import Foundation
import GRDB
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonStore

@Suite("Opening a ledger")
struct OpeningTests {
    let home = TemporaryHome()

    private func create() throws -> LedgerStore {
        var chain = TestChain()
        return try LedgerStore.create(home: home.url, genesis: chain.genesis, block: chain.first())
    }

    @Test func `a new ledger holds the genesis document and block 0`() throws {
        var chain = TestChain()
        let block = chain.first([TestChain.put("a", "1")])
        let store = try LedgerStore.create(home: home.url, genesis: chain.genesis, block: block)
        #expect(store.genesis == chain.genesis)
        var expected = LedgerContent()
        expected.apply(CommitBatch(blocks: [ClosedBlock(block, closedAt: .start)]))
        #expect(try LedgerContent(store) == expected)
        try store.close()

        let again = try LedgerStore(opening: home.url)
        #expect(again.genesis == chain.genesis)
        #expect(try LedgerContent(again) == expected)
    }

    @Test func `directory and files are for their owner only`() throws {
        let store = try create()
        func permissions(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try permissions(home.url.path) == 0o700)
        let names = try FileManager.default.contentsOfDirectory(atPath: home.url.path)
        #expect(Set(names).isSuperset(of: ["ledger.sqlite", "ledger.sqlite-wal", "lock"]))
        for name in names {
            let path = home.url.appendingPathComponent(name).path
            #expect(try permissions(path) == 0o600, "\(name)")
        }
        try store.close()
    }

    @Test func `every commit is synced: synchronous is FULL in the connection that writes`() throws
    {
        let store = try create()
        let (synchronous, journal) = try #require(store.writer).read { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"),
                try String.fetchOne(db, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2)
        #expect(journal == "wal")
    }

    @Test func `a second writer is refused and told which process holds the ledger`() throws {
        let store = try create()
        let expected = StoreFault.inUse(home: home.url.path, processID: getpid())
        #expect(throws: expected) { try LedgerStore(opening: home.url) }
        #expect(expected.description.contains("process \(getpid())"))
        var chain = TestChain()
        #expect(throws: expected) {
            try LedgerStore.create(home: home.url, genesis: chain.genesis, block: chain.first())
        }
        try store.close()
        try LedgerStore(opening: home.url).close()
    }

    @Test func `a reader beside the writer sees each commit and can write nothing`() throws {
        var chain = TestChain()
        let writer = try LedgerStore.create(
            home: home.url, genesis: chain.genesis, block: chain.first())
        let reader = try LedgerStore(opening: home.url, readOnly: true)
        #expect(reader.isReadOnly && !writer.isReadOnly)
        try writer.commit(chain.batch([TestChain.put("a", "1")]))
        #expect(try reader.read { try $0.tip().header.height } == Height(1))
        #expect(throws: StoreFault.readOnly) { try reader.commit(chain.batch()) }

        // One view stays as it was while blocks are added.
        try reader.read { (view) throws in
            #expect(try view.stateRow(Array("a".utf8))?.value == Array("1".utf8))
            try writer.commit(chainAfter(1, [TestChain.put("a", "2")]))
            #expect(try view.stateRow(Array("a".utf8))?.value == Array("1".utf8))
        }
        #expect(try reader.read { try $0.stateRow(Array("a".utf8)) }?.value == Array("2".utf8))
    }

    @Test func `a snapshot stays as it was over many reads`() throws {
        let store = try create()
        let reader = try LedgerStore(opening: home.url, readOnly: true)
        let snapshots = [try store.snapshot(), try reader.snapshot()]
        try store.commit(chainAfter(0, [TestChain.put("a", "1")]))
        for snapshot in snapshots {
            #expect(try snapshot.read { try $0.tip().header.height } == .genesis)
        }
        try store.commit(chainAfter(1, [TestChain.put("a", "2")]))
        for snapshot in snapshots {
            #expect(try snapshot.read { try $0.stateRow(Array("a".utf8)) } == nil)
            #expect(try snapshot.read { try $0.block(at: Height(1)) } == nil)
        }
        #expect(try reader.snapshot().read { try $0.tip().header.height } == Height(2))
    }

    /// The batch that adds block `height` + 1 to a chain of plain batches.
    private func chainAfter(_ height: Int, _ changes: [StateChange]) -> CommitBatch {
        var chain = TestChain()
        _ = chain.first()
        for _ in 0..<height { _ = chain.batch() }
        return chain.batch(changes)
    }

    @Test func `a ledger that was closed can be read where nobody writes`() throws {
        let store = try create()
        let content = try LedgerContent(store)
        try store.close()
        let reader = try LedgerStore(opening: home.url, readOnly: true)
        #expect(try LedgerContent(reader) == content)
    }

    @Test func `a closed store answers with a fault`() throws {
        let store = try create()
        try store.close()
        #expect(throws: StoreFault.self) { try store.read { try $0.tip() } }
        #expect(throws: StoreFault.self) { try store.commit(CommitBatch()) }
    }

    @Test func `a directory without a ledger is said to have none, and stays as it is`() throws {
        let expected = StoreFault.noLedger(home: home.url.path)
        for readOnly in [false, true] {
            #expect(throws: expected) { try LedgerStore(opening: home.url, readOnly: readOnly) }
        }
        #expect(!FileManager.default.fileExists(atPath: home.url.path))
        #expect(expected.remedy.contains("koinon init"))
    }

    @Test func `a ledger is not created over another`() throws {
        try create().close()
        var chain = TestChain()
        #expect(throws: StoreFault.ledgerExists(home: home.url.path)) {
            try LedgerStore.create(home: home.url, genesis: chain.genesis, block: chain.first())
        }
    }

    @Test func `a creation that stopped half way can be done again`() throws {
        // What remains when the process ends before its only transaction.
        try FileManager.default.createDirectory(at: home.url, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: home.ledger, contents: nil)
        for readOnly in [false, true] {
            #expect(throws: StoreFault.noLedger(home: home.url.path)) {
                try LedgerStore(opening: home.url, readOnly: readOnly)
            }
        }
        let store = try create()
        #expect(try store.read { try $0.tip().header.height } == .genesis)
    }
}
