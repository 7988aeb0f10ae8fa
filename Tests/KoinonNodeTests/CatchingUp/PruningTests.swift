import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A pruned ledger", .timeLimit(.minutes(30)))
struct PruningTests {
    @Test func `keeps what proves the rest, and goes on`() async throws {
        let alliance = try await AllianceLedger.shared.value
        let (genesis, tip) = (alliance.home.genesis, alliance.tip)
        let follower = try Follower(genesis, ledger: alliance.home.home)
        let file = follower.home.directory.appending(path: "ledger.sqlite").path
        func bytes() throws -> UInt64 {
            try FileManager.default.attributesOfItem(atPath: file)[.size] as? UInt64 ?? 0
        }
        let base = Height(tip.height.rawValue - 8)
        #expect(base > alliance.change)
        let old = try await follower.opened { store, _ in
            try store.read { try $0.executedTransactions(at: Height(3)).ids[0] }
        }
        let before = try bytes()
        try await follower.opened { store, _ in
            let found = try Pruning.highest(in: store, keeping: 8, finalHeight: tip.height)
            #expect(found == base)
            try Pruning.run(store, genesis: genesis, through: base)
            try store.compact()
            #expect(try Pruning.highest(in: store, keeping: 8, finalHeight: tip.height) == nil)
        }
        #expect(try bytes() < before)
        let report = try await follower.verify()
        #expect(report.base == base && report.tip == tip && report.finalHeight == tip.height)
        try await follower.opened { store, replica in
            #expect(replica.read { $0.header } == tip)
            #expect(try Pruning.finalHeight(of: store, genesis: genesis) == tip.height)
            // A proof of the state and of a late transaction, across the change of members.
            for height in [base.next, tip.height] {
                let id = try #require(
                    try store.read { try $0.executedTransactions(at: height).ids.first })
                _ = try store.prove(transaction: id, genesis: genesis).check(genesis: genesis)
            }
            // Headers are kept, and what is signed about them.
            _ = try store.prove(block: Height(2), genesis: genesis).check(genesis: genesis)
            #expect(throws: ProofMakingFault.unknownTransaction(old)) {
                try store.prove(transaction: old, genesis: genesis)
            }
            try store.read { reader in
                #expect(throws: StoreFault.notKept(height: base, base: base)) {
                    try reader.streamedBlock(at: base)
                }
                let (next, first) = (
                    try reader.streamedBlock(at: base.next), try reader.block(at: Height(1))
                )
                #expect(next != nil && first != nil)
            }
        }
    }

    @Test func `keeps its last block whatever is asked for`() async throws {
        let alliance = try await AllianceLedger.shared.value
        let genesis = alliance.home.genesis
        let follower = try Follower(genesis, ledger: alliance.home.home)
        try await follower.opened { store, _ in
            let height = try #require(
                try Pruning.highest(in: store, keeping: 0, finalHeight: alliance.tip.height))
            #expect(height.next == alliance.tip.height)
            #expect(throws: StoreFault.self) {
                try store.prune(through: alliance.tip.height, changes: [])
            }
            try Pruning.run(store, genesis: genesis, through: height)
        }
        // What waits in the log is still there.
        #expect(try await follower.stateRoot == alliance.tip.stateRoot)
    }

    @Test func `gives others the blocks that it has, and says where they begin`() async throws {
        let alliance = try await AllianceLedger.shared.value
        let home = alliance.home
        let pruned = try Follower(home.genesis, ledger: home.home)
        let base = Height(20)
        try await pruned.opened { store, _ in
            try Pruning.run(store, genesis: home.genesis, through: base)
        }
        let peer = try StorePeer("pruned", pruned.home, home.genesis)
        let late = try Follower(home.genesis)
        try await late.catchUp([try StorePeer("slow", home, finalHeight: base)])
        let report = try await late.catchUp([peer])
        #expect(report.to == alliance.tip.height && report.faults == [])
        let early = try Follower(home.genesis)
        let nothing = try await early.catchUp([peer])
        #expect(nothing.to == .genesis)
        #expect("\(nothing.faults)".contains("no blocks up to 20"))
    }
}

/// What `verify` finds in a ledger that has not all blocks.
@Suite("A pruned ledger that was altered", .timeLimit(.minutes(30)))
struct PrunedDamageTests {
    @Test(arguments: [
        "UPDATE log SET packed = zeroblob(length(packed)) WHERE position = (SELECT max(position) FROM log WHERE effect = 1 AND position <= (SELECT closed_at FROM blocks WHERE height = 25))",
        "UPDATE attestations SET packed = zeroblob(length(packed)) WHERE height = 22",
        "UPDATE attestations SET packed = zeroblob(length(packed)) WHERE height = 5",
        "UPDATE results SET result = zeroblob(1) WHERE height = 23",
        "DELETE FROM results WHERE height = 24",
        "DELETE FROM state WHERE key = (SELECT min(key) FROM state)",
        "UPDATE member_sets SET members = zeroblob(3)",
        "UPDATE member_sets SET height = 30",
        "INSERT INTO past (height, hash) VALUES (0, zeroblob(32))",
        "UPDATE blocks SET hash = zeroblob(32) WHERE height = 4",
        "UPDATE transactions SET leaf = leaf + 1 WHERE height = 26",
    ]) func `is found out`(sql: String) async throws {
        let alliance = try await AllianceLedger.shared.value
        let genesis = alliance.home.genesis
        let follower = try Follower(genesis, ledger: alliance.home.home)
        try await follower.opened { store, _ in
            try Pruning.run(store, genesis: genesis, through: Height(20))
        }
        #expect(try await follower.verify().base == Height(20))
        try RowEditor.edit(follower.home.directory.appending(path: "ledger.sqlite")) {
            try $0.execute(sql)
        }
        await #expect(throws: (any Error).self) { try await follower.verify() }
    }
}

@Suite("A backup", .timeLimit(.minutes(30)))
struct BackupTests {
    @Test func `is made while a node runs, and becomes a home again`() async throws {
        let home = try TestHome()
        try Data("http: {port: 0}\n".utf8).write(
            to: home.home.directory.appending(path: "server.yaml"))
        let certificates = home.home.directory.appending(path: "etcd")
        try FileManager.default.createDirectory(
            at: certificates, withIntermediateDirectories: true)
        try Data("4711".utf8).write(to: certificates.appending(path: "alfa-key.pem"))
        let folder = home.home.directory.appendingPathExtension("backup")
        let withKeys = home.home.directory.appendingPathExtension("keys-backup")
        defer {
            for url in [folder, withKeys] { try? FileManager.default.removeItem(at: url) }
        }
        let height = try await home.running { node in
            let alfa = home.member("alfa")
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: node)
            let height = try Backup.make(of: home.home, to: folder, withKeys: false)
            try await alfa.done(.registerKind("boat", title: "Boat"), to: node)
            _ = try Backup.make(of: home.home, to: withKeys, withKeys: true)
            return height
        }
        #expect(height == Height(1))
        #expect(throws: HomeFault.self) {
            try Backup.make(of: home.home, to: folder, withKeys: false)
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == ["genesis.json", "ledger.sqlite", "node.json", "server.yaml"])
        let more = try FileManager.default.contentsOfDirectory(atPath: withKeys.path).sorted()
        #expect(more == (files + ["etcd", "keys"]).sorted())
        // The home has its guards, and no copy has one of them.
        func guards(_ url: URL) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: url.path)
                .filter { $0.contains("guard") }
        }
        #expect(try guards(home.home.directory).contains { $0.hasSuffix(".guard") })
        #expect(try guards(folder) == [] && guards(withKeys) == [])

        let restored = try Follower(home.genesis)
        try FileManager.default.removeItem(at: restored.home.directory)
        #expect(try Backup.restore(folder, to: restored.home) == height)
        #expect(try await restored.verify().tip?.height == height)
        #expect(throws: HomeFault.self) { try Backup.restore(folder, to: restored.home) }
        #expect(throws: HomeFault.self) {
            try Backup.restore(home.home.directory.appending(path: "keys"), to: restored.home)
        }
    }
}
