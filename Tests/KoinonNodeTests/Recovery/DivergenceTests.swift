import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A divergence", .timeLimit(.minutes(30)))
struct DivergenceTests {
    private func difference(
        _ alliance: ForkedAlliance, _ one: String, _ other: String
    ) throws -> LedgerDifference {
        try LedgerDifference.find(alliance.site(one).store, alliance.site(other).store)
    }

    @Test func `of the order is found at its first entry`() throws {
        let alliance = try ForkedAlliance.split()
        let same = try difference(alliance, "alfa", "bravo")
        #expect(same.isNone && same.common == Height(3))
        let found = try difference(alliance, "bravo", "delta")
        #expect(found.common == Height(2) && found.height == Height(3))
        #expect(found.entry?.index == 0)
        #expect(found.entry?.names == ["alfa, sequence 3", "alfa, sequence 3"])
        #expect(found.headerFields.contains("entries_root"))
        #expect(found.result?.leaf == 0)
        // The kinds that the two blocks registered have names of their own.
        let kinds = ["kind-3", "kind-4"].map { Resources.kinds.stateKey($0) }
        #expect(found.row.map { kinds.contains($0.key) || $0.heights.contains(Height(3)) } == true)
        #expect(found.isAsComputed == [true, true])
        try alliance.close()
    }

    @Test func `of the execution is found by transaction and key`() throws {
        let alliance = try ForkedAlliance.split()
        try alliance.close()
        let home = alliance.site("bravo").home
        let key = try #require(
            try RowEditor.edit(home.ledgerFile) {
                try $0.blob("SELECT key FROM state WHERE height = 3 ORDER BY key LIMIT 1")
            } as [UInt8]?)
        try home.alter { editor in
            let value = try editor.blob(
                "SELECT value FROM state WHERE key = x'\(Hex.encode(key))'")
            try editor.execute(
                "UPDATE state SET value = ? WHERE key = x'\(Hex.encode(key))'",
                [Data(value + [0])])
            // As if the machine had recorded another outcome, and signed it.
            var result = try BlockResult(
                strict: try editor.blob("SELECT result FROM results WHERE height = 3"))
            result.receipts[0].code = 77
            try editor.execute(
                "UPDATE results SET result = ? WHERE height = 3", [Data(result.encoded)])
            var header = try BlockHeader(
                encoded: try editor.blob("SELECT header FROM blocks WHERE height = 3"))
            header.receiptsRoot = .zero
            try editor.execute(
                "UPDATE blocks SET header = ?, hash = ? WHERE height = 3",
                [Data(header.encoded), Data(header.hash.bytes)])
        }
        let stores = try ["alfa", "bravo"].map {
            try LedgerStore(opening: alliance.site($0).home.home.directory, readOnly: true)
        }
        let found = try LedgerDifference.find(stores[0], stores[1])
        #expect(found.height == Height(3))
        #expect(found.headerFields == ["receipts_root"])
        #expect(found.entry == nil)
        #expect(found.result?.leaf == 0)
        #expect(
            found.result?.transaction
                == (try stores[0].read { try $0.executedTransactions(at: Height(3)).ids[0] }))
        #expect(found.row?.key == key)
        #expect(found.isAsComputed == [true, false])
        for store in stores { try store.close() }
    }

    @Test func `from a quorum stops a node, which leaves what proves it`() async throws {
        let home = try TestHome(
            members: ForkedAlliance.names, hosts: ["alfa"])
        let other = Hash256.sha256([1])
        let carried = ["bravo", "carol", "delta"].map { name in
            var body = AttestationBody()
            body.chain = Data(home.chain.bytes)
            body.height = 1
            body.blockHash = Data(other.bytes)
            return TestHome.nodeKey(of: name).sign(body.encoded, as: .attestation).message
        }
        var entry = EntryBody()
        entry.chain = Data(home.chain.bytes)
        entry.author = "bravo"
        entry.sequence = 1
        entry.clockMs = TestHome.start.milliseconds
        entry.attestations = carried
        let signed = SignedEntry(
            author: try #require(MemberID(rawValue: "bravo")), sequence: 1,
            envelope: TestHome.nodeKey(of: "bravo").sign(entry.encoded, as: .entry))
        let alfa = home.member("alfa")
        await #expect(throws: QuorumElsewhere.self) {
            // Rows that wait are written by nobody else before it stops.
            try await home.running(rowsWait: .seconds(86_400)) { node in
                var count = 0
                while node.store.deferredTransactions == 0 {
                    // So many at once that their rows wait.
                    let kinds = try (1...600).map {
                        try alfa.sign(.registerKind("kind-\(count)-\($0)", title: "Kind"))
                    }
                    _ = await node.submit(kinds, waits: true)
                    count += 1
                }
                _ = node.engine.append([signed])
                await node.untilIdle()
                // It stops by itself.
                while await node.submit([], waits: false).isEmpty, !node.hasStopped {
                    await Task.yield()
                }
            }
        }
        let file = home.home.evidenceFile(of: Height(1))
        let evidence = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        let fields = try #require(evidence as? [String: Any])
        #expect(fields["format"] as? String == "koinon/evidence/v1")
        #expect(fields["their_hash"] as? String == other.hex)
        #expect((fields["quorum"] as? [Any])?.count == 3)
        #expect((fields["remedy"] as? String)?.contains("diff-state") == true)
        // Written before anybody compares them.
        let (indexed, tip) = try await home.reading { store in
            try store.read { (try $0.indexedHeight(), try $0.tip().header.height) }
        }
        #expect(indexed == tip)
    }

    @Test func `is explained by the fields in which the headers differ`() throws {
        let alliance = try ForkedAlliance.split()
        let own = alliance.tip("delta")
        let elsewhere = QuorumElsewhere(
            height: own.height, own: own.hash, theirs: alliance.tip("alfa").hash,
            attestations: [], judges: 4)
        var evidence = DivergenceEvidence(elsewhere, own: own)
        #expect(evidence.isOtherOrder == nil)
        evidence.theirs = alliance.tip("alfa")
        #expect(evidence.isOtherOrder == true)
        #expect(evidence.remedy.contains("docs/recovery.md"))
        var header = own
        header.stateRoot = .zero
        evidence.theirs = header
        evidence.row = ([1, 2], [3], nil)
        evidence.transaction = (Hash256.sha256([]), 0, "another code")
        #expect(evidence.isOtherOrder == false)
        #expect(evidence.differs == ["state_root"])
        for part in ["\"state_key\": \"0102\"", "\"their_value\": null", "another code"] {
            #expect(evidence.json.contains(part))
        }
        let logged = evidence.logged(in: URL(filePath: "/home/evidence-3.json"))
        #expect(logged["transaction"] == "\(Hash256.sha256([]).hex)")
        #expect(logged["state_key"] == "0102")
        #expect(logged["evidence"] == "/home/evidence-3.json")
        try alliance.close()
    }
}
