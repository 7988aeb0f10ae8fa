import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Every rejection of every action on money, in the order of the checks.
@Suite struct MoneyRejectionTests {
    private static func row(
        _ violated: MoneyRejection, field: String = "", _ attempt: String,
        run: @escaping @Sendable () throws -> Receipt
    ) -> RejectionRow {
        RejectionRow(violated, field: field, attempt, run: run)
    }

    @Test(arguments: unitRows + issueRows + transferRows + redeemRows + holdRows)
    func `an action that violates a condition is rejected for it`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: MoneyRejection.self,
            in: Self.unitRows + Self.issueRows + Self.transferRows + Self.redeemRows
                + Self.holdRows)
    }

    private static func create(
        _ unit: String, title: String = "A unit", scale: UInt32 = 2
    ) -> Action {
        .money(
            .createUnit(
                .with {
                    $0.unit = unit
                    $0.title = title
                    $0.scale = scale
                }))
    }

    private static func issue(_ amount: UInt64, _ unit: String = "usd", to: Data) -> Action {
        .money(
            .issue(
                .with {
                    $0.unit = unit
                    $0.to = to
                    $0.amountMinor = amount
                }))
    }

    private static func transfer(_ amount: UInt64, _ unit: String = "usd", to: Data) -> Action {
        .money(
            .transfer(
                .with {
                    $0.unit = unit
                    $0.to = to
                    $0.amountMinor = amount
                }))
    }

    private static func redeem(_ amount: UInt64, _ unit: String = "usd") -> Action {
        .money(
            .redeem(
                .with {
                    $0.unit = unit
                    $0.amountMinor = amount
                }))
    }

    static let unitRows: [RejectionRow] = [
        row(.emptyAction, field: "money", "no action of money") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, .with { $0.money = MoneyAction() })
        },
        row(.notAMember, "rita makes a unit, badly named") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, create(""))
        },
        row(.badUnitName, field: "unit", "capitals, and no title") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.alfa, create("USD", title: ""))
        },
        row(.badUnitName, field: "unit", "33 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa, create(String(repeating: "u", count: 33)))
        },
        row(.unitExists, field: "unit", "usd again, by another, and no title") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.bravo, create("usd", title: ""))
        },
        row(.badTitle, field: "title", "65 bytes, and a scale of 19") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa, create("new", title: String(repeating: "t", count: 65), scale: 19))
        },
        row(.scaleTooLarge, field: "scale", "19") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.alfa, create("new", scale: 19))
        },
    ]

    static let issueRows: [RejectionRow] = [
        row(.unknownUnit, field: "unit", "issued: none of that name, by rita") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, issue(1, "none", to: scene.sami.bytes))
        },
        row(.notIssuer, field: "unit", "bravo issues alfa's, to nobody") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.bravo, issue(1, to: Data()))
        },
        row(.unknownAccount, field: "to", "issued to nobody, nothing") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.alfa, issue(0, to: scene.ledger.actor("nobody").bytes))
        },
        row(.unknownAccount, field: "to", "issued to 21 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.alfa, issue(1, to: Data(count: 21)))
        },
        row(.amountZero, field: "amount_minor", "issued: nothing") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.alfa, issue(0, to: scene.sami.bytes))
        },
        row(.amountTooLarge, field: "amount_minor", "issued: 2^63") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.alfa, issue(1 << 63, to: scene.sami.bytes))
        },
        row(.issuedTooMuch, field: "amount_minor", "in all one over the largest, by a limited key")
        {
            let scene = try AccountsScene()
            let limited = scene.alfa.signing(with: TestLedger.key("alfa's till"))
            try scene.ledger.done(scene.alfa, .addKey(limited.key, limits: [("usd", 5)]))
            // 1,000 were issued to rita; what was redeemed does not come back.
            try scene.ledger.done(scene.rita, redeem(1_000))
            return try scene.ledger.send(
                limited, issue(Amount.maximum.minor - 999, to: scene.sami.bytes))
        },
    ]

    static let transferRows: [RejectionRow] = [
        row(.unknownUnit, field: "unit", "transferred: none of that name, to nobody") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, transfer(1, "none", to: Data()))
        },
        row(.unknownUnit, field: "unit", "transferred: a name of 300 bytes") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita,
                transfer(1, String(repeating: "u", count: 300), to: scene.sami.bytes))
        },
        row(.unknownAccount, field: "to", "transferred to nobody, nothing") {
            let scene = try AccountsScene()
            return try scene.ledger.send(
                scene.rita, transfer(0, to: scene.ledger.actor("nobody").bytes))
        },
        row(.transferToItself, field: "to", "rita to rita, nothing") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, transfer(0, to: scene.rita.bytes))
        },
        row(.amountZero, field: "amount_minor", "transferred: nothing, by someone who has nothing")
        {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.sami, transfer(0, to: scene.rita.bytes))
        },
        row(.amountTooLarge, field: "amount_minor", "transferred: 2^63") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, transfer(1 << 63, to: scene.sami.bytes))
        },
        row(.insufficientBalance, field: "amount_minor", "one more than rita has") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, transfer(1_001, to: scene.sami.bytes))
        },
        row(.insufficientBalance, field: "amount_minor", "more than the key may, too") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.till, transfer(1_001, to: scene.sami.bytes))
        },
        row(.insufficientBalance, field: "amount_minor", "of another unit than rita has") {
            let scene = try AccountsScene()
            try scene.ledger.createUnit("chf")
            return try scene.ledger.send(scene.rita, transfer(1, "chf", to: scene.sami.bytes))
        },
    ]

    static let redeemRows: [RejectionRow] = [
        row(.unknownUnit, field: "unit", "redeemed: none of that name, nothing") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, redeem(0, "none"))
        },
        row(.amountZero, field: "amount_minor", "redeemed: nothing") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.sami, redeem(0))
        },
        row(.amountTooLarge, field: "amount_minor", "redeemed: 2^64 − 1") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, redeem(.max))
        },
        row(.insufficientBalance, field: "amount_minor", "redeemed: one more than rita has") {
            let scene = try AccountsScene()
            return try scene.ledger.send(scene.rita, redeem(1_001))
        },
    ]

    /// Agreements pay; here their calls stand alone, as an action of rita's would make them.
    static let holdRows: [RejectionRow] = [
        row(.insufficientBalance, "collected: one more than rita has, more than the key may") {
            try MoneyHolds().attempt(by: \.till) { holds, context throws(Rejection) in
                try holds.collect(1_001, in: context)
            }
        },
        row(.insufficientHold, "paid: one more than is held") {
            try MoneyHolds().attempt(by: \.rita) { holds, context throws(Rejection) in
                try holds.collect(500, in: context)
                try holds.pay(501, in: context)
            }
        },
        row(.insufficientHold, "paid: of another unit than is held") {
            try MoneyHolds().attempt(by: \.rita) { holds, context throws(Rejection) in
                try holds.collect(500, in: context)
                try holds.pay(1, "eur", in: context)
            }
        },
    ]
}
