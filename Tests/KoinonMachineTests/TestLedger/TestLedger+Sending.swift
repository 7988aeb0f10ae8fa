import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// The short ways to act; each sends one transaction in a block of its own.
extension TestLedger {
    /// Executes the actions as one transaction and returns its receipt.
    func send(
        _ actor: Actor, _ actions: Action..., at moment: Timestamp? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Receipt {
        try send(actor, actions, at: moment, sourceLocation: sourceLocation)
    }

    func send(
        _ actor: Actor, _ actions: [Action], at moment: Timestamp? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Receipt {
        let expires = Timestamp(milliseconds: max(moment ?? time, time).milliseconds + 3_600_000)
        let closed = try block(at: moment, [sign(actions, by: actor, expires: expires)])
        return try #require(
            closed.receipts.first, "ignored: \(closed.ignored)", sourceLocation: sourceLocation)
    }

    /// Executes the actions, which must succeed, and returns what happened.
    @discardableResult
    func done(
        _ actor: Actor, _ actions: Action..., at moment: Timestamp? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [Event] {
        let receipt = try send(actor, actions, at: moment, sourceLocation: sourceLocation)
        expectDone(receipt, sourceLocation: sourceLocation)
        return receipt.events
    }

    /// Lets time pass: due timers fire, in as many blocks as they need.
    @discardableResult
    func advance(to moment: Timestamp) throws -> Closed {
        var closed = try block(at: moment, [])
        while let due = replica.nextTimer, due <= time {
            let more = try block(at: moment, [])
            try #require(!more.blocks.isEmpty, "a timer is due and no block comes")
            closed.blocks += more.blocks
            closed.timers += more.timers
            closed.timerReceipts += more.timerReceipts
        }
        return closed
    }

    @discardableResult
    func advance(milliseconds: UInt64) throws -> Closed {
        try advance(to: time.later(by: milliseconds))
    }

    // MARK: Usual scenes

    /// A new account with one key of that name, sponsored by a member.
    @discardableResult
    func open(_ name: String, sponsor: String = "alfa") throws -> Actor {
        let new = actor(name)
        try done(member(sponsor), openAction(new.key, sponsor: sponsor))
        return new
    }

    func openAction(_ key: SigningKey, sponsor: String) -> Action {
        var consent = AccountConsent()
        consent.chain = Data(chain.bytes)
        consent.sponsor = sponsor
        return .accounts(
            .openAccount(
                .with { $0.consent = key.sign(consent.encoded, as: .accountConsent).message }))
    }

    /// A unit of 2 decimal places, issued by a member.
    func createUnit(_ unit: String = "usd", issuer: String = "alfa") throws {
        try done(
            member(issuer),
            .money(
                .createUnit(
                    .with {
                        $0.unit = unit
                        $0.title = unit
                        $0.scale = 2
                    })))
    }

    /// Money from the unit's issuer to an account.
    func issue(_ amount: UInt64, _ unit: String = "usd", to: Actor, issuer: String = "alfa") throws
    {
        try done(
            member(issuer),
            .money(
                .issue(
                    .with {
                        $0.unit = unit
                        $0.to = to.bytes
                        $0.amountMinor = amount
                    })))
    }

    func balance(_ actor: Actor, _ unit: String = "usd") -> UInt64 {
        Money.balance(of: actor.account, unit: unit, in: state).minor
    }
}

func expectDone(_ receipt: Receipt, sourceLocation: SourceLocation = #_sourceLocation) {
    let meaning = Modules.rejectionMeanings[receipt.code]
    #expect(
        receipt.code == 0,
        "\(meaning?.module ?? "").\(meaning?.name ?? "") \(receipt.field) \(receipt.detail)",
        sourceLocation: sourceLocation)
}

extension Timestamp {
    func later(by milliseconds: UInt64) -> Timestamp {
        Timestamp(milliseconds: rawValue + milliseconds)
    }
    func earlier(by milliseconds: UInt64) -> Timestamp {
        Timestamp(milliseconds: rawValue - milliseconds)
    }
}

extension Action {
    static func alliance(_ action: AllianceAction.OneOf_Action) -> Action {
        .with { $0.alliance.action = action }
    }
    static func accounts(_ action: AccountsAction.OneOf_Action) -> Action {
        .with { $0.accounts.action = action }
    }
    static func money(_ action: MoneyAction.OneOf_Action) -> Action {
        .with { $0.money.action = action }
    }
    static func resources(_ action: ResourcesAction.OneOf_Action) -> Action {
        .with { $0.resources.action = action }
    }
    static func market(_ action: MarketAction.OneOf_Action) -> Action {
        .with { $0.market.action = action }
    }
    static func agreements(_ action: AgreementsAction.OneOf_Action) -> Action {
        .with { $0.agreements.action = action }
    }

    static func transfer(_ amount: UInt64, _ unit: String = "usd", to: Actor) -> Action {
        .money(
            .transfer(
                .with {
                    $0.unit = unit
                    $0.to = to.bytes
                    $0.amountMinor = amount
                }))
    }
}
