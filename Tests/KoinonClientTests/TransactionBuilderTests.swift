import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Testing

@Suite("Building transactions")
struct TransactionBuilderTests {
    let chain = ChainID(Array(repeating: 1, count: 32))!
    let sender = AccountID(Array(repeating: 2, count: 20))!
    let key = SigningKey(seed: Array(repeating: 3, count: 32))!
    let now = Timestamp(milliseconds: 1_514_845_140_000)

    @Test("a built transaction is signed, complete and strictly decodable")
    func builds() throws {
        var builder = TransactionBuilder(chain: chain, sender: sender, key: key)
        let sent = try builder.build(
            [.redeem(unit: "usd", amount: Amount(minor: 5)), .cancelRecovery()], now: now,
            memo: "ünder 140")
        #expect(sent.envelope.isAuthentic(as: .transaction))
        #expect(sent.envelope.publicKey == key.publicKey)
        #expect(sent.id == .sha256(sent.envelope.body))
        let body = try TransactionBody(strict: sent.envelope.body)
        #expect(Array(body.chain) == chain.bytes && Array(body.sender) == sender.bytes)
        #expect(body.nonce == 1 && sent.nonce == 1)
        #expect(body.expiresAtMs == 1_514_848_740_000)
        #expect(sent.expiresAt.milliseconds == body.expiresAtMs)
        #expect(body.actions.count == 2 && body.memo == "ünder 140")
    }

    @Test("nonces follow one another, and a refused transaction uses none")
    func nonces() throws {
        var builder = TransactionBuilder(chain: chain, sender: sender, key: key, nextNonce: 41)
        let action = Action.cancelRecovery()
        #expect(try builder.build([action], now: now).nonce == 41)
        #expect(throws: TransactionBuildingFault.actionCount(0)) { try builder.build([], now: now) }
        #expect(throws: TransactionBuildingFault.actionCount(101)) {
            try builder.build(Array(repeating: action, count: 101), now: now)
        }
        let memo = String(repeating: "é", count: 71)
        #expect(throws: TransactionBuildingFault.memoLength(142)) {
            try builder.build([action], now: now, memo: memo)
        }
        #expect(try builder.build(Array(repeating: action, count: 100), now: now).nonce == 42)
        let title = String(repeating: "t", count: 66_000)
        #expect(throws: TransactionBuildingFault.size(66_183)) {
            try builder.build([.registerKind("bike", title: title)], now: now)
        }
        #expect(builder.nextNonce == 43)
        builder.nextNonce = .max
        #expect(throws: TransactionBuildingFault.noncesUsedUp) {
            try builder.build([action], now: now)
        }
    }

    @Test("the lifetime is at most 24 hours, and never passes the last moment")
    func lifetimes() throws {
        var builder = TransactionBuilder(
            chain: chain, sender: sender, key: key, lifetimeMilliseconds: .max)
        let action = Action.cancelRecovery()
        let expiry = try builder.build([action], now: now).expiresAt.milliseconds
        #expect(expiry == now.milliseconds + 86_400_000)
        #expect(try builder.build([action], now: .maximum).expiresAt == .maximum)
        let end = Timestamp(milliseconds: .max)
        #expect(try builder.build([action], now: end).expiresAt == .maximum)
    }

    @Test("ids are known before sending, one for each nonce and action")
    func ids() throws {
        var builder = TransactionBuilder(chain: chain, sender: sender, key: key, nextNonce: 7)
        let first: AgreementID = builder.nextID(ofAction: 0)
        let derived = AgreementID(
            chain: chain, sender: sender, key: key.publicKey, nonce: 7, actionIndex: 0)
        #expect(first == derived)
        let second: AgreementID = builder.nextID(ofAction: 1)
        let offer: OfferID = builder.nextID(ofAction: 0)
        #expect(first != second && first.bytes != offer.bytes)
        let sent = try builder.build([.takeTransition("start", of: first)], now: now)
        let later: AgreementID = builder.nextID(ofAction: 0)
        #expect(first != later)
        let body = try TransactionBody(strict: sent.envelope.body)
        #expect(Array(body.actions[0].agreements.takeTransition.agreement) == first.bytes)
    }

    @Test("the same input gives the same bytes: one vector pins them")
    func vector() throws {
        var builder = TransactionBuilder(chain: chain, sender: sender, key: key, nextNonce: 2)
        let sent = try builder.build(
            [.transfer(unit: "usd", to: sender, amount: Amount(minor: 300))], now: now, memo: "hi")
        // Annotated by field of TransactionBody.
        let fields: [String] = [
            "0a20", String(repeating: "01", count: 32),  // chain
            "1214", String(repeating: "02", count: 20),  // sender
            "1802",  // nonce
            "20a0c595a08b2c",  // expires_at_ms = 1514848740000
            "2a22",  // actions: 34 bytes
            "1a20", "1a1e",  // money, transfer
            "0a03757364",  // unit
            "1214", String(repeating: "02", count: 20),  // to
            "18ac02",  // amount_minor = 300
            "32026869",  // memo
        ]
        #expect(Hex.encode(sent.envelope.body) == fields.joined())
    }

    @Test("a consent is the new key's signature over chain and sponsor")
    func consent() throws {
        let sponsor = MemberID(rawValue: "valley-bike")!
        let envelope = AccountConsent.signed(by: key, chain: chain, sponsor: sponsor)
        #expect(envelope.isAuthentic(as: .accountConsent))
        #expect(!envelope.isAuthentic(as: .transaction))
        let consent = try AccountConsent(strict: envelope.body)
        #expect(Array(consent.chain) == chain.bytes && consent.sponsor == "valley-bike")
        let action = Action.openAccount(consent: envelope)
        #expect(try Envelope(action.accounts.openAccount.consent) == envelope)
    }
}
