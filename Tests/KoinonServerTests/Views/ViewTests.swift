import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("Views of accounts and things")
struct ViewTests {
    @Test func `show an account with its keys, limits and nonces`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let second = TestHome.key("second key of bea")
            try await world.bea.done(
                .addKey(second.publicKey, limits: [("usd", Amount(minor: 500))]), to: node)
            let view = try #require(node.look { AccountView.make(world.bea.account, in: $0) })
            #expect(view.id == world.bea.account.text)
            #expect(view.sponsor == "alfa")
            #expect(view.keys.count == 2)
            #expect(view.keys[0].publicKey == world.bea.key.publicKey.hex)
            #expect(view.keys[0].limits.isEmpty)
            #expect(view.keys[0].highestNonce == 1)
            #expect(view.keys[1].limits.first?.perDay.text == "5.00")
            #expect(view.keys[1].highestNonce == 0)
            #expect(view.standingPpm == UInt32(StandingFormula.newcomerStanding))
            let member = try #require(node.look { AccountView.make(world.alfa.account, in: $0) })
            #expect(member.member == "alfa")
            #expect(node.look { AccountView.make(home.sender("nobody").account, in: $0) } == nil)
        }
    }

    @Test func `show balances in minor parts and in words`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let balances = try #require(
                node.look { BalanceView.all(of: world.bea.account, in: $0) })
            #expect(balances.map(\.amount) == [MoneyView(minor: 100_000, unit: "usd", scale: 2)])
            #expect(balances[0].amount.text == "1000.00")
            #expect(balances[0].amount.minor == "100000")
            let unit = try #require(node.look { UnitView.make("usd", in: $0) })
            #expect(unit.circulating.minor == "100000")
            #expect(unit.member == "alfa")
        }
    }

    @Test func `show where a resource has been, newest first`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.start(on: node)
            home.clock.advance(20 * LeaseWorld.minute)
            try await world.finish(agreement, on: node)
            let view = try #require(node.look { ResourceView.make(world.resource, in: $0) })
            #expect(view.custody.map(\.reason) == ["returned", "lent", "registered"])
            #expect(view.custody.map(\.number) == [2, 1, 0])
            #expect(view.custody[1].holder == world.bea.account.text)
            #expect(view.custody[1].agreement == agreement.text)
            #expect(view.offers.map(\.id) == [world.offer.text])
            let older = node.look {
                CustodyView.page(of: world.resource, before: 2, limit: 1, in: $0)
            }
            #expect(older.map(\.number) == [1])
        }
    }

    @Test func `show an offer's terms, those left out by the process's default`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let view = try #require(node.look { OfferView.make(world.offer, in: $0) })
            #expect(view.price.text == "1.00")
            #expect(view.stepMs == 30 * LeaseWorld.minute)
            #expect(view.deposit.minor == "2000")
            #expect(view.platformFee == FractionView(numerator: 5, denominator: 100))
            #expect(view.items.map(\.id) == [world.resource.text])
            let term = try #require(view.terms.first { $0.name == "response_ms" })
            #expect(term.isDefault && term.value == 86_400_000)
        }
    }

    @Test func `draw a process`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let view = try #require(node.look { ProcessView.make("lease", in: $0) })
            #expect(view.mermaid.hasPrefix("stateDiagram-v2\n  [*] --> booked: book (borrower)"))
            #expect(view.states.first { $0.name == "active" }?.occupancy == "in_use")
            #expect(view.transitions.count == LeaseProcess.definition.transitions.count)
            #expect(view.resolvedTo == "resolved")
        }
    }

    @Test func `page lists of the state without gaps or repeats`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let alfa = home.member("alfa")
            for number in 0..<7 {
                try await alfa.done(
                    .registerKind("kind-\(number)", title: "Kind \(number)"), to: node)
            }
            var names: [String] = []
            var cursor: ListCursor?
            repeat {
                let page = node.look { KindView.list(after: cursor, limit: 3, in: $0) }
                #expect(page.rows.count <= 3)
                names += page.rows.map(\.kind)
                cursor = page.next.flatMap { ListCursor(text: $0.text) }
            } while cursor != nil
            #expect(names == (0..<7).map { "kind-\($0)" })
        }
    }

    @Test func `take no cursor of another list`() async throws {
        let home = try TestHome()
        try await home.running { node in
            _ = try await LeaseWorld(on: node, of: home)
            let other = ListCursor(key: Money.units.stateKey("usd"))
            #expect(node.look { KindView.list(after: other, limit: 3, in: $0) }.rows.isEmpty)
            #expect(ListCursor(text: "zz") == nil)
            #expect(ListCursor(text: "") == nil)
        }
    }
}
