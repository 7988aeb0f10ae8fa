import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Rows about recovery, sponsors and what a key may spend.
extension AccountsRejectionTests {
    static let recoveryRows: [RejectionRow] = [
        row(.limitedKey, "the till names a recovery account while one is under way") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            try scene.ledger.done(
                scene.sami, .startRecovery(of: scene.rita, key: TestLedger.key("x")))
            return try scene.ledger.send(scene.till, .setRecovery(nil))
        },
        row(.recoveryPending, "another recovery account, an unknown one, while one is under way") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            try scene.ledger.done(
                scene.sami, .startRecovery(of: scene.rita, key: TestLedger.key("x")))
            return try scene.ledger.send(
                scene.rita, .setRecovery(scene.ledger.actor("nobody")))
        },
        row(.badDelay, field: "delay_ms", "a delay without an account") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .accounts(.setRecovery(.with { $0.delayMs = 1 })))
        },
        row(.unknownAccount, field: "account", "named for recovery: not open, no delay") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .setRecovery(scene.ledger.actor("nobody"), delay: 0))
        },
        row(.unknownAccount, field: "account", "named for recovery: 3 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita,
                .accounts(
                    .setRecovery(
                        .with {
                            $0.account = Data(count: 3)
                            $0.delayMs = 86_400_000
                        })))
        },
        row(.recoveryByItself, field: "account", "rita for rita, no delay") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .setRecovery(scene.rita, delay: 0))
        },
        row(.badDelay, field: "delay_ms", "a millisecond below the alliance's minimum") {
            let scene = try AccountsScene(.with { $0.recoveryDelayMinimumMs = 70_000 })
            return try scene.ledger.send(scene.rita, .setRecovery(scene.sami, delay: 69_999))
        },
        row(.badDelay, field: "delay_ms", "over 365 days") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .setRecovery(scene.sami, delay: 31_536_000_001))
        },
        row(.limitedKey, "sami's limited key starts a recovery, of nobody") {
            let scene = try AccountsScene()
            let limited = scene.sami.signing(with: TestLedger.key("sami's till"))
            try scene.ledger.done(scene.sami, .addKey(limited.key, limits: [("usd", 0)]))
            return try scene.ledger.send(
                limited,
                .startRecovery(of: scene.ledger.actor("nobody"), key: TestLedger.key("x")))
        },
        row(.unknownAccount, field: "account", "recovered: not open") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.sami,
                .startRecovery(of: scene.ledger.actor("nobody"), key: TestLedger.key("x")))
        },
        row(.notRecoveryAccount, field: "account", "rita named nobody") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.sami, .startRecovery(of: scene.rita, key: TestLedger.key("x")))
        },
        row(.notRecoveryAccount, field: "account", "another than rita named, a second start") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            try scene.ledger.done(
                scene.sami, .startRecovery(of: scene.rita, key: TestLedger.key("x")))
            return try scene.ledger.send(
                scene.alfa, .startRecovery(of: scene.rita, key: TestLedger.key("y")))
        },
        row(.recoveryPending, field: "account", "started twice, with a bad key") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            try scene.ledger.done(
                scene.sami, .startRecovery(of: scene.rita, key: TestLedger.key("x")))
            return try scene.ledger.send(
                scene.sami, .startRecovery(of: scene.rita, key: scene.rita.key))
        },
        row(.badKey, field: "public_key", "recovered to no key") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            return try scene.ledger.send(
                scene.sami,
                .accounts(.startRecovery(.with { $0.account = scene.rita.bytes })))
        },
        row(.keyActive, field: "public_key", "recovered to the till's key") {
            let scene = try AccountsScene()
            try scene.ledger.done(scene.rita, .setRecovery(scene.sami))
            return try scene.ledger.send(
                scene.sami, .startRecovery(of: scene.rita, key: scene.till.key))
        },
        row(.keyRevoked, field: "public_key", "recovered to a revoked key") {
            let scene = try AccountsScene()
            try scene.ledger.done(
                scene.rita, .setRecovery(scene.sami), .revokeKey(scene.till.key))
            return try scene.ledger.send(
                scene.sami, .startRecovery(of: scene.rita, key: scene.till.key))
        },
        row(.signingKeyGone, "cancelled by a key rotated away before") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.till, .rotateKey(to: TestLedger.key("x")), .cancelRecovery)
        },
        row(.noRecoveryPending, "cancelled without any") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .cancelRecovery)
        },
    ]

    static let sponsorRows: [RejectionRow] = [
        row(.limitedKey, "the till asks for a sponsor that is none") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.till, .requestSponsor("nobody"))
        },
        row(.unknownMember, field: "sponsor", "no such member") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .requestSponsor("nobody"))
        },
        row(.unknownMember, field: "sponsor", "no name at all") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .requestSponsor(""))
        },
        row(.alreadySponsor, field: "sponsor", "the present one") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .requestSponsor("alfa"))
        },
        row(.sponsorHistoryFull, field: "sponsor", "the 65th sponsorship") {
            let scene = try AccountsScene()
            for number in 1...63 {
                let next = number.isMultiple(of: 2) ? "alfa" : "bravo"
                try scene.ledger.done(scene.rita, .requestSponsor(next))
                try scene.ledger.done(
                    scene.ledger.member(next), .acceptSponsored(scene.rita))
            }
            return try scene.ledger.send(scene.rita, .requestSponsor("alfa"))
        },
        row(.notAMember, "rita accepts, nobody") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, .acceptSponsored(scene.ledger.actor("nobody")))
        },
        row(.unknownAccount, field: "account", "accepted: not open") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.bravo, .acceptSponsored(scene.ledger.actor("nobody")))
        },
        row(.notRequested, field: "account", "accepted unasked, bravo full") {
            let scene = try AccountsScene(.with { $0.sponsorAccountsMaximum = 3 })
            try scene.ledger.open("a", sponsor: "bravo")
            try scene.ledger.open("b", sponsor: "bravo")
            return try scene.ledger.send(scene.bravo, .acceptSponsored(scene.rita))
        },
        row(.sponsorFull, "accepted when full") {
            let scene = try AccountsScene(.with { $0.sponsorAccountsMaximum = 3 })
            try scene.ledger.open("a", sponsor: "bravo")
            try scene.ledger.open("b", sponsor: "bravo")
            try scene.ledger.done(scene.rita, .requestSponsor("bravo"))
            return try scene.ledger.send(scene.bravo, .acceptSponsored(scene.rita))
        },
    ]

    /// Met by whatever spends, here by transfers.
    static let spendingRows: [RejectionRow] = [
        row(.signingKeyGone, "spent after the signing key was rotated away") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.till, .rotateKey(to: TestLedger.key("x")), .transfer(101, to: scene.sami))
        },
        row(.unitNotAllowed, "the till spends euros") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.till, .transfer(1, "eur", to: scene.sami))
        },
        row(.dailyLimitExceeded, "1.01 USD at once") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.till, .transfer(101, to: scene.sami))
        },
        row(.dailyLimitExceeded, "0.60 and 0.41 USD in one transaction") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.till, .transfer(60, to: scene.sami), .transfer(41, to: scene.sami))
        },
    ]
}
