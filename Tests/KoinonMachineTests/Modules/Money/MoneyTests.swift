import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

@Suite struct MoneyTests {
    @Test func `a member makes a unit, issues it, and what is redeemed is gone`() throws {
        let ledger = try TestLedger()
        let alfa = ledger.member("alfa")
        let created = try ledger.done(
            alfa,
            .money(
                .createUnit(
                    .with {
                        $0.unit = "a.b-c_9"; $0.title = "Nine"; $0.scale = 18
                    })))
        #expect(
            created.map(\.money.unitCreated) == [
                .with {
                    $0.unit = "a.b-c_9"; $0.issuer = alfa.bytes
                }
            ])
        let rita = try ledger.open("rita")
        try ledger.issue(70, "a.b-c_9", to: rita)
        let redeemed = try ledger.done(
            rita,
            .money(
                .redeem(
                    .with {
                        $0.unit = "a.b-c_9"; $0.amountMinor = 30
                    })))
        #expect(
            redeemed.map(\.money.redeemed)
                == [
                    .with {
                        $0.unit = "a.b-c_9"; $0.from = rita.bytes; $0.amountMinor = 30
                    }
                ])
        #expect(ledger.balance(rita, "a.b-c_9") == 40)
        let unit = try #require(Money.unit("a.b-c_9", in: ledger.state))
        #expect(unit.issuedMinor == 70 && unit.redeemedMinor == 30)
        #expect(unit.scale == 18 && unit.title == "Nine" && unit.issuer == alfa.bytes)
    }

    @Test func `an issuer may issue to itself, and as much as there can be`() throws {
        let ledger = try TestLedger()
        try ledger.createUnit()
        try ledger.issue(Amount.maximum.minor, to: ledger.member("alfa"))
        #expect(ledger.balance(ledger.member("alfa")) == Amount.maximum.minor)
    }

    @Test func `a transfer of all leaves no row behind`() throws {
        let scene = try AccountsScene()
        let events = try scene.ledger.done(scene.rita, .transfer(1_000, to: scene.sami))
        #expect(
            events.map(\.money.transferred)
                == [
                    .with {
                        $0.unit = "usd"
                        $0.from = scene.rita.bytes
                        $0.to = scene.sami.bytes
                        $0.amountMinor = 1_000
                    }
                ])
        let rows = Money.balances(of: scene.rita.account, in: scene.ledger.state)
        #expect(rows.map(\.unit) == ["eur"])
        #expect(Money.balances(of: scene.sami.account, in: scene.ledger.state).count == 1)
    }

    @Test func `a limited key of an issuer issues no more than it may spend`() throws {
        let scene = try AccountsScene()
        let limited = scene.alfa.signing(with: TestLedger.key("alfa's till"))
        try scene.ledger.done(scene.alfa, .addKey(limited.key, limits: [("usd", 50)]))
        func issue(_ amount: UInt64, _ unit: String) -> Action {
            .money(
                .issue(
                    .with {
                        $0.unit = unit; $0.to = scene.sami.bytes; $0.amountMinor = amount
                    }))
        }
        let tooMuch = try scene.ledger.send(limited, issue(51, "usd"))
        #expect(tooMuch.code == AccountsRejection.dailyLimitExceeded.rawValue)
        let other = try scene.ledger.send(limited, issue(1, "eur"))
        #expect(other.code == AccountsRejection.unitNotAllowed.rawValue)
        try scene.ledger.done(limited, issue(50, "usd"))
        #expect(scene.ledger.balance(scene.sami) == 50)
    }

    // MARK: Holds

    @Test func `money goes into a hold and out of it, with an event each`() throws {
        let holds = try MoneyHolds()
        let receipt = holds.attempt(by: \.rita) { holds, context throws(Rejection) in
            try holds.collect(300, in: context)
            try holds.collect(20, in: context)
            try holds.pay(120, in: context)
        }
        #expect(receipt.code == 0)
        #expect(holds.held == 200)
        let unitAmounts = receipt.events.map {
            $0.money.holdFilled.amountMinor + $0.money.holdPaid.amountMinor
        }
        #expect(unitAmounts == [300, 20, 120])
        #expect(receipt.events[2].money.holdPaid.to == holds.scene.sami.bytes)
        let rita = holds.scene.rita.account
        #expect(Money.balance(of: rita, unit: "usd", in: holds.overlay).minor == 680)
        #expect(Money.checkInvariants(in: holds.overlay).isEmpty)
        // Paying all of it removes the row.
        #expect(
            holds.attempt(by: \.sami) { h, c throws(Rejection) in try h.pay(200, in: c) }.code == 0)
        #expect(Money.holds.rows(in: holds.overlay).isEmpty)
    }

    @Test func `nothing collected or paid is no change and no event`() throws {
        let holds = try MoneyHolds()
        let receipt = holds.attempt(by: \.till) { holds, context throws(Rejection) in
            try holds.collect(0, in: context)
            try holds.pay(0, in: context)
            // Not even of a unit that the key may not spend, or that is none.
            try holds.collect(0, "eur", in: context)
            try holds.pay(0, "none", in: context)
        }
        #expect(receipt == Receipt())
        #expect(holds.overlay.takeChanges().isEmpty)
    }

    @Test func `what is collected counts as the signing key's spending, what is paid does not`()
        throws
    {
        let holds = try MoneyHolds()
        #expect(
            holds.attempt(by: \.till) { h, c throws(Rejection) in try h.collect(60, in: c) }.code
                == 0)
        #expect(
            holds.attempt(by: \.till) { h, c throws(Rejection) in try h.pay(60, in: c) }.code == 0)
        #expect(
            holds.attempt(by: \.till) { h, c throws(Rejection) in try h.collect(41, in: c) }.code
                == AccountsRejection.dailyLimitExceeded.rawValue)
        #expect(
            holds.attempt(by: \.till) { h, c throws(Rejection) in try h.collect(40, in: c) }.code
                == 0)
        // When another signs (an owner accepts, say), no key of rita's is spending.
        #expect(
            holds.attempt(by: \.sami) { h, c throws(Rejection) in try h.collect(500, in: c) }.code
                == 0)
    }

    // MARK: The watchman himself

    @Test func `the invariants notice money that appears, vanishes, lies at 0 or is of no unit`()
        throws
    {
        let holds = try MoneyHolds()
        let rita = holds.scene.rita.account
        func violations(_ change: (StateOverlay) -> Void) -> Int {
            let overlay = StateOverlay(over: holds.scene.ledger.state)
            change(overlay)
            return Money.checkInvariants(in: overlay).count
        }
        func balance(_ amount: UInt64) -> Balance { .with { $0.amountMinor = amount } }
        #expect(violations { _ in } == 0)
        #expect(violations { Money.balances.set(Key2(rita, "usd"), balance(1_001), in: $0) } == 1)
        #expect(violations { Money.balances.set(Key2(rita, "usd"), balance(999), in: $0) } == 1)
        #expect(violations { Money.balances.remove(Key2(rita, "usd"), in: $0) } == 1)
        #expect(
            violations {
                Money.holds.set(Key2(holds.agreement, "usd"), .with { $0.amountMinor = 1 }, in: $0)
            } == 1)
        #expect(violations { Money.balances.set(Key2(rita, "xxx"), balance(1), in: $0) } == 1)
        #expect(
            violations {
                Money.balances.set(Key2(holds.scene.sami.account, "usd"), balance(0), in: $0)
            } == 1)
        let nobody = holds.scene.ledger.actor("nobody").account
        #expect(violations { Money.balances.set(Key2(nobody, "usd"), balance(1), in: $0) } == 2)
        #expect(
            violations {
                Money.units.set(
                    "new",
                    .with {
                        $0.issuedMinor = 1; $0.redeemedMinor = 2
                    }, in: $0)
            } == 1)
    }
}
