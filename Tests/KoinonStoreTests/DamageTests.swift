import Foundation
import GRDB
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonStore

@Suite("A damaged file")
struct DamageTests {
    let home = TemporaryHome()
    var chain = TestChain()

    init() throws {
        let store = try LedgerStore.create(
            home: home.url, genesis: chain.genesis, block: chain.first([TestChain.put("a", "0")]))
        for number in 1...4 {
            try store.commit(
                chain.batch([TestChain.put("a", "\(number)"), TestChain.put("b", "x")]))
        }
        try store.commit(CommitBatch(attestations: [TestChain.attestation(2, "north")]))
        try store.close()
    }

    /// Changes rows as SQLite itself would, so that the file stays well-formed.
    private func alter(_ sql: String) throws {
        let queue = try DatabaseQueue(path: home.ledger)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Every row and what SQLite says of the file's structure.
    private func readAll() throws {
        let store = try LedgerStore(opening: home.url, readOnly: true)
        _ = try LedgerContent(store)
        try store.read { (reader) throws in
            _ = try reader.counts()
            for height in 0...4 as ClosedRange<UInt64> {
                _ = try reader.entries(ofBlock: Height(height))
            }
            _ = try reader.headerHashes(below: Height(5))
            _ = try reader.storedMemberChanges()
            let damage = try reader.structuralDamage()
            if let first = damage.first {
                throw StoreFault.damaged(what: first, height: nil, cause: nil)
            }
        }
        try store.close()
    }

    @Test(arguments: [
        (
            "UPDATE blocks SET header = substr(header, 1, 347) WHERE height = 2",
            2, "a header has 348 bytes, not 347"
        ),
        (
            "UPDATE blocks SET header = x'' WHERE height = 2",
            2, "a header has 348 bytes, not 0"
        ),
        (
            "UPDATE blocks SET header = (SELECT header FROM blocks WHERE height = 1) WHERE height = 2",
            2, "its header does not have the stored hash"
        ),
        ("UPDATE blocks SET hash = x'00' WHERE height = 3", 3, "a value of hash is no 32 bytes"),
        (
            "UPDATE blocks SET closed_at = -1 WHERE height = 3", 3,
            "a value of closed_at is no integer"
        ),
        ("DELETE FROM blocks WHERE height = 2", 2, "it is missing"),
        ("DELETE FROM blocks", 0, "block 0 is missing"),
        ("DELETE FROM results WHERE height = 4", 4, "its result is missing"),
        ("DELETE FROM log WHERE position = 3", 3, "log entry 3 is missing"),
        ("UPDATE log SET packed = x'0102' WHERE position = 4", 4, "log entry 4: the packed form"),
        ("UPDATE log SET effect = 7 WHERE position = 1", 1, "the effect of log entry 1"),
        ("UPDATE state SET height = -5 WHERE key = CAST('a' AS BLOB)", nil, "a value of height"),
        (
            "UPDATE transactions SET id = x'05' WHERE height = 1", nil,
            "a value of id is no 32 bytes"
        ),
        ("UPDATE transactions SET leaf = -1 WHERE height = 1", nil, "a value of leaf"),
        ("UPDATE attestations SET member = 'No Slug'", 2, "an attestation is by no valid member"),
        ("UPDATE attestations SET packed = x'00'", 2, "attestation of north: the packed form"),
        ("DELETE FROM meta WHERE name = 'genesis'", nil, "meta has no row genesis"),
        ("DELETE FROM meta WHERE name = 'format'", nil, "meta has no row format"),
        (
            "UPDATE meta SET value = 'one' WHERE name = 'format'", nil,
            "a value of value is no integer"
        ),
        ("DROP TABLE state", nil, "its tables are not those expected"),
        ("DROP TABLE meta", nil, "the file holds other tables"),
    ])
    func `is named with its block where one is known`(
        sql: String, height: UInt64?, what: String
    ) throws {
        try readAll()
        try alter(sql)
        do {
            try readAll()
            Issue.record("nothing found")
        } catch StoreFault.damaged(let found, let foundHeight, _) {
            #expect(found.hasPrefix(what))
            #expect(foundHeight == height.map { Height($0) })
        }
    }

    @Test func `that is no database is a fault and not a crash`() throws {
        try Data("not a database at all, but a note of 60 bytes or a little".utf8)
            .write(to: URL(fileURLWithPath: home.ledger))
        for readOnly in [true, false] {
            do {
                _ = try LedgerStore(opening: home.url, readOnly: readOnly)
                Issue.record("opened")
            } catch StoreFault.damaged(_, _, let cause) {
                #expect(cause?.message.contains("not a database") == true)
            }
        }
    }

    /// Whatever one byte becomes, reading ends with the content or a store's fault.
    @Test func `in any of its bytes is a fault, other content, or harmless`() throws {
        try readAll()
        let file = URL(fileURLWithPath: home.ledger)
        let sound = try Data(contentsOf: file)
        var faults = 0
        for offset in stride(from: 0, to: sound.count, by: 89) {
            var bytes = sound
            bytes[offset] ^= UInt8(1 + offset % 255)
            try bytes.write(to: file)
            do {
                try readAll()
            } catch let fault as StoreFault {
                faults += 1
                #expect(!fault.message.isEmpty && !fault.remedy.isEmpty)
            }
        }
        #expect(faults > 20)
    }

    @Test func `that was cut off is a fault`() throws {
        let file = URL(fileURLWithPath: home.ledger)
        let sound = try Data(contentsOf: file)
        for count in stride(from: 512, to: sound.count, by: 4_096) {
            try sound.prefix(count).write(to: file)
            #expect(throws: StoreFault.self) { try readAll() }
        }
    }
}
