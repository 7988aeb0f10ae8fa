import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// A state that is taken from one home to another.
@Suite("A snapshot", .timeLimit(.minutes(30)))
struct SnapshotTests {
    /// A ledger with two snapshots' worth of history, and one snapshot in the middle.
    private func served() async throws -> (home: TestHome, height: Height, tip: BlockHeader) {
        let home = try TestHome(members: AllianceLedger.names)
        try home.host(AllianceLedger.names + ["echo"])
        let folder = SnapshotFolder(home: home.home)
        return try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.start(on: node)
            let (bravo, carol) = (home.member("bravo"), home.member("carol"))
            try await Decisions.decide(
                Decisions.admission("echo"), by: [world.alfa, bravo, carol], on: node)
            // Beside the node, which goes on.
            let height = try await folder.make(of: node.store, genesis: home.genesis)
            home.clock.advance(20 * LeaseWorld.minute)
            try await world.finish(agreement, on: node)
            for round in 0..<10 {
                try await bravo.done(.registerKind("kind-\(round)", title: "A kind"), to: node)
            }
            await node.untilIdle()
            return (home, height, node.tip)
        }
    }

    private func arrival(_ follower: Follower, _ peers: [any Peer]) -> LedgerArrival {
        var arrival = LedgerArrival(
            home: follower.home, peers: peers, logger: Follower.quiet)
        arrival.worthSnapshot = 1
        arrival.patience.base = .seconds(300)
        return arrival
    }

    @Test func `begins a ledger that goes on by blocks, and starts again`() async throws {
        let (home, height, tip) = try await served()
        let follower = try Follower(home.genesis)
        let peer = try StorePeer("honest", home)
        let report = try await arrival(follower, [peer]).run()
        #expect(report.snapshot == height && report.catchUp.to == tip.height)
        #expect(report.catchUp.blocks.blocks == tip.height.rawValue - height.rawValue)
        try await follower.opened { store, replica in
            #expect(replica.read { $0.header } == tip)
            try store.read { reader in
                #expect(try reader.baseHeight() == height)
                let hashes = try reader.headerHashes(below: tip.height)
                #expect(hashes.count == Int(tip.height.rawValue))
                #expect(throws: StoreFault.notKept(height: Height(1), base: height)) {
                    try reader.entries(ofBlock: Height(1))
                }
                #expect(throws: StoreFault.notKept(height: Height(1), base: height)) {
                    try reader.block(at: Height(1))
                }
            }
            #expect(try Pruning.finalHeight(of: store, genesis: home.genesis) == tip.height)
            // The snapshot's own block admitted a member.
            let admitting = try store.read { try $0.block(at: height)?.header }
            #expect(admitting?.membersHash != admitting?.nextMembersHash)
            // Later blocks are proven from genesis on, across the change that it did not see.
            let proof = try store.prove(block: tip.height, genesis: home.genesis)
            _ = try ProofFile(json: Array(proof.json.utf8)).check(genesis: home.genesis)
        }
        // It gives a snapshot in its turn.
        let store = try LedgerStore(opening: follower.home.directory, readOnly: true)
        let second = try await SnapshotFolder(home: follower.home)
            .make(of: store, genesis: home.genesis)
        try store.close()
        #expect(second == tip.height)
        let verified = try await follower.verify()
        #expect(verified.base == height && verified.tip == tip)
        #expect(verified.finalHeight == tip.height)
    }

    @Test func `goes on with the chunks that are missing after an interruption`() async throws {
        let (home, height, _) = try await served()
        let folder = SnapshotFolder(home: home.home)
        let manifest = try SnapshotManifest(encoded: folder.manifest(at: height))
        #expect(manifest.chunks.count >= 2)
        let follower = try Follower(home.genesis)
        let weak = try StorePeer("weak", home, chunks: 1)
        await #expect(throws: PeerFault.self) { _ = try await arrival(follower, [weak]).run() }
        #expect(
            !FileManager.default.fileExists(
                atPath: follower.home.directory.appending(path: "ledger.sqlite").path))
        // One of those that were under way may have been given up with the one that failed.
        let kept = try FileManager.default.contentsOfDirectory(
            atPath: SnapshotFolder(home: follower.home).url
                .appending(path: "fetching-\(height)").path
        ).compactMap { Int($0) }
        let strong = try StorePeer("strong", home)
        let report = try await arrival(follower, [strong]).run()
        #expect(report.snapshot == height)
        let given = strong.chunksGiven.withLock { $0 }
        #expect(given.count == manifest.chunks.count - kept.count)
        #expect(Set(given).isDisjoint(with: kept))
    }

    @Test func `is taken from another peer when one gives other bytes`() async throws {
        let (home, height, tip) = try await served()
        let follower = try Follower(home.genesis)
        let liar = try StorePeer(
            "liar", home,
            bytes: { bytes in
                var bytes = bytes
                bytes[bytes.count / 2] ^= 1
                return bytes
            })
        let report = try await arrival(follower, [liar, try StorePeer("honest", home)]).run()
        #expect(report.snapshot == height && report.catchUp.to == tip.height)
        let alone = try Follower(home.genesis)
        let fault = await #expect(throws: PeerFault.self) {
            _ = try await arrival(alone, [liar]).run()
        }
        #expect(fault?.isLie == true && fault?.peer == "liar")
    }

    /// The manifest names whatever chunks there are; only the state root tells.
    @Test(arguments: ["a value", "a row less", "a row more", "a hash of the history"])
    func `is refused when it fits its manifest and not its block`(what: String) async throws {
        let (home, height, _) = try await served()
        let folder = SnapshotFolder(home: home.home)
        let honest = try SnapshotManifest(encoded: folder.manifest(at: height))
        let forged = folder.folder(at: height)
        var writer = SnapshotWriter(folder: forged)
        var rows = honest.rows
        for (number, chunk) in honest.chunks.enumerated() {
            var bytes = try folder.chunk(number, at: height)
            if chunk.content == .history, what == "a hash of the history" { bytes[40] ^= 1 }
            if chunk.content == .rows {
                var last: [UInt8]?
                var parsed = try SnapshotChunks.rows(in: bytes, after: &last)
                switch what {
                case "a value": parsed[3].value[0] ^= 1
                case "a row less": (_, rows) = (parsed.remove(at: 3), rows - 1)
                case "a row more": (_, rows) = (parsed.append(([0xff, 0xff], [1])), rows + 1)
                default: break
                }
                bytes = []
                for row in parsed { SnapshotChunks.append(row, to: &bytes) }
            }
            try writer.add(bytes, chunk.content)
        }
        try writer.finish(
            SnapshotManifest(proof: honest.proof, rows: rows, chunks: writer.chunks))
        let follower = try Follower(home.genesis)
        let peer = try StorePeer("liar", home)
        await #expect(throws: SnapshotFault.otherState(height)) {
            _ = try await arrival(follower, [peer]).run()
        }
        let left = try FileManager.default.contentsOfDirectory(
            atPath: follower.home.directory.path)
        #expect(!left.contains("ledger.sqlite"))
        #expect(!left.contains { $0.hasPrefix("ledger.next") })
    }

    @Test func `needs a quorum from genesis on for its manifest`() async throws {
        let (home, height, _) = try await served()
        let manifest = try SnapshotManifest(
            encoded: SnapshotFolder(home: home.home).manifest(at: height))
        try manifest.check(genesis: home.genesis)
        #expect(try SnapshotManifest(encoded: manifest.encoded) == manifest)
        let other = try TestHome(members: ["zulu"])
        #expect(throws: SnapshotFault.self) { try manifest.check(genesis: other.genesis) }
        var few = manifest
        few.proof.attestations.removeLast(3)
        #expect(throws: SnapshotFault.self) { try few.check(genesis: home.genesis) }
        var without = manifest
        without.chunks.removeAll { $0.content == .history }
        #expect(throws: SnapshotFault.self) { try without.check(genesis: home.genesis) }
    }

    @Test func `does not replace a ledger that has blocks`() async throws {
        let (home, height, _) = try await served()
        let folder = SnapshotFolder(home: home.home)
        let manifest = try SnapshotManifest(encoded: folder.manifest(at: height))
        let follower = try Follower(home.genesis, ledger: home.home)
        await #expect(throws: StoreFault.self) {
            _ = try await SnapshotLoading(manifest: manifest, folder: folder.folder(at: height))
                .run(into: follower.home.directory, genesis: home.genesis)
        }
        #expect(try await follower.verify().blocks > height.rawValue)
    }
}
