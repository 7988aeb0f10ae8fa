import Foundation
import GRDB
import KoinonProtocol
import Testing

@testable import KoinonStore

@Suite("Format of the ledger's file")
struct FormatTests {
    let home = TemporaryHome()

    init() throws {
        var chain = TestChain()
        try LedgerStore.create(home: home.url, genesis: chain.genesis, block: chain.first())
            .close()
    }

    /// A program of the future: one more column, filled from what is there.
    private func next(failing: Bool = false) -> StoreFormat {
        var format = StoreFormat.current
        let from = format.version
        format.version += 1
        format.steps.append(
            .init(from: from) { db in
                try db.execute(sql: "ALTER TABLE log ADD COLUMN bytes INTEGER")
                try db.execute(sql: "UPDATE log SET bytes = length(packed)")
                if failing { throw DatabaseError(resultCode: .SQLITE_FULL) }
            })
        return format
    }

    private func open(readOnly: Bool = false, _ format: StoreFormat) throws -> LedgerStore {
        try LedgerStore(
            opening: home.url, readOnly: readOnly, options: StoreOptions(), format: format)
    }

    @Test func `a file of a newer program is refused by name, for reading and for writing`() throws
    {
        try open(next()).close()
        let known = StoreFormat.current.version
        let expected = StoreFault.newerFormat(found: known + 1, known: known)
        for readOnly in [false, true] {
            #expect(throws: expected) { try LedgerStore(opening: home.url, readOnly: readOnly) }
        }
        #expect(expected.remedy.contains("newer program"))
    }

    @Test func `an older file is brought up when it is opened for writing`() throws {
        let store = try open(next())
        let columns = try #require(store.writer).read { db in
            try db.columns(in: "log").map(\.name)
        }
        #expect(columns.contains("bytes"))
        #expect(try store.read { try $0.tip().header.height } == .genesis)
        try store.close()
        // Done once: the step would fail on a column that is there.
        try open(next()).close()
    }

    @Test func `an older file opened for reading says how to bring it up`() throws {
        let known = StoreFormat.current.version + 1
        let expected = StoreFault.olderFormat(found: known - 1, known: known, canMigrate: true)
        #expect(throws: expected) { try open(readOnly: true, next()) }
        #expect(expected.remedy.contains("for writing"))
    }

    @Test func `an older file that no step leads on from is refused`() throws {
        var format = next()
        format.steps = []
        let expected = StoreFault.olderFormat(
            found: format.version - 1, known: format.version, canMigrate: false)
        #expect(throws: expected) { try open(format) }
    }

    @Test func `a failed step leaves the file as it was`() throws {
        #expect(throws: StoreFault.self) { try open(next(failing: true)) }
        let store = try LedgerStore(opening: home.url)
        let columns = try #require(store.writer).read { db in try db.columns(in: "log").map(\.name)
        }
        #expect(!columns.contains("bytes"))
    }

    @Test func `a file of format 2 gets the tables of format 3`() throws {
        let queue = try DatabaseQueue(path: home.url.appending(path: "ledger.sqlite").path)
        try queue.write { db in
            try db.execute(
                sql: """
                    DROP TABLE past; DROP TABLE member_sets;
                    UPDATE meta SET value = 2 WHERE name = 'format';
                    """)
        }
        try queue.close()
        let expected = StoreFault.olderFormat(
            found: 2, known: StoreFormat.current.version, canMigrate: true)
        #expect(throws: expected) { try LedgerStore(opening: home.url, readOnly: true) }
        let store = try LedgerStore(opening: home.url)
        let (base, changes, hashes) = try store.read { reader in
            (
                try reader.baseHeight(), try reader.storedMemberChanges(),
                try reader.headerHashes(below: Height(1))
            )
        }
        #expect(base == .genesis && changes.isEmpty && hashes.count == 1)
        try store.close()
    }
}
