import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// What headers commit to, and that a replica can begin anywhere.
@Suite struct CoreBlockTests {
    /// A ledger with a little of everything, and its blocks.
    private func busyLedger() throws -> (TestLedger, [ExecutedBlock]) {
        let ledger = try TestLedger(
            members: ["alfa", "bravo"], parameters: .with { $0.votingPeriodMs = 60_000 })
        var blocks: [ExecutedBlock] = []
        func act(_ actor: Actor, _ actions: Action..., at moment: Timestamp? = nil) throws {
            blocks += try ledger.block(at: moment, [ledger.sign(actions, by: actor)]).blocks
        }
        let alfa = ledger.member("alfa")
        let rita = ledger.actor("rita")
        try act(
            alfa,
            .money(
                .createUnit(
                    .with {
                        $0.unit = "usd"; $0.title = "USD"
                    })))
        try act(alfa, ledger.openAction(rita.key, sponsor: "alfa"))
        try act(
            alfa,
            .money(
                .issue(
                    .with {
                        $0.unit = "usd"; $0.to = rita.bytes; $0.amountMinor = 100
                    })))
        try act(
            alfa,
            .alliance(
                .propose(
                    .with {
                        $0.title = "Later"
                        $0.setParameter = .with {
                            $0.name = "voting_period_ms"; $0.value = 99_000
                        }
                    })))
        try act(rita, .transfer(5, to: alfa), .transfer(5_000, to: alfa))
        try act(rita, .transfer(5, to: alfa), at: ledger.time.later(by: 30_000))
        try act(rita, .transfer(6, to: alfa), at: ledger.time.later(by: 40_000))
        return (ledger, blocks)
    }

    @Test func `headers commit to entries, leaves, receipts, state and history`() throws {
        let (ledger, blocks) = try busyLedger()
        var state: [[UInt8]: [UInt8]] = [:]
        for change in try GenesisBlock.make(ledger.genesis).changes {
            state[change.key] = change.value
        }
        #expect(blocks.count == ledger.hashes.count - 1)
        for (index, block) in blocks.enumerated() {
            let header = block.header
            let result = try BlockResult(strict: block.result)
            var transactions: [Envelope] = []
            for entry in block.entries {
                transactions += try EntryBody(strict: entry.body).transactions.map(Envelope.init)
            }
            #expect(header.entriesRoot == MerkleTree.root(ofLeaves: block.entries.map(\.packed)))
            #expect(
                header.transactionsRoot
                    == MerkleTree.root(
                        ofLeaves: result.timers.map { [0] + $0.encoded }
                            + transactions.map { [1] + $0.packed }))
            #expect(
                header.receiptsRoot == MerkleTree.root(ofLeaves: result.receipts.map(\.encoded)))
            #expect(
                header.historyRoot
                    == MerkleTree.root(ofLeaves: ledger.hashes[...index].map(\.bytes)))
            for change in block.changes { state[change.key] = change.value }
            var tree = StateTree()
            tree.apply(state.map { ($0.key, $0.value) })
            #expect(header.stateRoot == tree.root)
        }
        // The timer of the proposal was among it.
        #expect(try blocks.contains { try BlockResult(strict: $0.result).timers.count == 1 })
    }

    /// Swift seeds hashing anew in each process, so a header that depended on the order of a
    /// hashed collection would differ from run to run.
    ///
    /// When this fails after a change that was meant to change the chain (an event, a row, the
    /// test genesis), put the new hash here; otherwise ledgers that exist would break.
    @Test func `the same log has the same header in every process`() throws {
        let (ledger, _) = try busyLedger()
        #expect(
            ledger.hashes.last?.hex
                == "07192c5d178cdd0451089b271922f4bad115c933aa7e8caacc8bb2a6191cd585")
        try ledger.checkReplay()
    }

    @Test func `a replica made from stored rows continues as if it had never stopped`() throws {
        let (ledger, _) = try busyLedger()
        for stop in 0..<ledger.hashes.count {
            // Run until that height, then begin a second replica from rows alone.
            let first = try Replica(genesis: ledger.genesis)
            var rest = ledger.log[...]
            while first.header.height.rawValue < UInt64(stop), let entry = rest.popFirst() {
                _ = first.apply(entry)
            }
            var rows: [(key: [UInt8], value: [UInt8])] = []
            first.state.forEach { rows.append(($0, $1)) }
            var history = MerkleFrontier()
            for hash in ledger.hashes.prefix(stop) {
                history.append(leafHash: MerkleTree.leafHash(hash.bytes))
            }
            let second = Replica(header: first.header, history: history, rows: rows.reversed())
            #expect(second.header.hash == ledger.hashes[stop])
            for entry in rest { _ = second.apply(entry) }
            #expect(second.header.hash == ledger.hashes.last)
            #expect(second.tree.root == ledger.replica.tree.root)
        }
    }

    @Test func `a rejected transaction changes its nonce and its id's row, and nothing else`()
        throws
    {
        let ledger = try TestLedger()
        let rita = try ledger.open("rita")
        let transaction = ledger.sign([.transfer(1, to: ledger.member("alfa"))], by: rita)
        let closed = try ledger.block([transaction])
        #expect(closed.receipts.map(\.code) == [MoneyRejection.unknownUnit.rawValue])
        let prefixes = closed.blocks[0].changes.map(\.key[0])
        // Author's sequence, spent ids, the account with its key's nonces.
        #expect(prefixes == [0x02, 0x03, 0x20])
    }

    @Test func `an action that fails undoes those before it, and the receipt names it`() throws {
        let ledger = try TestLedger()
        try ledger.createUnit()
        let rita = try ledger.open("rita")
        try ledger.issue(100, to: rita)
        let alfa = ledger.member("alfa")
        let receipt = try ledger.send(
            rita, .transfer(10, to: alfa), .transfer(20, to: alfa), .transfer(100, to: alfa))
        #expect(receipt.code == MoneyRejection.insufficientBalance.rawValue)
        #expect(receipt.actionIndex == 2)
        #expect(receipt.field == "amount_minor")
        #expect(ledger.balance(rita) == 100)
        let receipts = try ledger.done(rita, .transfer(10, to: alfa), .transfer(20, to: alfa))
        #expect(receipts.map(\.money.transferred.amountMinor) == [10, 20])
    }

    @Test func `every table of every module lies within its sixteen prefixes`() throws {
        let (ledger, _) = try busyLedger()
        ledger.state.forEach { key, _ in
            let module = key[0] / 16
            #expect(module <= UInt8(Modules.all.count))
            #expect(module > 0 || [0x01, 0x02, 0x03].contains(key[0]))
        }
    }
}
