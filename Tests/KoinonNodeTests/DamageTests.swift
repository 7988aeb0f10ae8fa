import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Damage beyond single values: several at once, and any byte of the file.
@Suite("Damage", .serialized, .timeLimit(.minutes(30)))
struct DamageTests {
    /// Reading runs ahead of comparing; what is read first must not be told first.
    @Test func `names the lowest of several bad blocks`() async throws {
        try await SampleLedger.check([
            Alteration("an entry without form above a bad header", 3) { editor in
                try editor.execute("UPDATE log SET packed = x'00' WHERE position = 40")
                try editor.execute("UPDATE results SET result = x'00' WHERE height = 3")
            },
            Alteration("a tip that cannot be read above a bad result", 4) { editor in
                try editor.execute("UPDATE blocks SET header = x'00' WHERE height = 20")
                try editor.execute(
                    "DELETE FROM blocks WHERE height = (SELECT max(height) FROM blocks)")
                try editor.execute("UPDATE results SET result = x'00' WHERE height = 4")
            },
            Alteration("two state rows", 0) { editor in
                try editor.execute(
                    "UPDATE state SET value = CAST(value || x'00' AS BLOB) WHERE height = (SELECT max(height) FROM state)"
                )
                try editor.execute(
                    "DELETE FROM state WHERE key = (SELECT max(key) FROM state WHERE height = 0)")
            },
        ])
    }

    /// Whatever a byte of the file becomes: found, or harmless; never a crash, nor a lie.
    @Test func `survives any byte of the file`() async throws {
        let sample = try await SampleLedger.shared.value
        let sound = try Data(contentsOf: sample.home.ledgerFile)
        var random = SeededRandom(seed: 7)
        var found = 0
        for round in 0..<300 {
            let offset = random.below(sound.count)
            let mask = UInt8(1 + random.below(255))
            do {
                let finding = try await sample.verify { file in
                    var bytes = sound
                    bytes[offset] ^= mask
                    try bytes.write(to: file)
                }
                if finding != nil { found += 1 }
            } catch let fault as StoreFault {
                #expect(!fault.description.isEmpty)
                found += 1
            } catch {
                Issue.record("round \(round), offset \(offset): \(error)")
            }
        }
        #expect(found > 50)
    }

    /// What a node and a proof read at their start are the same bytes.
    @Test func `is not needed for a node or a proof to refuse a damaged ledger`() async throws {
        let sample = try await SampleLedger.shared.value
        let transactions = try StoredRow.all("transactions", of: sample)
        let id = try #require(
            try RowEditor.edit(sample.home.ledgerFile) {
                Hash256(
                    try $0.blob("SELECT id FROM transactions WHERE \(transactions[5].condition)"))
            })
        let sound = try Data(contentsOf: sample.home.ledgerFile)
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-damage-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let hosted = try sample.home.home.hostedMembers()
        var random = SeededRandom(seed: 8)
        var refused = 0
        for round in 0..<300 {
            // Other tests wait for their turn.
            await Task.yield()
            let offset = random.below(sound.count)
            var bytes = sound
            bytes[offset] ^= UInt8(1 + random.below(255))
            try bytes.write(to: folder.appending(path: "ledger.sqlite"))
            do {
                let store = try LedgerStore(opening: folder, readOnly: true)
                defer { #expect(throws: Never.self) { try store.close() } }
                _ = try store.prove(transaction: id, genesis: sample.home.genesis)
                let resumed = try Resumption(
                    store: store, genesis: sample.home.genesis, hosted: hosted,
                    guards: GuardKeeper([:]), beginsGuards: false)
                // What it stands on is what was stored.
                #expect(resumed.replica.read { $0.header } == sample.tip)
            } catch is StoreFault {
                refused += 1
            } catch is ProofMakingFault {
                refused += 1
            } catch {
                Issue.record("round \(round), offset \(offset): \(error)")
            }
        }
        #expect(refused > 15)
    }
}
