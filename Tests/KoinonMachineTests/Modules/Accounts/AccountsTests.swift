import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

@Suite struct AccountsTests {
    @Test func `a member opens an account for someone who consents`() throws {
        let ledger = try TestLedger()
        let rita = ledger.actor("rita")
        let events = try ledger.done(
            ledger.member("alfa"), ledger.openAction(rita.key, sponsor: "alfa"))
        #expect(
            events.map(\.accounts.accountOpened)
                == [
                    .with {
                        $0.account = rita.bytes
                        $0.sponsor = "alfa"
                        $0.publicKey = Data(rita.key.publicKey.bytes)
                    }
                ])
        let row = try #require(Accounts.account(rita.account, in: ledger.state))
        #expect(row.openedAtMs == ledger.time.milliseconds)
        #expect(row.keys.map(\.publicKey) == [Data(rita.key.publicKey.bytes)])
        #expect(row.keys[0].limits.isEmpty)
        #expect(Accounts.sponsor(of: rita.account, in: ledger.state)?.rawValue == "alfa")
    }

    @Test func `a member's own account counts for its sponsorship but not for its day`() throws {
        let ledger = try TestLedger(parameters: .with { $0.sponsorAccountsPerDay = 1 })
        let alfa = MemberID(rawValue: "alfa")!
        #expect(Accounts.sponsorState(of: alfa, in: ledger.state) == .with { $0.accounts = 1 })
        try ledger.open("rita")
        #expect(Accounts.sponsorState(of: alfa, in: ledger.state).accounts == 2)
        #expect(Accounts.sponsorState(of: alfa, in: ledger.state).openedThatDay == 1)
    }

    @Test func `the quota a day begins anew at midnight UTC, not a millisecond before`() throws {
        let ledger = try TestLedger(parameters: .with { $0.sponsorAccountsPerDay = 1 })
        let alfa = ledger.member("alfa")
        let midnight = TestLedger.start.later(by: 86_400_000)
        try ledger.open("rita")
        let action = ledger.openAction(TestLedger.key("sami"), sponsor: "alfa")
        let early = try ledger.send(alfa, action, at: midnight.earlier(by: 1))
        #expect(early.code == AccountsRejection.sponsorDayFull.rawValue)
        try ledger.done(alfa, action, at: midnight)
    }

    // MARK: Keys and limits

    @Test func `a second key signs with nonces of its own`() throws {
        let scene = try AccountsScene()
        let second = scene.rita.signing(with: TestLedger.key("second"))
        let events = try scene.ledger.done(scene.rita, .addKey(second.key))
        #expect(events.map(\.accounts.keyAdded.account) == [scene.rita.bytes])
        try scene.ledger.done(second, .transfer(1, to: scene.sami))
        let keys = scene.row(scene.rita).keys
        #expect(keys.last?.publicKey == Data(second.key.publicKey.bytes))
        #expect(keys.map(\.window.highest) == [2, 0, 1])
    }

    @Test func `a limited key spends up to its limit a day, and again from midnight UTC`() throws {
        let scene = try AccountsScene()
        let midnight = TestLedger.start.later(by: 86_400_000)
        try scene.ledger.done(scene.till, .transfer(99, to: scene.sami))
        try scene.ledger.done(scene.till, .transfer(1, to: scene.sami))
        let over = try scene.ledger.send(
            scene.till, .transfer(1, to: scene.sami), at: midnight.earlier(by: 1))
        #expect(over.code == AccountsRejection.dailyLimitExceeded.rawValue)
        try scene.ledger.done(scene.till, .transfer(100, to: scene.sami), at: midnight)
        #expect(scene.row(scene.rita).keys[1].spending.map(\.spentMinor) == [100])
        // The account's other key is not limited by that.
        try scene.ledger.done(scene.rita, .transfer(500, to: scene.sami))
    }

    @Test func `what a rejected transaction would have spent is not counted`() throws {
        let scene = try AccountsScene()
        let receipt = try scene.ledger.send(
            scene.till, .transfer(100, to: scene.sami), .transfer(1, "none", to: scene.sami))
        #expect(receipt.code == MoneyRejection.unknownUnit.rawValue)
        try scene.ledger.done(scene.till, .transfer(100, to: scene.sami))
    }

    @Test func `a key limited to nothing can still do what costs nothing`() throws {
        let scene = try AccountsScene()
        let clerk = scene.alfa.signing(with: TestLedger.key("clerk"))
        try scene.ledger.done(scene.alfa, .addKey(clerk.key, limits: [("usd", 0)]))
        try scene.ledger.done(
            clerk, scene.ledger.openAction(TestLedger.key("tomo"), sponsor: "alfa"))
        let receipt = try scene.ledger.send(
            clerk,
            .money(
                .issue(
                    .with {
                        $0.unit = "usd"
                        $0.to = scene.rita.bytes
                        $0.amountMinor = 1
                    })))
        #expect(receipt.code == AccountsRejection.dailyLimitExceeded.rawValue)
    }

    @Test func `a rotated key hands on its place, its limits and what it has spent`() throws {
        let scene = try AccountsScene()
        try scene.ledger.done(scene.till, .transfer(70, to: scene.sami))
        let new = scene.till.signing(with: TestLedger.key("till 2"))
        let events = try scene.ledger.done(scene.till, .rotateKey(to: new.key))
        #expect(
            events.map(\.accounts.keyAdded.publicKey) == [Data(new.key.publicKey.bytes), Data()])
        #expect(
            events.map(\.accounts.keyRevoked.publicKey)
                == [Data(), Data(scene.till.key.publicKey.bytes)])
        #expect(!scene.isActive(scene.till) && scene.isActive(new))
        let over = try scene.ledger.send(new, .transfer(31, to: scene.sami))
        #expect(over.code == AccountsRejection.dailyLimitExceeded.rawValue)
        try scene.ledger.done(new, .transfer(30, to: scene.sami))
    }

    @Test func `a key may revoke itself when another without limit stays`() throws {
        let scene = try AccountsScene()
        let second = scene.rita.signing(with: TestLedger.key("second"))
        try scene.ledger.done(scene.rita, .addKey(second.key), .revokeKey(scene.rita.key))
        #expect(!scene.isActive(scene.rita) && scene.isActive(second))
        #expect(
            Accounts.revokedKeys.get(
                Key2(scene.rita.account, scene.rita.key.publicKey), in: scene.ledger.state)?
                .revokedAtMs == scene.ledger.time.milliseconds)
    }

    @Test func `a key revoked here may serve another account`() throws {
        let scene = try AccountsScene()
        try scene.ledger.done(scene.rita, .revokeKey(scene.till.key))
        try scene.ledger.done(scene.sami, .addKey(scene.till.key))
        try scene.ledger.done(
            scene.sami.signing(with: scene.till.key), .requestSponsor("bravo"))
    }

    @Test func `sixteen keys and eight limits are taken`() throws {
        let scene = try AccountsScene()
        for unit in ["a", "b", "c", "d", "e", "f"] { try scene.ledger.createUnit(unit) }
        let units = ["a", "b", "c", "d", "e", "eur", "f", "usd"]
        for number in 3...16 {
            try scene.ledger.done(
                scene.rita,
                .addKey(TestLedger.key("key \(number)"), limits: units.map { ($0, .max >> 1) }))
        }
        #expect(scene.row(scene.rita).keys.count == 16)
    }

    // MARK: Sponsors

    @Test func `an account moves to the sponsor that it asked for, and history stays`() throws {
        let scene = try AccountsScene()
        func count(_ member: String) -> UInt64 {
            Accounts.sponsorState(of: MemberID(rawValue: member)!, in: scene.ledger.state).accounts
        }
        #expect((count("alfa"), count("bravo")) == (3, 1))
        let opened = scene.ledger.time
        try scene.ledger.done(scene.rita, .requestSponsor("bravo"))
        #expect(scene.row(scene.rita).requestedSponsor == "bravo")
        try scene.ledger.advance(milliseconds: 5_000)
        let events = try scene.ledger.done(scene.bravo, .acceptSponsored(scene.rita))
        #expect(
            events.map(\.accounts.sponsorChanged)
                == [
                    .with {
                        $0.account = scene.rita.bytes
                        $0.from = "alfa"
                        $0.to = "bravo"
                    }
                ])
        let row = scene.row(scene.rita)
        #expect(row.sponsorships.map(\.sponsor) == ["alfa", "bravo"])
        #expect(
            row.sponsorships.map(\.sinceMs)
                == [opened.milliseconds, opened.milliseconds + 5_000])
        #expect(row.requestedSponsor.isEmpty)
        #expect((count("alfa"), count("bravo")) == (2, 2))
        let again = try scene.ledger.send(scene.bravo, .acceptSponsored(scene.rita))
        #expect(again.code == AccountsRejection.notRequested.rawValue)
    }

    @Test func `moving does not use the new sponsor's quota a day`() throws {
        let scene = try AccountsScene(.with { $0.sponsorAccountsPerDay = 2 })
        try scene.ledger.open("a", sponsor: "bravo")
        try scene.ledger.open("b", sponsor: "bravo")
        try scene.ledger.done(scene.rita, .requestSponsor("bravo"))
        try scene.ledger.done(scene.bravo, .acceptSponsored(scene.rita))
    }
}
