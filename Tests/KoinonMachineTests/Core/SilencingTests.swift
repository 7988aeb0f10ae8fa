import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Members that signed two blocks of one height, as an entry shows it to everybody.
@Suite("A member that contradicts itself")
struct SilencingTests {
    private let bravo = MemberID(rawValue: "bravo")!

    private func attestation(
        _ key: SigningKey, _ ledger: TestLedger, hash: String, height: UInt64 = 7,
        epoch: UInt64 = 0, chain: ChainID? = nil, tag: SigningTag = .attestation
    ) -> Signed {
        let body = AttestationBody.with {
            $0.chain = Data((chain ?? ledger.chain).bytes)
            $0.epoch = epoch
            $0.height = height
            $0.blockHash = Data(Hash256.sha256(Array(hash.utf8)).bytes)
        }
        return key.sign(body.encoded, as: tag).message
    }

    private func pair(_ first: Signed, _ second: Signed) -> ContradictingPair {
        .with {
            $0.first = first
            $0.second = second
        }
    }

    private func shows(
        _ ledger: TestLedger, _ pairs: ContradictingPair..., by author: String = "alfa",
        _ transactions: [Envelope] = []
    ) throws -> CheckedEntry {
        try ledger.entry(by: author, transactions) { $0.contradictions = pairs }
    }

    private func silencing(_ ledger: TestLedger) throws -> CheckedEntry {
        let key = TestLedger.nodeKey(of: "bravo")
        return try shows(
            ledger,
            pair(attestation(key, ledger, hash: "a"), attestation(key, ledger, hash: "b")))
    }

    @Test func `is void from the next entry on, and still one of the judges`() throws {
        let ledger = try TestLedger(members: ["alfa", "bravo", "carol"])
        let members = ledger.replica.members
        let before = ledger.replica.lastClock(of: bravo)
        ledger.apply(try silencing(ledger))
        let late = ledger.sign(
            [.transfer(1, to: ledger.member("alfa"))], by: ledger.member("bravo"))
        let entry = try ledger.entry(by: "bravo", clock: ledger.time.later(by: 60_000), [late])
        guard case .waiting = ledger.apply(entry) else {
            Issue.record("its transactions are executed")
            return
        }
        #expect(ledger.replica.lastSequence(of: bravo) == entry.sequence)
        #expect(ledger.replica.lastClock(of: bravo) == before)
        #expect(ledger.replica.silenced.isEmpty, "no block has shown it yet")
        try ledger.createUnit()
        #expect(ledger.replica.silenced == [bravo: Height(1)])
        #expect(ledger.replica.members == members)
        try ledger.checkReplay()
    }

    @Test func `is spoken to by its account's transactions in others' entries`() throws {
        let ledger = try TestLedger(members: ["alfa", "bravo", "carol"])
        ledger.apply(try silencing(ledger))
        try ledger.createUnit()
        let key = TestLedger.key("another node key").publicKey
        try ledger.done(ledger.member("bravo"), .renewNodeKey(Data(key.bytes)))
        // Another key does not make it heard again.
        #expect(ledger.replica.silenced == [bravo: Height(1)])
        try ledger.checkReplay()
    }

    @Test func `is silenced for what it signed with a key from before`() throws {
        let ledger = try TestLedger(members: ["alfa", "bravo", "carol"])
        let key = TestLedger.key("another node key").publicKey
        try ledger.done(ledger.member("bravo"), .renewNodeKey(Data(key.bytes)))
        ledger.apply(try silencing(ledger))
        try ledger.createUnit()
        #expect(ledger.replica.silenced.keys.sorted() == [bravo])
    }

    @Test func `is heard again only when it is admitted again`() throws {
        let scene = try AllianceScene(members: 4)
        let ledger = scene.ledger
        ledger.apply(try silencing(ledger))
        let out = try scene.propose(.expel("bravo"))
        try scene.yes(2...3, on: out)
        #expect(ledger.replica.silenced.keys.sorted() == [bravo])
        let account = Data(TestLedger.key("another account").publicKey.bytes)
        let back = try scene.propose(.admit("bravo", accountKey: account))
        try scene.yes(2...3, on: back)
        #expect(scene.members.contains("bravo"))
        #expect(ledger.replica.silenced.isEmpty)
        try ledger.checkReplay()
    }

    /// The header of a block with so many others before it.
    private func history(
        _ ledger: TestLedger, others: Int = 9
    ) -> (header: BlockHeader, hashes: [Hash256]) {
        var header = ledger.replica.header
        let hashes = (0..<others).map { Hash256.sha256(Array("block \($0)".utf8)) }
        header.height = Height(UInt64(others))
        header.historyRoot = MerkleTree.root(
            ofLeafHashes: hashes.map { MerkleTree.leafHash($0.bytes) })
        return (header, hashes)
    }

    /// Bravo signs the block 7 that hashes of `hash`, and block 9 of the history.
    private func branches(
        _ ledger: TestLedger, hash: String = "another", epoch: UInt64 = 0,
        _ change: (inout ContradictingPair) -> Void = { _ in }
    ) throws -> ContradictingPair {
        let key = TestLedger.nodeKey(of: "bravo")
        let (header, hashes) = history(ledger)
        let body = AttestationBody.with {
            $0.chain = Data(ledger.chain.bytes)
            $0.height = header.height.rawValue
            $0.blockHash = Data(header.hash.bytes)
        }
        var shown = pair(
            attestation(key, ledger, hash: hash, epoch: epoch),
            key.sign(body.encoded, as: .attestation).message)
        shown.header = Data(header.encoded)
        shown.ancestor = Data(hashes[7].bytes)
        shown.path = MerkleTree.inclusionPath(
            leafHashes: hashes.map { MerkleTree.leafHash($0.bytes) }, index: 7
        ).map { Data($0.bytes) }
        change(&shown)
        return shown
    }

    @Test func `is silenced for signatures on two branches at different heights`() throws {
        let ledger = try TestLedger(members: ["alfa", "bravo", "carol"])
        let innocent: [(String, ContradictingPair)] = [
            ("a block and one behind it", try branches(ledger, hash: "block 7")),
            ("two epochs", try branches(ledger, epoch: 1)),
            ("no header", try branches(ledger) { $0.header = Data() }),
            ("half a header", try branches(ledger) { $0.header.removeLast() }),
            (
                "another header",
                try branches(ledger) {
                    $0.header = Data(history(ledger, others: 10).header.encoded)
                }
            ),
            ("an ancestor that is none", try branches(ledger) { $0.ancestor[3] ^= 1 }),
            ("no ancestor", try branches(ledger) { $0.ancestor = Data() }),
            ("a path that ends early", try branches(ledger) { $0.path.removeLast() }),
            ("a path too long", try branches(ledger) { $0.path.append($0.path[0]) }),
            ("a path of something else", try branches(ledger) { $0.path[1].removeLast() }),
            (
                "the higher one first",
                try branches(ledger) { ($0.first, $0.second) = ($0.second, $0.first) }
            ),
            (
                "a wrong signature",
                try branches(ledger) { $0.second.signature[9] ^= 1 }
            ),
        ]
        for (what, pair) in innocent {
            ledger.apply(try shows(ledger, pair))
            try ledger.createUnit("u\(ledger.replica.header.height)")
            #expect(ledger.replica.silenced.isEmpty, "\(what)")
        }
        ledger.apply(try shows(ledger, try branches(ledger)))
        try ledger.createUnit("end")
        #expect(ledger.replica.silenced.keys.sorted() == [bravo])
        try ledger.checkReplay()
    }

    @Test func `is not silenced by what proves nothing, or by whom nobody hears`() throws {
        let key = TestLedger.nodeKey(of: "bravo")
        let ledger = try TestLedger(members: ["alfa", "bravo", "carol"])
        let otherChain = ChainID(Hash256.sha256([1]).bytes)!
        let one = attestation(key, ledger, hash: "a")
        var forged = attestation(key, ledger, hash: "b")
        forged.signature[0] ^= 1
        let other = TestLedger.nodeKey(of: "carol")
        let innocent: [(String, ContradictingPair)] = [
            ("the same twice", pair(one, one)),
            ("two heights", pair(one, attestation(key, ledger, hash: "b", height: 8))),
            ("two epochs", pair(one, attestation(key, ledger, hash: "b", epoch: 1))),
            ("another chain", pair(one, attestation(key, ledger, hash: "b", chain: otherChain))),
            ("two keys", pair(one, attestation(other, ledger, hash: "b"))),
            ("a wrong signature", pair(one, forged)),
            ("no attestation", pair(one, attestation(key, ledger, hash: "b", tag: .entry))),
            ("nothing", ContradictingPair()),
            (
                "an unknown key",
                pair(
                    attestation(TestLedger.key("x"), ledger, hash: "a"),
                    attestation(TestLedger.key("x"), ledger, hash: "b"))
            ),
        ]
        for (what, pair) in innocent {
            ledger.apply(try shows(ledger, pair))
            try ledger.createUnit("u\(ledger.replica.header.height)")
            #expect(ledger.replica.silenced.isEmpty, "\(what)")
        }
        // In a void entry, and beyond the bound of what is looked at.
        let real = pair(one, attestation(key, ledger, hash: "b"))
        var wrong = ledger.sign(
            [.transfer(1, to: ledger.member("alfa"))], by: ledger.member("alfa"))
        wrong = Envelope(
            body: wrong.body, publicKey: TestLedger.key("x").publicKey, signature: wrong.signature)
        ledger.apply(try shows(ledger, real, by: "carol", [wrong]))
        ledger.apply(
            try ledger.entry(by: "alfa") {
                $0.contradictions =
                    Array(repeating: pair(one, one), count: EntryLimits.contradictions) + [real]
            })
        try ledger.createUnit("last")
        #expect(ledger.replica.silenced.isEmpty)
        // A silenced member silences nobody.
        ledger.apply(try silencing(ledger))
        ledger.apply(
            try shows(
                ledger,
                pair(attestation(other, ledger, hash: "a"), attestation(other, ledger, hash: "b")),
                by: "bravo"))
        try ledger.createUnit("end")
        #expect(ledger.replica.silenced.keys.sorted() == [bravo])
    }
}
