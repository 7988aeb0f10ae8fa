import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Transactions that a block carries and the state ignores: no receipt, no effect.
@Suite struct CoreIgnoredTests {
    struct Scene {
        let ledger: TestLedger
        let rita: Actor
        let sami: Actor

        init() throws {
            ledger = try TestLedger()
            try ledger.createUnit()
            rita = try ledger.open("rita")
            sami = try ledger.open("sami")
            try ledger.issue(1_000, to: rita)
        }

        func pay(
            _ actor: Actor? = nil, nonce: UInt64? = nil, expires: Timestamp? = nil
        ) -> Envelope {
            ledger.sign(
                [.transfer(1, to: sami)], by: actor ?? rita, nonce: nonce, expires: expires)
        }

        func expectIgnored(
            _ transaction: Envelope, _ reason: IgnoredReason, at moment: Timestamp? = nil,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let before = (ledger.balance(rita), ledger.balance(sami))
            let closed = try ledger.block(at: moment, [transaction])
            #expect(
                closed.ignored == [transaction.bodyHash: reason], sourceLocation: sourceLocation)
            #expect(closed.receipts.isEmpty, sourceLocation: sourceLocation)
            // It stands in its entry, and a block came of it all the same.
            let block = try #require(closed.blocks.last, sourceLocation: sourceLocation)
            let entry = try #require(block.entries.last, sourceLocation: sourceLocation)
            let body = try EntryBody(strict: entry.body)
            #expect(try body.transactions.map(Envelope.init) == [transaction])
            #expect(block.header.transactionsRoot == MerkleTree.root(ofLeaves: []))
            #expect(
                (ledger.balance(rita), ledger.balance(sami)) == before,
                sourceLocation: sourceLocation)
        }

        func expectPaid(
            _ transaction: Envelope, at moment: Timestamp? = nil,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let closed = try ledger.block(at: moment, [transaction])
            let receipt = try #require(
                closed.receipts.first, "\(closed.ignored)", sourceLocation: sourceLocation)
            expectDone(receipt, sourceLocation: sourceLocation)
        }
    }

    @Test func `keyNotActive: no such account, another's key, a revoked key`() throws {
        let scene = try Scene()
        let ledger = scene.ledger
        try scene.expectIgnored(scene.pay(ledger.actor("nobody")), .keyNotActive)
        try scene.expectIgnored(
            scene.pay(scene.rita.signing(with: scene.sami.key), nonce: 1), .keyNotActive)
        let new = TestLedger.key("rita's new key")
        try ledger.done(
            scene.rita,
            .accounts(.rotateKey(.with { $0.publicKey = .init(new.publicKey.bytes) })))
        try scene.expectIgnored(scene.pay(), .keyNotActive)
        try scene.expectPaid(scene.pay(scene.rita.signing(with: new)))
    }

    @Test func `expired: one millisecond before the block; its own moment still counts`() throws {
        let scene = try Scene()
        let now = scene.ledger.time.later(by: 10_000)
        try scene.expectIgnored(scene.pay(expires: now.earlier(by: 1)), .expired, at: now)
        try scene.expectPaid(scene.pay(expires: now))
    }

    @Test func `expiresTooFarAhead: more than 24 h after the block`() throws {
        let scene = try Scene()
        let day = scene.ledger.time.later(by: 86_400_000)
        try scene.expectIgnored(scene.pay(nonce: 9, expires: day.later(by: 1)), .expiresTooFarAhead)
        try scene.expectPaid(scene.pay(nonce: 9, expires: day))
        let far = Timestamp(milliseconds: .max)
        try scene.expectIgnored(scene.pay(expires: far), .expiresTooFarAhead)
    }

    @Test func `replayed: a used nonce, also of a rejected transaction, and one out of the window`()
        throws
    {
        let scene = try Scene()
        let ledger = scene.ledger
        try scene.expectPaid(scene.pay(nonce: 1))
        try scene.expectIgnored(scene.pay(nonce: 1, expires: ledger.time.later(by: 5)), .replayed)
        let rejected = ledger.sign([.transfer(5_000, to: scene.sami)], by: scene.rita, nonce: 2)
        #expect(
            try ledger.block([rejected]).receipts.map(\.code)
                == [MoneyRejection.insufficientBalance.rawValue])
        try scene.expectIgnored(scene.pay(nonce: 2), .replayed)
        try scene.expectIgnored(scene.pay(nonce: 2 + 1_025), .replayed)
        try scene.expectPaid(scene.pay(nonce: 2 + 1_024))
        try scene.expectIgnored(scene.pay(nonce: 2), .replayed)
        try scene.expectPaid(scene.pay(nonce: 3))
        try scene.expectPaid(scene.pay(nonce: 1_027))
        // Now the window is 4…1,027.
        try scene.expectIgnored(scene.pay(nonce: 3, expires: ledger.time.later(by: 7)), .replayed)
        try scene.expectPaid(scene.pay(nonce: 4))
    }

    @Test func `alreadyInBlock: the same body signed with another key of the account`() throws {
        let scene = try Scene()
        let second = TestLedger.key("rita's second key")
        try scene.ledger.done(
            scene.rita,
            .accounts(.addKey(.with { $0.publicKey = .init(second.publicKey.bytes) })))
        let first = scene.pay(nonce: 7)
        let again = second.sign(first.body, as: .transaction)
        #expect(again.bodyHash == first.bodyHash)
        try scene.expectPaid(first)
        try scene.expectIgnored(again, .alreadyInBlock)
        // The nonce of the second key is not used up by that.
        try scene.expectPaid(
            scene.pay(
                scene.rita.signing(with: second), nonce: 7,
                expires: scene.ledger.time.later(by: 9)))
    }

    @Test func `of two reasons the earlier one is given`() throws {
        let scene = try Scene()
        let ledger = scene.ledger
        let past = ledger.time.earlier(by: 1)
        try scene.expectPaid(scene.pay(nonce: 1))
        try scene.expectIgnored(scene.pay(ledger.actor("nobody"), expires: past), .keyNotActive)
        try scene.expectIgnored(scene.pay(nonce: 1, expires: past), .expired)
        let far = ledger.time.later(by: 90_000_000)
        try scene.expectIgnored(scene.pay(nonce: 1, expires: far), .expiresTooFarAhead)
        // The very same transaction again: its nonce is used, and its id stands in a block.
        let twice = scene.pay(nonce: 2)
        try scene.expectPaid(twice)
        try scene.expectIgnored(twice, .replayed)
    }

    @Test func `every reason has a test above and a remedy`() {
        let tested: Set<IgnoredReason> = [
            .keyNotActive, .expired, .expiresTooFarAhead, .replayed, .alreadyInBlock,
        ]
        #expect(Set(IgnoredReason.allCases) == tested)
        #expect(IgnoredReason.allCases.allSatisfy { $0.remedy.count > 20 })
    }

    @Test func `an ignored transaction does not touch its neighbours`() throws {
        let scene = try Scene()
        let closed = try scene.ledger.block([
            scene.pay(nonce: 1), scene.pay(nonce: 1, expires: scene.ledger.time),
            scene.pay(nonce: 2),
        ])
        #expect(closed.receipts.map(\.code) == [0, 0])
        #expect(Array(closed.ignored.values) == [.replayed])
        #expect(closed.blocks[0].transactions.map(\.leaf) == [0, 1])
        #expect(scene.ledger.balance(scene.sami) == 2)
    }
}
