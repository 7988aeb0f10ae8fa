import Foundation
import GRDB
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

@Suite("The index of a ledger without all blocks")
struct PrunedIndexTests {
    /// What is in it, without the order of its coming.
    private func found(_ index: SearchIndex, _ sql: String) throws -> Set<String> {
        try index.database.pool.read { db in
            Set(try Row.fetchAll(db, sql: sql).map { "\($0.databaseValues)" })
        }
    }

    @Test func `finds what stands in the state, though its events are gone`() async throws {
        let home = try TestHome()
        let offers = "SELECT hex(id), hex(resource), hex(provider), kind, price, open FROM offers"
        let keys = "SELECT hex(public_key), hex(account) FROM keys"
        let titles = "SELECT what, hex(id) FROM titled"
        let blocks = "SELECT hex(hash), height FROM blocks"
        let lists = "SELECT list, hex(key), hex(id) FROM lists"
        let before = try await home.running { node in
            var random = SeededRandom(seed: 3)
            _ = try await OfferWorld(count: 40, on: node, of: home, random: &random)
            let index = try SearchIndex(home: home.home.directory, node: node, logger: silent)
            try await index.catchUp()
            var all: [String: Set<String>] = [:]
            for sql in [offers, keys, titles, lists, blocks] { all[sql] = try found(index, sql) }
            try index.database.pool.close()
            await node.untilIdle()
            return all
        }
        let store = try LedgerStore(opening: home.home.directory)
        let tip = try store.read { try $0.tip().header.height }
        let height = try #require(
            try Pruning.highest(in: store, keeping: 1, finalHeight: tip))
        try Pruning.run(store, genesis: home.genesis, through: height)
        try store.close()
        for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
            try? FileManager.default.removeItem(at: home.home.directory.appending(path: name))
        }
        try await home.running { node in
            let index = try SearchIndex(home: home.home.directory, node: node, logger: silent)
            try await index.catchUp()
            #expect(try index.height() == node.tip.height.rawValue)
            for sql in [offers, titles] {
                #expect(try found(index, sql) == before[sql], "\(sql)")
            }
            #expect(try found(index, blocks).isSuperset(of: before[blocks] ?? []))
            // Of the members' own accounts no event tells, but the state does.
            for sql in [keys, lists] {
                let now = try found(index, sql)
                #expect(now.count > (sql == lists ? 100 : 2))
                #expect(now.subtracting(before[sql] ?? []).count <= 2, "\(sql)")
            }
        }
    }
}
