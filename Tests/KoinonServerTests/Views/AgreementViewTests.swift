import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

/// What a view foretells has to be what then happens.
@Suite("Views of agreements")
struct AgreementViewTests {
    private func movements(_ events: [Event]) -> [String] {
        events.compactMap { event in
            guard case .money(let money) = event.module else { return nil }
            switch money.event {
            case .holdFilled(let it) where it.amountMinor > 0:
                return "from \(AccountID(it.from)?.text ?? "") \(it.amountMinor)"
            case .holdPaid(let it) where it.amountMinor > 0:
                return "to \(AccountID(it.to)?.text ?? "") \(it.amountMinor)"
            default: return nil
            }
        }
    }

    private func movements(_ views: [ForeseenMovementView]) -> [String] {
        views.map { "\($0.from == "hold" ? "to" : "from") \($0.account) \($0.amount.minor)" }
    }

    private func sender(_ account: String?, _ world: LeaseWorld) throws -> Sender {
        try #require([world.alfa, world.paul, world.bea].first { $0.account.text == account })
    }

    @Test(arguments: ["book", "start"])
    func `foretell each transition and its amounts`(stage: String) async throws {
        // Each way is taken on a ledger of its own, up to the same point.
        var taken = 0
        for way in 0..<16 {
            let home = try TestHome()
            let isMore = try await home.running { node in
                let world = try await LeaseWorld(on: node, of: home)
                let agreement =
                    stage == "book"
                    ? try await world.book(on: node) : try await world.start(on: node)
                home.clock.advance((stage == "book" ? 10 : 45) * LeaseWorld.minute)
                let view = try #require(
                    node.look { AgreementView.make(agreement, at: node.now, in: $0) })
                let ways = view.next.filter { !$0.byTimer }
                guard way < ways.count else { return false }
                let foreseen = ways[way]
                let receipt = try await sender(foreseen.account, world)
                    .send(.takeTransition(foreseen.name, of: agreement), to: node)
                #expect(foreseen.allowed == (receipt.code == 0), "\(foreseen.name)")
                #expect(foreseen.rejection?.code ?? 0 == receipt.code)
                guard receipt.code == 0 else { return true }
                #expect(movements(foreseen.movements) == movements(receipt.events))
                #expect(world.state(of: agreement, on: node) == foreseen.to.name)
                return true
            }
            guard isMore else { break }
            taken += 1
        }
        #expect(taken >= 1)
    }

    @Test func `foretell what the clock does`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.book(on: node)
            let before = try #require(
                node.look { AgreementView.make(agreement, at: node.now, in: $0) })
            let timer = try #require(before.next.first { $0.byTimer })
            #expect(timer.name == "no_show")
            #expect(timer.movements.map(\.purpose) == ["remainder"])
            #expect(timer.movements.map(\.amount.minor) == [before.held.minor])
            let due = try #require(timer.due)
            home.clock.set(Timestamp(milliseconds: due.ms))
            await node.untilIdle()
            #expect(world.state(of: agreement, on: node) == timer.to.name)
        }
    }

    @Test func `show a caller what the caller may do`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.book(on: node)
            let view = try #require(
                node.look {
                    AgreementView.make(
                        agreement, at: node.now, caller: world.paul.account, in: $0)
                })
            let others = view.next.filter {
                $0.account != nil && $0.account != world.paul.account.text
            }
            #expect(others.isEmpty)
            #expect(view.next.contains { $0.name == "cancel" && $0.role == "provider" })
            #expect(!view.next.contains { $0.name == "start" })
        }
    }

    @Test func `quote what booking then costs, and say when money is missing`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            func action(_ duration: UInt64) -> OpenAgreement {
                .with {
                    $0.offer = Data(world.offer.bytes)
                    $0.durationMs = duration
                }
            }
            let quote = try #require(
                node.look {
                    QuoteView.make(
                        action(3 * LeaseWorld.hour), by: world.bea.account, at: node.now, in: $0)
                })
            #expect(quote.allowed)
            #expect(quote.state == "booked")
            let events = try await world.bea.done(
                .openAgreement(offer: world.offer, durationMilliseconds: 3 * LeaseWorld.hour),
                to: node)
            #expect(movements(quote.movements) == movements(events))
            #expect(!quote.movements.isEmpty)

            // Alfa has no money; it learns what it would take.
            home.clock.advance(5 * LeaseWorld.hour)
            let poor = try #require(
                node.look {
                    QuoteView.make(
                        action(LeaseWorld.hour), by: world.alfa.account, at: node.now, in: $0)
                })
            #expect(!poor.allowed)
            #expect(poor.rejection?.code == MoneyRejection.insufficientBalance.rawValue)
            #expect(poor.movements.map(\.amount.minor) == ["2200"])
            let own = try #require(
                node.look {
                    QuoteView.make(
                        action(LeaseWorld.hour), by: world.paul.account, at: node.now, in: $0)
                })
            #expect(own.rejection?.name == "ownOffer")
        }
    }

    @Test func `leave nothing behind on the ledger`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.book(on: node)
            let root = node.tip.stateRoot
            let rows = node.look { $0.state.count }
            _ = node.look { AgreementView.make(agreement, at: node.now, in: $0) }
            #expect(node.look { $0.state.count } == rows)
            // The next block's state is what a ledger without views would have.
            try await world.bea.done(.takeTransition("cancel", of: agreement), to: node)
            #expect(node.tip.stateRoot != root)
        }
        _ = try await home.reading { try await Verification.run($0, genesis: home.genesis) }
    }

    @Test func `show a dispute and what it waits for`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.start(on: node)
            try await world.bea.done(
                .openDispute(
                    of: agreement, evidenceHash: Hash256.sha256([1]),
                    claim: Action.division([("borrower", 3), ("provider", 1)], of: 4)), to: node)
            let view = try #require(
                node.look { AgreementView.make(agreement, at: node.now, in: $0) })
            #expect(view.disputed && view.next.isEmpty)
            let dispute = try #require(view.dispute)
            #expect(dispute.status == "evidence")
            #expect(dispute.claim.shares.map(\.numerator) == [3, 1])
            #expect(dispute.held.minor == view.held.minor)
            #expect(dispute.next?.actions.first == "submit_evidence")
        }
    }
}

/// The calendar against what the machine then says.
@Suite("Calendars of offers")
struct CalendarTests {
    @Test(arguments: 1...6)
    func `say exactly when booking is possible`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let start = node.now.milliseconds
            // A thing of which there are three, with some bookings.
            let resource: ResourceID = world.paul.builder.nextID(ofAction: 0)
            try await world.paul.done(
                .registerResource(kind: "bike", title: "Three bikes", capacity: 3, serial: "3"),
                to: node)
            let offer: OfferID = world.paul.builder.nextID(ofAction: 0)
            try await world.paul.done(
                .publishOffer(
                    of: resource, title: "Three", unit: "usd",
                    tariff: Tariff(price: Amount(minor: 1), stepMilliseconds: LeaseWorld.hour)
                ) { $0.availableUntilMs = start + 100 * LeaseWorld.hour }, to: node)
            for _ in 0..<12 {
                let from = start + UInt64(random.below(90)) * LeaseWorld.hour
                _ = try await world.bea.send(
                    .openAgreement(
                        offer: offer, start: Timestamp(milliseconds: from),
                        durationMilliseconds: UInt64(1 + random.below(20)) * LeaseWorld.hour,
                        quantity: UInt32(1 + random.below(2))), to: node)
            }
            for _ in 0..<60 {
                let from = start + UInt64(random.below(110)) * LeaseWorld.hour
                let until = from + UInt64(1 + random.below(12)) * LeaseWorld.hour
                let quantity = UInt32(1 + random.below(3))
                let (isFree, quote) = try node.look { reader in
                    let row = try #require(Market.offer(offer, in: reader.state))
                    let action = OpenAgreement.with {
                        $0.offer = Data(offer.bytes)
                        $0.startMs = from
                        $0.durationMs = until - from
                        $0.quantity = quantity
                    }
                    return (
                        FreeTime.isFree(
                            row, from: from, until: until, quantity: UInt64(quantity), in: reader),
                        QuoteView.make(action, by: world.bea.account, at: node.now, in: reader)
                    )
                }
                #expect(isFree == quote?.allowed, "\(from) \(until) \(quantity)")
            }
            let view = try #require(
                node.look {
                    CalendarView.make(
                        offer, from: start, until: start + 120 * LeaseWorld.hour, in: $0)
                })
            #expect(view.stretches.first?.from.ms == start)
            #expect(view.stretches.last?.quantity == 0)
            for (one, next) in zip(view.stretches, view.stretches.dropFirst()) {
                #expect(one.until == next.from && one.quantity != next.quantity)
            }
        }
    }
}
