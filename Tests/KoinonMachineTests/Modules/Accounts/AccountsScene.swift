import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Actions on accounts, told shortly.
extension Action {
    static func addKey(_ key: SigningKey, limits: [(String, UInt64)] = []) -> Action {
        .accounts(
            .addKey(
                .with {
                    $0.publicKey = Data(key.publicKey.bytes)
                    $0.limits = limits.map { limit in
                        .with {
                            $0.unit = limit.0
                            $0.perDayMinor = limit.1
                        }
                    }
                }))
    }

    static func rotateKey(to key: SigningKey) -> Action {
        .accounts(.rotateKey(.with { $0.publicKey = Data(key.publicKey.bytes) }))
    }

    static func revokeKey(_ key: SigningKey) -> Action {
        .accounts(.revokeKey(.with { $0.publicKey = Data(key.publicKey.bytes) }))
    }

    static func setRecovery(_ account: Actor?, delay: UInt64 = 86_400_000) -> Action {
        .accounts(
            .setRecovery(
                .with {
                    $0.account = account?.bytes ?? Data()
                    $0.delayMs = account == nil ? 0 : delay
                }))
    }

    static func startRecovery(of account: Actor, key: SigningKey) -> Action {
        .accounts(
            .startRecovery(
                .with {
                    $0.account = account.bytes
                    $0.publicKey = Data(key.publicKey.bytes)
                }))
    }

    static var cancelRecovery: Action { .accounts(.cancelRecovery(CancelRecovery())) }

    static func requestSponsor(_ member: String) -> Action {
        .accounts(.requestSponsor(.with { $0.sponsor = member }))
    }

    static func acceptSponsored(_ account: Actor) -> Action {
        .accounts(.acceptSponsored(.with { $0.account = account.bytes }))
    }
}

/// Two members, rita with a limited till key, sami whom she may name for recovery.
struct AccountsScene {
    let ledger: TestLedger
    let rita: Actor
    /// Spends at most 1.00 USD a day.
    let till: Actor
    let sami: Actor
    let alfa: Actor
    let bravo: Actor

    init(_ parameters: Parameters = Parameters()) throws {
        ledger = try TestLedger(members: ["alfa", "bravo"], parameters: parameters)
        alfa = ledger.member("alfa")
        bravo = ledger.member("bravo")
        try ledger.createUnit("eur")
        try ledger.createUnit("usd")
        rita = try ledger.open("rita")
        sami = try ledger.open("sami")
        try ledger.issue(1_000, to: rita)
        try ledger.issue(1_000, "eur", to: rita)
        till = rita.signing(with: TestLedger.key("till"))
        try ledger.done(rita, .addKey(till.key, limits: [("usd", 100)]))
    }

    func row(_ actor: Actor) -> Account {
        Accounts.account(actor.account, in: ledger.state)!
    }

    func isActive(_ actor: Actor) -> Bool {
        Accounts.isActive(actor.key.publicKey, for: actor.account, in: ledger.state)
    }
}
