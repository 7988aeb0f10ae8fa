import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Whatever is altered in a stored ledger, verification names the first bad block.
@Suite("Verification", .serialized, .timeLimit(.minutes(30)))
struct VerificationTests {
    @Test func `finds nothing in a copy that nobody altered`() async throws {
        let sample = try await SampleLedger.shared.value
        #expect(sample.tip.height >= Height(24))
        let finding = try await sample.verify { _ in }
        #expect(finding == nil)
        let report = try await sample.home.reading {
            try await Verification.run($0, genesis: sample.home.genesis)
        }
        #expect(report.blocks == sample.tip.height.rawValue)
        #expect(report.finalHeight == sample.tip.height)
        // Each transaction but the ignored one is listed; timers' blocks hold none.
        let listed = try StoredRow.all("transactions", of: sample).count
        #expect(report.transactions == UInt64(listed))
        #expect(report.stateRows == UInt64(try StoredRow.all("state", of: sample).count))
        let entries = try StoredRow.all("log", of: sample).count
        #expect(report.signatures == UInt64(entries + listed + 1 + 2 * Int(report.blocks)))
    }

    @Test func `hands out every recomputed header, block 0 first`() async throws {
        let sample = try await SampleLedger.shared.value
        try await sample.home.reading { store in
            var hashes: [Hash256] = []
            var progress: [Height] = []
            _ = try await Verification.run(
                store, genesis: sample.home.genesis,
                progress: { height, tip in
                    progress.append(height)
                    #expect(tip == sample.tip.height)
                }, headers: { hashes.append($0.hash) })
            #expect(try store.read { try $0.headerHashes(below: Height(1_000)) } == hashes)
            #expect(progress.last == sample.tip.height)
        }
    }

    @Test func `names block 0 for another genesis document`() async throws {
        let sample = try await SampleLedger.shared.value
        let other = try TestHome(members: ["alfa"])
        try await sample.home.reading { store in
            do {
                _ = try await Verification.run(store, genesis: other.genesis)
                Issue.record("nothing found")
            } catch let finding as Verification.Finding {
                #expect(finding.height == .genesis)
                #expect(finding.what.contains("another genesis document"))
            }
        }
        let count = try RowEditor.edit(sample.home.ledgerFile) {
            try $0.blob("SELECT value FROM meta WHERE name = 'genesis'").count
        }
        try await SampleLedger.check(
            StoredRow(
                table: "meta", condition: "name = 'genesis'", height: 0, counts: ["value": count]
            ).bytes(of: "value", at: stride(from: 0, to: count, by: 97)))
    }

    @Test func `finds altered entries, and places in the log`() async throws {
        let sample = try await SampleLedger.shared.value
        var random = SeededRandom(seed: 1)
        var alterations: [Alteration] = []
        let rows = try StoredRow.all("log", of: sample)
        for row in rows {
            // Key, signature, body, and its end.
            let places = [0, 32, 96, (row.counts["packed"] ?? 1) - 1]
            alterations += row.bytes(
                of: "packed", at: places + row.places(in: "packed", 3, &random))
            alterations.append(row.set("effect", to: "0"))
            alterations.append(row.set("position", to: "position + 1000"))
            alterations.append(row.set("packed", to: "substr(packed, 1, 95)"))
            alterations.append(row.set("packed", to: "x''"))
        }
        // The first entry of a block that closes at it, byte for byte.
        alterations += rows[0].bytes(of: "packed", at: 0..<(rows[0].counts["packed"] ?? 0))
        // Without the last ones the log is as it was some blocks ago, so they are missed
        // by the blocks that they closed.
        let last = sample.closings.last?.place ?? 0
        for row in rows.dropLast() { alterations.append(row.deleted) }
        alterations.append(
            Alteration(sample.height(ofPlace: last), "DELETE FROM log WHERE position >= \(last)"))
        alterations.append(
            Alteration(
                Int64(sample.tip.height.rawValue) + 1,
                "INSERT INTO log SELECT max(position) + 1, 1, packed FROM log"))
        try await SampleLedger.check(alterations)
    }

    @Test func `finds altered headers, hashes and closing places`() async throws {
        let sample = try await SampleLedger.shared.value
        var random = SeededRandom(seed: 2)
        var alterations: [Alteration] = []
        let rows = try StoredRow.all("blocks", of: sample)
        for row in rows {
            alterations += row.bytes(of: "header", at: row.places(in: "header", 4, &random))
            alterations += row.bytes(of: "hash", at: row.places(in: "hash", 1, &random))
            alterations.append(row.set("closed_at", to: "closed_at + 1"))
            alterations.append(row.set("height", to: "height + 1000"))
            alterations.append(row.set("height", to: "-1 - height"))
            alterations.append(row.deleted)
        }
        alterations += rows[2].bytes(of: "header", at: 0..<348)
        alterations += rows[0].bytes(of: "header", at: stride(from: 0, to: 348, by: 11))
        alterations += rows[2].bytes(of: "hash", at: 0..<32)
        let next = Int64(sample.tip.height.rawValue) + 1
        alterations.append(
            Alteration(
                next,
                "INSERT INTO blocks SELECT \(next), hash, header, closed_at FROM blocks WHERE height = 3"
            ))
        try await SampleLedger.check(alterations)
    }

    /// A header and its hash altered together are no form fault: only recomputing tells.
    @Test func `finds a header that was altered with its hash, and says in what`() async throws {
        let sample = try await SampleLedger.shared.value
        for (offset, field) in [
            (44, "height"), (52, "parent"), (84, "time_ms"), (92, "entries_root"),
            (124, "transactions_root"), (156, "receipts_root"), (188, "state_root"),
            (220, "history_root"), (252, "members_hash"), (284, "next_members_hash"),
            (316, "proposer"),
        ] {
            let finding = try await sample.verify { file in
                try RowEditor.edit(file) { editor in
                    var bytes = try editor.blob("SELECT header FROM blocks WHERE height = 5")
                    // The last byte of a number or hash, the first letter of a name.
                    bytes[
                        field == "proposer"
                            ? offset : offset + (field == "height" || field == "time_ms" ? 7 : 31)] ^=
                        1
                    let hash = Hash256.sha256(tag: "koinon/header/v1", [bytes])
                    try editor.execute(
                        "UPDATE blocks SET header = ?, hash = ? WHERE height = 5",
                        [Data(bytes), Data(hash.bytes)])
                }
            }
            #expect(finding?.height == Height(5), "\(field)")
            #expect(finding?.what.contains(field) == true || field == "height", "\(finding as Any)")
        }
    }

    @Test func `finds altered receipts and timers`() async throws {
        let sample = try await SampleLedger.shared.value
        var random = SeededRandom(seed: 3)
        var alterations: [Alteration] = []
        let rows = try StoredRow.all("results", of: sample)
        for row in rows {
            let count = row.counts["result"] ?? 0
            alterations += row.bytes(
                of: "result",
                at: [0, 1, count - 1].filter { $0 >= 0 } + row.places(in: "result", 3, &random))
            alterations.append(row.set("result", to: "CAST(result || x'00' AS BLOB)"))
            alterations.append(row.set("first_leaf", to: "first_leaf + 1"))
            alterations.append(row.set("executed", to: "CAST(executed || zeroblob(32) AS BLOB)"))
            alterations.append(row.set("executed", to: "CAST(executed || x'00' AS BLOB)"))
            alterations += row.bytes(of: "executed", at: row.places(in: "executed", 2, &random))
            alterations.append(row.set("height", to: "height + 1000"))
            alterations.append(row.deleted)
        }
        alterations += rows[3].bytes(of: "result", at: 0..<(rows[3].counts["result"] ?? 0))
        let next = Int64(sample.tip.height.rawValue) + 1
        alterations.append(Alteration(next, "INSERT INTO results VALUES (\(next), 0, x'', x'')"))
        try await SampleLedger.check(alterations)
    }

    @Test func `finds altered lists of transactions`() async throws {
        let sample = try await SampleLedger.shared.value
        var random = SeededRandom(seed: 4)
        var alterations: [Alteration] = []
        let rows = try StoredRow.all("transactions", of: sample)
        for row in rows {
            alterations += row.bytes(of: "id", at: row.places(in: "id", 2, &random))
            alterations.append(row.set("height", to: "height + 1"))
            alterations.append(row.set("leaf", to: "leaf + 1"))
            alterations.append(row.set("leaf", to: "leaf + 4294967296"))
            alterations.append(row.deleted)
        }
        alterations += rows[0].bytes(of: "id", at: 0..<32)
        let tip = Int64(sample.tip.height.rawValue)
        let id = "x'" + String(repeating: "5a", count: 32) + "'"
        for height in [0, 1, 7, tip, tip + 5] {
            alterations.append(
                Alteration(height, "INSERT INTO transactions VALUES (\(id), \(height), 0)"))
        }
        try await SampleLedger.check(alterations)
    }

    @Test func `finds altered state and names the block that wrote it`() async throws {
        let sample = try await SampleLedger.shared.value
        var random = SeededRandom(seed: 5)
        var alterations: [Alteration] = []
        let rows = try StoredRow.all("state", of: sample)
        #expect(Set(rows.map(\.height)).count > 15)
        for row in rows {
            alterations += row.bytes(of: "value", at: [0] + row.places(in: "value", 1, &random))
            alterations += row.bytes(of: "key", at: row.places(in: "key", 1, &random))
            alterations.append(row.set("value", to: "CAST(value || x'00' AS BLOB)"))
            alterations.append(row.set("height", to: "height + 1"))
            alterations.append(row.deleted)
        }
        let tip = Int64(sample.tip.height.rawValue)
        for height in [0, 9, tip, tip + 3] {
            alterations.append(
                Alteration(height, "INSERT INTO state VALUES (x'ff01', x'02', \(height))"))
        }
        try await SampleLedger.check(alterations)
    }

    @Test func `finds altered, missing and misplaced attestations`() async throws {
        let sample = try await SampleLedger.shared.value
        var random = SeededRandom(seed: 6)
        var alterations: [Alteration] = []
        let rows = try StoredRow.all("attestations", of: sample)
        #expect(rows.count == 2 * Int(sample.tip.height.rawValue))
        for row in rows {
            alterations += row.bytes(of: "packed", at: row.places(in: "packed", 3, &random))
            alterations.append(row.set("member", to: "'carol'"))
            alterations.append(row.set("height", to: "height + 1000"))
            alterations.append(row.set("packed", to: "substr(packed, 1, 96)"))
            alterations.append(row.deleted)
        }
        alterations += rows[0].bytes(of: "packed", at: 0..<(rows[0].counts["packed"] ?? 0))
        let tip = Int64(sample.tip.height.rawValue)
        for height in [0, 4, tip + 1] {
            alterations.append(
                Alteration(
                    height,
                    "INSERT INTO attestations SELECT \(height), 'carol', packed FROM attestations WHERE height = 2 AND member = 'alfa'"
                ))
        }
        // A valid attestation at another block than its own; its own is the lower one.
        alterations.append(
            Alteration(
                6,
                """
                UPDATE attestations SET packed =
                    (SELECT packed FROM attestations WHERE height = 6 AND member = 'alfa')
                WHERE height = 8 AND member = 'alfa'
                """))
        // By another member, under that member's name.
        alterations.append(
            Alteration(
                8,
                """
                UPDATE attestations SET packed =
                    (SELECT packed FROM attestations WHERE height = 8 AND member = 'bravo')
                WHERE height = 8 AND member = 'alfa'
                """))
        try await SampleLedger.check(alterations)
    }
}
