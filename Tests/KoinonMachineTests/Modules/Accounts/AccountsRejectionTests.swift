import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Every rejection of every action on accounts, in the order of the checks.
@Suite struct AccountsRejectionTests {
    static func row(
        _ violated: AccountsRejection, field: String = "", _ attempt: String,
        run: @escaping @Sendable () throws -> Receipt
    ) -> RejectionRow {
        RejectionRow(violated, field: field, attempt, run: run)
    }

    @Test(arguments: openRows + keyRows + limitRows + recoveryRows + sponsorRows + spendingRows)
    func `an action that violates a condition is rejected for it`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: AccountsRejection.self,
            in: Self.openRows + Self.keyRows + Self.limitRows + Self.recoveryRows
                + Self.sponsorRows + Self.spendingRows)
    }

    /// A consent signed for a new key, spoiled by `change`.
    private static func open(
        _ scene: AccountsScene, by actor: Actor, key: String = "new",
        consent change: (inout AccountConsent) -> Void = { _ in },
        signed spoil: (inout Signed) -> Void = { _ in }
    ) -> Action {
        var consent = AccountConsent()
        consent.chain = Data(scene.ledger.chain.bytes)
        consent.sponsor = "alfa"
        change(&consent)
        var signed = TestLedger.key(key).sign(consent.encoded, as: .accountConsent).message
        spoil(&signed)
        return .accounts(.openAccount(.with { $0.consent = signed }))
    }

    static let openRows: [RejectionRow] = [
        row(.emptyAction, field: "accounts", "no action of accounts") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .with { $0.accounts = AccountsAction() })
        },
        row(.notAMember, "rita opens an account, with a bad consent too") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, open(scene, by: scene.rita, signed: { $0.publicKey = Data() }))
        },
        row(.badConsent, field: "consent", "a key of 31 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa, open(scene, by: scene.alfa, signed: { $0.publicKey.removeLast() }))
        },
        row(.badConsent, field: "consent", "a signature of 65 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa, open(scene, by: scene.alfa, signed: { $0.signature.append(0) }))
        },
        row(.badConsent, field: "consent", "no consent at all") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.alfa, .accounts(.openAccount(OpenAccount())))
        },
        row(.badConsent, field: "consent.body", "a body with an unknown field") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa,
                open(scene, by: scene.alfa, signed: { $0.body += [0x9A, 0x06, 0x00] }))
        },
        row(.consentForOtherChain, field: "consent.body.chain", "other chain, other sponsor too") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa,
                open(
                    scene, by: scene.alfa,
                    consent: {
                        $0.chain[0] ^= 1
                        $0.sponsor = "bravo"
                    }))
        },
        row(.consentForOtherSponsor, field: "consent.body.sponsor", "and a forged signature") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa,
                open(
                    scene, by: scene.alfa, consent: { $0.sponsor = "bravo" },
                    signed: { $0.signature[0] ^= 1 }))
        },
        row(.badConsentSignature, field: "consent.signature", "of a key that has an account") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa,
                open(scene, by: scene.alfa, key: "rita", signed: { $0.signature[40] ^= 1 }))
        },
        row(.badConsentSignature, field: "consent.signature", "signed as something else") {
            let scene = try AccountsScene()
            var consent = AccountConsent()
            consent.chain = Data(scene.ledger.chain.bytes)
            consent.sponsor = "alfa"
            let signed = TestLedger.key("new").sign(consent.encoded, as: .transaction).message
            return try scene.ledger.send(
                scene.alfa, .accounts(.openAccount(.with { $0.consent = signed })))
        },
        row(.accountExists, field: "consent.public_key", "the same again, the sponsor full too") {
            let scene = try AccountsScene(.with { $0.sponsorAccountsMaximum = 3 })
            return try scene.ledger.send(
                scene.alfa, open(scene, by: scene.alfa, key: "rita"))
        },
        row(.accountExists, field: "consent.public_key", "by a key rotated away since") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .rotateKey(to: TestLedger.key("rita 2")))
            return try scene.ledger.send(
                scene.alfa, open(scene, by: scene.alfa, key: "rita"))
        },
        row(.sponsorFull, "alfa has itself, rita and sami; the day is full too") {
            let scene = try AccountsScene(
                .with {
                    $0.sponsorAccountsMaximum = 3
                    $0.sponsorAccountsPerDay = 2
                })
            return try scene.ledger.send(scene.alfa, open(scene, by: scene.alfa))
        },
        row(.sponsorDayFull, "the third of the day") {
            let scene = try AccountsScene(.with { $0.sponsorAccountsPerDay = 2 })
            return try scene.ledger.send(scene.alfa, open(scene, by: scene.alfa))
        },
    ]

    static let keyRows: [RejectionRow] = [
        row(.signingKeyGone, "a key added after the signing one was rotated away") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .rotateKey(to: TestLedger.key("new")), .addKey(TestLedger.key("x")))
        },
        row(.signingKeyGone, "rotated twice in one transaction") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .rotateKey(to: TestLedger.key("a")), .rotateKey(to: TestLedger.key("b"))
            )
        },
        row(.limitedKey, "the till adds a key, a bad one") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.till, .accounts(.addKey(AddKey())))
        },
        row(.limitedKey, "the till revokes a key, an unknown one") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.till, .revokeKey(TestLedger.key("x")))
        },
        row(.badKey, field: "public_key", "added: 31 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .accounts(.addKey(.with { $0.publicKey = Data(count: 31) })))
        },
        row(.badKey, field: "public_key", "rotated to: not a point of the prime-order group") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.till, .accounts(.rotateKey(.with { $0.publicKey = Data(count: 32) })))
        },
        row(.keyActive, field: "public_key", "the till's key again, with one limit too many") {
            let scene = try AccountsScene()
            let limits = (0..<9).map { ("u\($0)", UInt64(1)) }
            return try scene.ledger.send(scene.rita, .addKey(scene.till.key, limits: limits))
        },
        row(.keyActive, field: "public_key", "rotated to itself") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .rotateKey(to: scene.rita.key))
        },
        row(.keyRevoked, field: "public_key", "the till's key, revoked") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .revokeKey(scene.till.key))
            return try scene.ledger.send(scene.rita, .addKey(scene.till.key))
        },
        row(.keyRevoked, field: "public_key", "rotated away and back") {
            let scene = try AccountsScene()
            let second = scene.rita.signing(with: TestLedger.key("second"))
            try scene.ledger.done(scene.rita, .rotateKey(to: second.key))
            return try scene.ledger.send(second, .rotateKey(to: scene.rita.key))
        },
        row(.keyReserved, field: "public_key", "added: what a pending recovery will set") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            let key = TestLedger.key("recovered")
            try scene.ledger.done(scene.sami, .startRecovery(of: scene.rita, key: key))
            return try scene.ledger.send(scene.rita, .addKey(key))
        },
        row(.keyReserved, field: "public_key", "rotated to: what a pending recovery will set") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            let key = TestLedger.key("recovered")
            try scene.ledger.done(scene.sami, .startRecovery(of: scene.rita, key: key))
            return try scene.ledger.send(scene.till, .rotateKey(to: key))
        },
        row(.tooManyKeys, field: "public_key", "the 17th, with a bad limit") {
            let scene = try AccountsScene()
            for number in 3...16 {
                try scene.ledger.done(scene.rita, .addKey(TestLedger.key("key \(number)")))
            }
            return try scene.ledger.send(
                scene.rita, .addKey(TestLedger.key("key 17"), limits: [("none", 1)]))
        },
        row(.unknownKey, field: "public_key", "sami's, revoked by rita") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .revokeKey(scene.sami.key))
        },
        row(.unknownKey, field: "public_key", "5 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .accounts(.revokeKey(.with { $0.publicKey = Data(count: 5) })))
        },
        row(.lastUnlimitedKey, field: "public_key", "her own, beside the till's") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .revokeKey(scene.rita.key))
        },
    ]

    static let limitRows: [RejectionRow] = [
        row(.tooManyLimits, field: "limits", "nine, of unknown units") {
            let scene = try AccountsScene()
            let limits = (0..<9).map { ("u\($0)", UInt64(1)) }
            return try scene.ledger.send(scene.rita, .addKey(TestLedger.key("x"), limits: limits))
        },
        row(.limitUnitUnknown, field: "limits[1].unit", "no such unit, and out of order") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .addKey(TestLedger.key("x"), limits: [("eur", 1), ("dem", 1)]))
        },
        row(.limitUnitUnknown, field: "limits[0].unit", "a name that no unit can have") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita,
                .addKey(TestLedger.key("x"), limits: [(String(repeating: "ü", count: 300), 1)]))
        },
        row(.limitsNotAscending, field: "limits[1].unit", "usd, eur; too large too") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .addKey(TestLedger.key("x"), limits: [("usd", 1), ("eur", .max)]))
        },
        row(.limitsNotAscending, field: "limits[1].unit", "usd twice") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .addKey(TestLedger.key("x"), limits: [("usd", 1), ("usd", 1)]))
        },
        row(.limitTooLarge, field: "limits[0].per_day_minor", "2^63") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .addKey(TestLedger.key("x"), limits: [("usd", 1 << 63)]))
        },
    ]
}
