import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// A ledger that is brought up by other nodes' blocks.
@Suite("Catching up by blocks", .timeLimit(.minutes(30)))
struct CatchUpTests {
    @Test func `takes every block across a change of members, and all of it verifies`()
        async throws
    {
        let alliance = try await AllianceLedger.shared.value
        let follower = try Follower(alliance.home.genesis)
        let report = try await follower.catchUp([try StorePeer("honest", alliance.home)])
        #expect(report.faults == [])
        #expect(report.to == alliance.tip.height)
        #expect(report.blocks.blocks == alliance.tip.height.rawValue)
        #expect(try await follower.stateRoot == alliance.tip.stateRoot)
        let verified = try await follower.verify()
        #expect(verified.tip == alliance.tip)
        #expect(verified.finalHeight == alliance.tip.height)
        // Nothing to do the second time.
        let again = try await follower.catchUp([try StorePeer("honest", alliance.home)])
        #expect(again.blocks.blocks == 0 && again.answering == 1)
    }

    @Test func `takes nothing beyond the last final block of a peer`() async throws {
        let alliance = try await AllianceLedger.shared.value
        let follower = try Follower(alliance.home.genesis)
        let limit = Height(alliance.change.rawValue + 5)
        try await follower.catchUp([try StorePeer("slow", alliance.home, finalHeight: limit)])
        #expect(try await follower.verify().tip?.height == limit)
        // And goes on from there with another one.
        try await follower.catchUp([try StorePeer("honest", alliance.home)])
        #expect(try await follower.verify().tip == alliance.tip)
    }

    @Test func `takes what is missing of the signatures under a change of members`()
        async throws
    {
        let alliance = try await AllianceLedger.shared.value
        let follower = try Follower(alliance.home.genesis)
        try await follower.catchUp([
            try StorePeer("slow", alliance.home, finalHeight: alliance.change)
        ])
        // As if it had read that block, and what signed it were trimmed from the order.
        try RowEditor.edit(follower.home.directory.appending(path: "ledger.sqlite")) { rows in
            try rows.execute("DELETE FROM attestations WHERE height >= \(alliance.change.rawValue)")
        }
        #expect(try await follower.verify().finalHeight < alliance.change)
        try await follower.catchUp([try StorePeer("honest", alliance.home)])
        #expect(try await follower.verify().finalHeight == alliance.tip.height)
    }

    /// A way to err or lie, and a part of what must be said about it.
    struct Lie: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var says: String
        /// How long a peer may be silent.
        var patience: Duration
        var peer: @Sendable (TestHome) throws -> StorePeer

        init(
            _ what: String, says: String, patience: Duration = .seconds(300),
            _ peer: @escaping @Sendable (TestHome) throws -> StorePeer
        ) {
            testDescription = what
            self.says = says
            self.patience = patience
            self.peer = peer
        }

        /// One that changes one of its blocks.
        static func block(
            _ what: String, says: String, at index: Int = 30,
            _ change: @escaping @Sendable (inout StreamedBlock) -> Void
        ) -> Lie {
            Lie(what, says: says) { home in
                try StorePeer(
                    "liar", home,
                    blocks: { blocks in
                        var blocks = blocks
                        if blocks.indices.contains(index) { change(&blocks[index]) }
                        return blocks
                    })
            }
        }
    }

    static func altered(_ envelope: Envelope, at place: Int) -> Envelope {
        var body = envelope.body
        body[place % body.count] ^= 4
        return Envelope(
            body: body, publicKey: envelope.publicKey, signature: envelope.signature)
    }

    static let lies: [Lie] = [
        .block("another byte in an entry", says: "entr") {
            $0.entries[0] = altered($0.entries[0], at: 60)
        },
        .block("an entry left out", says: "entr") {
            $0.entries.removeFirst()
            if $0.entries.isEmpty { $0.entries = [altered($0.attestations[0], at: 1)] }
        },
        .block("another byte under a signature", says: "one of its attestations is none") {
            $0.attestations[1] = altered($0.attestations[1], at: 45)
        },
        .block("a signature of somebody else", says: "does not judge it") {
            let body = Attestation.body(of: $0.header)
            $0.attestations.append(TestHome.key("nobody").sign(body, as: .attestation))
        },
        .block("another header", says: "does not follow") { $0.header.stateRoot = .zero },
        .block("another parent", says: "does not follow") { $0.header.parent = .zero },
        .block("other judges", says: "its judges are not") { $0.header.membersHash = .zero },
        Lie("a block left out", says: "where") { home in
            try StorePeer("liar", home, blocks: { Array($0.prefix(9)) + $0.dropFirst(10) })
        },
        Lie("a block twice", says: "where") { home in
            try StorePeer("liar", home, blocks: { Array($0.prefix(9)) + $0.dropFirst(8) })
        },
        Lie("no signatures", says: "signatures") { home in
            try StorePeer(
                "liar", home,
                blocks: { blocks in
                    blocks.map { block in
                        var block = block
                        block.attestations = []
                        return block
                    }
                })
        },
        Lie("one signature too few under each", says: "signatures") { home in
            try StorePeer(
                "liar", home,
                blocks: { blocks in
                    blocks.map { block in
                        var block = block
                        block.attestations = Array(block.attestations.prefix(2))
                        return block
                    }
                })
        },
        Lie("one signature many times", says: "signatures") { home in
            try StorePeer(
                "liar", home,
                blocks: { blocks in
                    blocks.map { block in
                        var block = block
                        block.attestations = Array(repeating: block.attestations[0], count: 5)
                        return block
                    }
                })
        },
        Lie("more than it has", says: "gave no blocks") { home in
            try StorePeer("liar", home, claims: Height(1_000_000))
        },
        Lie("another alliance", says: "another alliance") { _ in
            let other = try TestHome(members: ["zulu"])
            return try StorePeer("liar", other, claims: Height(99))
        },
        Lie("nothing for long", says: "too slowly", patience: .seconds(10)) { home in
            try StorePeer("liar", home, claims: Height(1_000), stalls: true)
        },
        Lie("half of it", says: "cut off") { home in
            try StorePeer("liar", home, bytes: { Array($0.prefix($0.count / 2)) })
        },
        Lie("an item without bounds", says: "an item of") { home in
            try StorePeer("liar", home, bytes: { [0xff, 0xff, 0xff, 0xff] + $0 })
        },
        Lie("something else", says: "no stream of blocks") { home in
            try StorePeer("liar", home, bytes: { _ in Array("<html>no</html>".utf8) })
        },
    ]

    @Test(arguments: lies)
    func `names a peer that errs or lies, and takes another`(lie: Lie) async throws {
        let alliance = try await AllianceLedger.shared.value
        let follower = try Follower(alliance.home.genesis)
        // The liar says that it has as much, and is asked first.
        let liar = try lie.peer(alliance.home)
        let report = try await follower.catchUp(
            [liar, try StorePeer("honest", alliance.home, finalHeight: alliance.tip.height)],
            patience: lie.patience)
        let alone = try Follower(alliance.home.genesis)
        let without = try await alone.catchUp([liar], patience: lie.patience)
        for faults in [report.faults, without.faults] where !faults.isEmpty {
            #expect(faults.allSatisfy { $0.peer == "liar" })
            #expect("\(faults[0])".contains(lie.says), "\(faults)")
        }
        #expect(!without.faults.isEmpty)
        #expect(report.to == alliance.tip.height)
        #expect(try await follower.verify().tip == alliance.tip)
        // Whatever it took from the liar is sound.
        #expect(try await alone.verify().tip?.height == without.to)
    }

    @Test func `says when nobody answers`() async throws {
        let alliance = try await AllianceLedger.shared.value
        let follower = try Follower(alliance.home.genesis)
        let report = try await follower.catchUp([SilentPeer()])
        #expect(report.answering == 0)
        #expect(report.faults.map(\.isLie) == [false])
        let arrival = LedgerArrival(
            home: follower.home, peers: [SilentPeer()], logger: Follower.quiet)
        await #expect(throws: CatchUpFault.self) { _ = try await arrival.run() }
    }

    private struct SilentPeer: Peer {
        struct Silence: Error {}
        var name: String { "silent" }
        func status() async throws -> PeerStatus { throw Silence() }
        func blocks(from height: Height) async throws -> PeerBytes { throw Silence() }
        func snapshots() async throws -> [Height] { throw Silence() }
        func manifest(at height: Height) async throws -> PeerBytes { throw Silence() }
        func chunk(_ number: Int, at height: Height) async throws -> PeerBytes { throw Silence() }
    }
}

/// A ledger that is not empty when others' blocks come.
@Suite("Catching up from where a ledger stopped", .timeLimit(.minutes(30)))
struct CatchUpOnwardTests {
    /// Two blocks, stored with entries behind the last one that have closed none.
    private func begun() async throws -> TestHome {
        let home = try TestHome(members: ["alfa", "bravo", "carol", "delta"])
        try await home.running { node in
            let alfa = home.member("alfa")
            for name in ["bike", "boat"] {
                try await alfa.done(.registerKind(name, title: "A kind"), to: node)
            }
            await node.untilIdle()
        }
        return home
    }

    private func goOn(_ home: TestHome, _ names: [String]) async throws {
        try await home.running { node in
            let bravo = home.member("bravo")
            for name in names {
                try await bravo.done(.registerKind(name, title: "A kind"), to: node)
            }
            await node.untilIdle()
        }
    }

    @Test func `begins with the entries that wait in its log`() async throws {
        let home = try await begun()
        let follower = try Follower(home.genesis, ledger: home.home)
        let waiting = try await follower.opened { store, _ in
            try store.read { try $0.pendingEntries() }
        }
        #expect(!waiting.isEmpty)
        try await goOn(home, ["car", "room"])
        let report = try await follower.catchUp([try StorePeer("honest", home)])
        #expect(report.from == Height(2) && report.to == Height(4) && report.faults == [])
        #expect(try await follower.verify().tip?.height == Height(4))
    }

    @Test func `stops when its log holds other entries than a quorum signed`() async throws {
        let home = try await begun()
        let follower = try Follower(home.genesis, ledger: home.home)
        try RowEditor.edit(follower.home.directory.appending(path: "ledger.sqlite")) { editor in
            let packed = try editor.blob("SELECT packed FROM log ORDER BY position DESC LIMIT 1")
            var body = try EntryBody(strict: try Envelope(packed: Array(packed)).body)
            body.clockMs += 1
            let other = TestHome.nodeKey(of: body.author).sign(body.encoded, as: .entry)
            try editor.execute(
                "UPDATE log SET packed = ? WHERE position = (SELECT max(position) FROM log)",
                [Data(other.packed)])
        }
        try await goOn(home, ["car"])
        let peer = try StorePeer("honest", home)
        let fault = await #expect(throws: CatchUpFault.self) {
            _ = try await follower.catchUp([peer])
        }
        guard case .otherOrder(Height(3))? = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    @Test func `stops when a quorum signed another chain than its own`() async throws {
        let home = try await begun()
        let other = try TestHome(members: ["alfa", "bravo", "carol", "delta"])
        let ledger = other.home.directory.appending(path: "ledger.sqlite")
        try FileManager.default.removeItem(at: ledger)
        try FileManager.default.copyItem(
            at: home.home.directory.appending(path: "ledger.sqlite"), to: ledger)
        try await goOn(home, ["car", "room"])
        try await goOn(other, ["flat"])
        let follower = try Follower(home.genesis, ledger: other.home)
        let peer = try StorePeer("honest", home)
        let fault = await #expect(throws: CatchUpFault.self) {
            _ = try await follower.catchUp([peer])
        }
        guard case .offChain(Height(3), _, _, let signers)? = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(signers.count >= 3)
        #expect("\(try #require(fault))".contains("diff-state"))
    }
}
