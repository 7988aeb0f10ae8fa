import CFaultVFS
import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonStore

/// A ledger's life in a few commits, what it holds after each of them, and the
/// check that a stopped store stands exactly between two of them.
struct CrashRun {
    let genesis: [UInt8]
    let first: ExecutedBlock
    let batches: [CommitBatch]
    /// Content after creation and after each batch.
    let contents: [LedgerContent]

    init() {
        var chain = TestChain()
        genesis = chain.genesis
        first = chain.first([TestChain.put("row 0", "genesis")])
        let wide = (0..<40).map {
            TestChain.put("row \(1_000 + $0)", String(repeating: "w", count: 90))
        }
        let entries = [chain.entry(), chain.entry(), chain.entry(hasEffect: false), chain.entry()]
        var batches = [
            CommitBatch(
                log: Array(entries[..<2]),
                blocks: [
                    chain.block([entries[0]], changes: [TestChain.put("row 0", "1")] + wide),
                    chain.block(
                        [entries[1]], transactions: 2, changes: [TestChain.remove("row 1003")]),
                ],
                attestations: [TestChain.attestation(1, "north")]),
            // Entries that close no block, then the block that takes them.
            CommitBatch(log: [entries[2], entries[3]]),
            CommitBatch(
                blocks: [chain.block(Array(entries[2...]), changes: [TestChain.put("row 0", "3")])],
                attestations: [
                    TestChain.attestation(2, "north"), TestChain.attestation(2, "south"),
                ]),
            CommitBatch(attestations: [TestChain.attestation(3, "south")]),
        ]
        let large = chain.entry(byteCount: 9_000)
        batches.append(
            CommitBatch(
                log: [large],
                blocks: [
                    chain.block([large], changes: [TestChain.remove("row 0")] + wide.dropFirst(20))
                ]))
        batches.append(chain.batch([TestChain.put("row 0", "again")]))
        self.batches = batches
        var content = LedgerContent()
        content.apply(CommitBatch(blocks: [ClosedBlock(first, closedAt: .start)]))
        var contents = [content]
        for batch in batches {
            content.apply(batch)
            contents.append(content)
        }
        self.contents = contents
    }

    /// What a store must never show.
    enum Finding: Error {
        case tornBatch
        case lostBatch(Int)
        case otherEnd
        case structure([String])
    }

    /// Goes on from what the disk holds until the end or the stop.
    ///
    /// - Parameter acknowledged: how many batches were reported durable before; 0 is
    ///   the creation, -1 nothing.
    /// - Returns: the same after this run.
    /// - Throws: ``Finding``, and any fault while the disk works.
    func play(_ disk: FaultDisk, home: URL, acknowledged: Int) throws -> Int {
        var acknowledged = acknowledged
        do {
            let store = try open(disk, home: home, acknowledged: acknowledged)
            defer { #expect(throws: Never.self) { try store.close() } }
            let content = try LedgerContent(store)
            guard let found = contents.firstIndex(of: content) else { throw Finding.tornBatch }
            if found < acknowledged { throw Finding.lostBatch(acknowledged) }
            acknowledged = found
            for batch in batches[found...] {
                try store.commit(batch)
                acknowledged += 1
            }
            if !disk.hasStopped {
                if try LedgerContent(store) != contents[batches.count] { throw Finding.otherEnd }
                let damage = try store.read { try $0.structuralDamage() }
                if !damage.isEmpty { throw Finding.structure(damage) }
            }
        } catch let fault as StoreFault where disk.hasStopped {
            switch fault {
            case .inputOutput, .stopped: break
            // Found before the stop, which came as the file was closed again.
            case .noLedger where acknowledged < 0: break
            default: throw fault
            }
        }
        return acknowledged
    }

    private func open(_ disk: FaultDisk, home: URL, acknowledged: Int) throws -> LedgerStore {
        do {
            return try LedgerStore(opening: home, options: disk.options)
        } catch StoreFault.noLedger where acknowledged < 0 && !disk.hasStopped {
            return try LedgerStore.create(
                home: home, genesis: genesis, block: first, options: disk.options)
        }
    }
}
