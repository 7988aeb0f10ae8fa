import Foundation
import GRDB
import KoinonClient
import KoinonLedger
import KoinonProtocol
import KoinonStore
import NIOCore
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

/// A served node as a source of trust.
private struct ServedSource: TrustSource {
    struct Refused: Error { var status: Int }

    let served: Served
    let name = "served"

    func trust(from: Height, epoch: UInt64) async throws -> [UInt8] {
        try await bytes("/v1/trust?from=\(from)&epoch=\(epoch)")
    }

    func history(of height: Height, in later: Height) async throws -> [UInt8] {
        try await bytes("/v1/trust/history/\(height)?in=\(later)")
    }

    private func bytes(_ path: String) async throws -> [UInt8] {
        let answer = try await served.get(path)
        guard answer.status == .ok else { throw Refused(status: answer.status.code) }
        return Array(buffer: answer.body)
    }
}

@Suite("A served chain")
struct TrustRouteTests {
    @Test func `is followed across changes of members, and proves what it holds`() async throws {
        try await Served.with { served in
            let (home, node) = (served.home, served.node)
            let (alfa, bravo) = (home.member("alfa"), home.member("bravo"))
            let follower = Follower([ServedSource(served: served)])
            // Nothing has a quorum of its own yet.
            let empty = await follower.round(from: TrustedChain(genesis: home.genesis))
            guard case .silent = empty.nodes[0].verdict else {
                Issue.record("\(empty.nodes)")
                return
            }
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: node)
            await node.untilIdle()
            let first = await follower.round(from: TrustedChain(genesis: home.genesis))
            #expect(first.chain.header == node.tip)
            let answer = try await served.get("/v1/proofs/state/\(home.chain.hex)")
            #expect(answer.headers[.koinonHeight] == "\(node.tip.height)")
            #expect(answer.headers[.koinonFinalHeight] == "\(node.tip.height)")
            let early = try ProofFile(json: Array(buffer: answer.body))
            let expulsion = Action.expulsion(of: try #require(MemberID(rawValue: "bravo")))
            let proposal: ProposalID = alfa.builder.nextID(ofAction: 0)
            try await alfa.done(.propose(title: "Without bravo", expulsion), to: node)
            try await bravo.done(.vote(true, on: proposal), to: node)
            await node.untilIdle()
            try await alfa.done(.registerKind("car", title: "Car"), to: node)
            await node.untilIdle()
            let second = await follower.round(from: first.chain)
            #expect(second.chain.header == node.tip)
            #expect(second.chain.sets.memberChanges == 1)
            #expect(second.chain.sets.members.members.map(\.id.rawValue) == ["alfa"])
            // The old proof is signed by a former member; the history vouches for its block.
            #expect(throws: ProofFault.self) { try early.check(trusted: second.chain) }
            #expect(
                try await follower.check(early, by: second.chain).header == first.chain.header)
            let bad = try await served.get("/v1/trust/history/3?in=3")
            #expect(bad.status == .badRequest)
            #expect(try bad.json["field"] as? String == "in")
            let none = try await served.get("/v1/trust/history/3?in=999")
            #expect(none.status == .notFound)
            #expect(try await served.get("/v1/trust/epochs/1").status == .notFound)
            #expect(try await served.get("/v1/trust/epochs/x").status == .badRequest)
        }
    }

    /// What the inquiry finds out of peers about a copy of a ledger with a block altered whose
    /// machine reckoned otherwise; the copy's first transaction and the altered key.
    private func inquiry(
        of original: TestHome, at height: Height,
        asking peers: @Sendable (Served) -> [DivergenceInquiry.Peer]
    ) async throws -> (evidence: DivergenceEvidence, transaction: Hash256?, key: [UInt8]) {
        let home = try TestHome()
        try await original.reading { try $0.copy(to: home.ledgerFile.path) }
        let key = try await Self.alter(home, at: height)
        return try await Served.with(home: original) { served in
            let theirs = try #require(try served.node.store.read { try $0.block(at: height) })
            let store = try LedgerStore(opening: home.home.directory, readOnly: true)
            let own = try #require(try store.read { try $0.block(at: height) })
            #expect(own.header.parent == theirs.header.parent)
            let elsewhere = QuorumElsewhere(
                height: height, own: own.hash, theirs: theirs.hash, attestations: [], judges: 2)
            var evidence = DivergenceEvidence(elsewhere, own: own.header)
            await DivergenceInquiry(store: store).complete(&evidence, asking: peers(served))
            let ids = try store.read { try $0.executedTransactions(at: height).ids }
            try store.close()
            return (evidence, ids.first, key)
        }
    }

    private static func peer(_ served: Served) -> DivergenceInquiry.Peer {
        { path in Array(buffer: try await served.get(path).body) }
    }

    @Test func `tells a node that parted from it in which transaction and key`() async throws {
        let original = try TestHome()
        let height = try await original.running { node in
            let alfa = original.member("alfa")
            try await alfa.done(.registerKind("bike", title: "Bicycle"), to: node)
            try await alfa.done(.registerKind("car", title: "Car"), to: node)
            return node.tip.height
        }
        let found = try await inquiry(of: original, at: height) { served in
            let peer = Self.peer(served)
            return [
                { _ in throw CancellationError() },
                // One that has gone on meanwhile; the next one stands where they parted.
                { path in
                    guard path.hasPrefix("/v1/state/") else { return try await peer(path) }
                    return Array("{\"height\": 99, \"value_hex\": null}".utf8)
                },
                peer,
            ]
        }
        #expect(found.evidence.differs == ["receipts_root"])
        #expect(found.evidence.transaction?.id == found.transaction)
        #expect(found.evidence.transaction?.leaf == 0)
        #expect(found.evidence.row?.key == found.key)
        #expect(found.evidence.row?.own == [0])
        #expect(found.evidence.whyNoRow == nil)
    }

    @Test func `tells the transaction alone once it has gone on, and why no key`() async throws {
        let original = try TestHome()
        let tip = try await original.running { node in
            _ = try await LeaseWorld(on: node, of: original)
            return node.tip.height
        }
        let found = try await inquiry(of: original, at: Height(2)) { [Self.peer($0)] }
        #expect(found.transaction != nil)
        #expect(found.evidence.transaction?.id == found.transaction)
        #expect(found.evidence.row == nil)
        let reason = try #require(found.evidence.whyNoRow)
        #expect(reason.contains("after block \(tip), not after block 2"))
        #expect(found.evidence.json.contains("\"state_not_compared\": \"\(reason)\""))
    }

    /// Another outcome of the block's first transaction, and another value of a row that no
    /// later block wrote; gives the first such key.
    private static func alter(_ home: TestHome, at height: Height) async throws -> [UInt8] {
        let queue = try DatabaseQueue(path: home.ledgerFile.path)
        let key = try await queue.write { db in
            func blob(_ sql: String) throws -> [UInt8] {
                Array(try #require(try Data.fetchOne(db, sql: sql)))
            }
            let at = height.rawValue
            var result = try BlockResult(
                strict: try blob("SELECT result FROM results WHERE height = \(at)"))
            result.receipts[0].code = 77
            try db.execute(
                sql: "UPDATE results SET result = ? WHERE height = \(at)",
                arguments: [Data(result.encoded)])
            var header = try BlockHeader(
                encoded: try blob("SELECT header FROM blocks WHERE height = \(at)"))
            header.receiptsRoot = .zero
            try db.execute(
                sql: "UPDATE blocks SET header = ?, hash = ? WHERE height = \(at)",
                arguments: [Data(header.encoded), Data(header.hash.bytes)])
            let key = try blob("SELECT key FROM state WHERE height = \(at) ORDER BY key LIMIT 1")
            try db.execute(
                sql: "UPDATE state SET value = x'00' WHERE key = ?",
                arguments: [Data(key)])
            return key
        }
        try queue.close()
        return key
    }
}
