import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A stored block", .timeLimit(.minutes(30)))
struct BlockTests {
    /// Leases, a rejection, a transaction that a block ignores, and a timer, by two members.
    private static func play(_ home: TestHome) async throws {
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let first = try await world.start(on: node)
            home.clock.advance(31 * LeaseWorld.minute)
            try await world.finish(first, on: node)
            // Never started: its timer ends it in the block of the next lease.
            let second = try await world.book(on: node)
            home.clock.advance(20 * LeaseWorld.minute)
            _ = try await world.alfa.send(.registerKind("bike", title: "Again"), to: node)
            await node.untilIdle()
            #expect(world.state(of: second, on: node) == "no_show")
            try await home.ignoreOne(node)
        }
    }

    @Test func `has the roots of what is stored with it`() async throws {
        let home = try TestHome()
        try await Self.play(home)
        try await home.reading { store in
            try store.read { reader in
                let tip = try reader.tip().header
                #expect(tip.height >= Height(9))
                var hashes = [Hash256]()
                var previous: BlockHeader?
                var timers = 0
                var ignored = 0
                var height = Height.genesis
                while height <= tip.height {
                    let header = try #require(try reader.block(at: height)).header
                    let parts = try BlockParts(reader, height)
                    #expect(header.entriesRoot == MerkleTree.root(ofLeaves: parts.entries))
                    #expect(header.transactionsRoot == MerkleTree.root(ofLeaves: parts.leaves))
                    #expect(header.receiptsRoot == MerkleTree.root(ofLeaves: parts.receipts))
                    #expect(parts.receipts.count == parts.leaves.count)
                    #expect(try reader.leafCount(at: height) == parts.leaves.count)
                    #expect(header.historyRoot == MerkleTree.root(ofLeaves: hashes.map(\.bytes)))
                    #expect(header.parent == previous?.hash ?? .zero)
                    #expect(header.time >= previous?.time ?? TestHome.start)
                    #expect(header.membersHash == home.genesis.memberSet.hash)
                    #expect(header.nextMembersHash == header.membersHash)
                    #expect(header.chain == home.chain)
                    timers += parts.timers
                    ignored += parts.ignored
                    hashes.append(header.hash)
                    previous = header
                    height = height.next
                }
                #expect(timers == 1)
                #expect(ignored == 1)
                var tree = StateTree()
                var rows: [(key: [UInt8], value: [UInt8]?)] = []
                try reader.forEachStateRow { rows.append(($0.key, $0.value)) }
                tree.apply(rows)
                #expect(tip.stateRoot == tree.root)
            }
        }
    }

    @Test(arguments: [["alfa"], ["alfa", "bravo"], ["alfa", "bravo", "carol", "delta"]])
    func `is attested by every member, final, and its attestations go into later entries`(
        members: [String]
    ) async throws {
        let home = try TestHome(members: members)
        try await Self.play(home)
        try await home.running { node in
            await node.untilIdle()
            #expect(node.finalHeight == node.tip.height)
            let carried = Set(try node.carriedAttestations().map(\.envelope))
            try node.store.read { reader in
                var height = Height(1)
                while height <= node.tip.height {
                    let block = try #require(try reader.block(at: height))
                    let stored = try reader.attestations(at: height)
                    #expect(stored.map(\.member.rawValue) == members)
                    for attestation in stored {
                        let envelope = attestation.envelope
                        #expect(
                            envelope.publicKey
                                == TestHome.nodeKey(of: attestation.member.rawValue).publicKey)
                        #expect(envelope.isAuthentic(as: .attestation))
                        #expect(
                            Attestation(envelope, chain: home.chain)?.isOf(block.header) == true)
                        #expect(carried.contains(envelope))
                    }
                    height = height.next
                }
                #expect(carried.count == Int(node.tip.height.rawValue) * members.count)
                #expect(try reader.attestations(at: .genesis).isEmpty)
            }
        }
    }

    @Test func `is written by the members in turns`() async throws {
        let home = try TestHome(members: ["alfa", "bravo", "carol"])
        try await Self.play(home)
        try await home.reading { store in
            try store.read { reader in
                let tip = try reader.tip().header.height
                let proposers = try (1...tip.rawValue).map {
                    try #require(try reader.block(at: Height($0))).header.proposer?.rawValue
                }
                #expect(Set(proposers) == ["alfa", "bravo", "carol"])
            }
        }
    }
}

extension TestHome {
    /// Puts a copy of an executed transaction in an entry, which only a proposer that
    /// does not look would do, beside a fresh one that closes the block.
    func ignoreOne(_ node: Node) async throws {
        let alfa = sender("account of alfa")
        let executed = try #require(
            try node.store.read { reader -> Envelope? in
                try EntryBody(strict: reader.entries(ofBlock: Height(1)).last?.body ?? [])
                    .transactions.first.map { try Envelope($0) }
            })
        let fresh = try alfa.sign(.registerKind("van", title: "Van"), nonce: 500)
        let transactions = try [executed, fresh].map {
            try CheckedTransaction($0, chain: chain)
        }
        await node.untilIdle()
        try await node.propose([ProposedBlock(time: node.now, transactions: transactions)])
    }
}

/// The leaves of a stored block's trees, by the formats' own words.
struct BlockParts {
    var entries: [[UInt8]]
    /// Timers first: 0x00 ‖ TimerRecord, then 0x01 ‖ packed transaction.
    var leaves: [[UInt8]]
    var receipts: [[UInt8]]
    var timers: Int
    var ignored = 0

    init(_ reader: LedgerReader, _ height: Height) throws {
        let result = try BlockResult(strict: try reader.result(at: height) ?? [])
        let envelopes = try reader.entries(ofBlock: height)
        entries = envelopes.map(\.packed)
        receipts = result.receipts.map(\.encoded)
        timers = result.timers.count
        leaves = result.timers.map { [0] + $0.encoded }
        for envelope in envelopes {
            for signed in try EntryBody(strict: envelope.body).transactions {
                let transaction = try Envelope(signed)
                guard let location = try reader.location(ofTransaction: transaction.bodyHash),
                    location.height == height
                else {
                    ignored += 1
                    continue
                }
                leaves.append([1] + transaction.packed)
            }
        }
    }
}
