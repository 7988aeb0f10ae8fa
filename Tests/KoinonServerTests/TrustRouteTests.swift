import Foundation
import GRDB
import KoinonClient
import KoinonLedger
import KoinonMachine
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
    ///
    /// - Parameters:
    ///   - altered: the first that only the block wrote where it is nil.
    ///   - goOn: what the original does once the copy is made.
    private func inquiry(
        of original: TestHome, at height: Height, altering altered: [UInt8]? = nil,
        once goOn: @Sendable (Served) async throws -> Void = { _ in },
        asking peers: @Sendable (Served) -> [DivergenceInquiry.Peer]
    ) async throws -> (evidence: DivergenceEvidence, transaction: Hash256?, key: [UInt8]) {
        let home = try TestHome()
        try await original.reading { try $0.copy(to: home.ledgerFile.path) }
        let key = try await Self.alter(home, at: height, altered)
        return try await Served.with(home: original) { served in
            let theirs = try #require(try served.node.store.read { try $0.block(at: height) })
            let store = try LedgerStore(opening: home.home.directory, readOnly: true)
            let own = try #require(try store.read { try $0.block(at: height) })
            #expect(own.header.parent == theirs.header.parent)
            let elsewhere = QuorumElsewhere(
                height: height, own: own.hash, theirs: theirs.hash, attestations: [], judges: 2)
            var evidence = DivergenceEvidence(elsewhere, own: own.header)
            try await goOn(served)
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

    @Test func `tells the key of a block behind which it has gone on`() async throws {
        let original = try TestHome()
        try await original.running { _ = try await LeaseWorld(on: $0, of: original) }
        let found = try await inquiry(of: original, at: Height(2)) { [Self.peer($0)] }
        #expect(found.transaction != nil)
        #expect(found.evidence.transaction?.id == found.transaction)
        #expect(found.evidence.row?.key == found.key)
        #expect(found.evidence.row?.own == [0])
        #expect(found.evidence.row?.theirs?.isEmpty == false)
        #expect(found.evidence.whyNoRow == nil)
    }

    /// Both rows are written by the first block, and the balance by the second one too.
    @Test(arguments: [true, false])
    func `tells no key that it wrote again since, and why`(isWrittenAgain: Bool) async throws {
        let original = try TestHome()
        let (account, amount) = (original.member("alfa").account, Amount(minor: 100))
        try await original.running { node in
            _ = try await original.member("alfa").done(
                .createUnit("usd", title: "US dollar", scale: 2),
                .issue(unit: "usd", to: account, amount: amount),
                .registerKind("car", title: "Car"), to: node)
        }
        let balance = Money.balances.stateKey(Key2(account, "usd"))
        let kind = Resources.kinds.stateKey("car")
        let found = try await inquiry(
            of: original, at: Height(1), altering: isWrittenAgain ? balance : kind
        ) { served in
            let again = try served.home.member("alfa").sign(
                .issue(unit: "usd", to: account, amount: amount), nonce: 2)
            #expect(try await served.node.receipt(of: again).code == 0)
        } asking: {
            [Self.peer($0)]
        }
        #expect(found.evidence.transaction?.id == found.transaction)
        #expect(found.evidence.row?.key == (isWrittenAgain ? nil : kind))
        // Rows before it in either case: at least the balance.
        let reason = try #require(found.evidence.whyNoRow)
        #expect(reason.contains("after block 2, not after block 1"))
        #expect(found.evidence.json.contains("\"state_not_compared\": \"\(reason)\""))
    }

    /// Another outcome of the block's first transaction, and another value of a row that no
    /// later block wrote: the first such one, unless its key is given. Gives the key.
    private static func alter(
        _ home: TestHome, at height: Height, _ altered: [UInt8]?
    ) async throws -> [UInt8] {
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
            let key =
                try altered
                ?? blob("SELECT key FROM state WHERE height = \(at) ORDER BY key LIMIT 1")
            try db.execute(
                sql: "UPDATE state SET value = x'00' WHERE key = ?",
                arguments: [Data(key)])
            return key
        }
        try queue.close()
        return key
    }
}
