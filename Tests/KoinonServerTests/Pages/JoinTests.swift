import Foundation
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite struct JoinTests {
    private static let money = Joining.TestMoney(unit: "usd", amountMinor: 10_000)

    private static func order(_ consent: Envelope) -> String {
        """
        {"consent": {"body": "\(Hex.encode(consent.body))", \
        "public_key": "\(consent.publicKey.hex)", \
        "signature": "\(Hex.encode(consent.signature.bytes))"}}
        """
    }

    private static func consent(
        _ name: String, _ world: PageWorld, sponsor: String = "alfa"
    ) throws -> Envelope {
        AccountConsent.signed(
            by: TestHome.key(name), chain: world.served.home.chain,
            sponsor: try #require(MemberID(rawValue: sponsor)))
    }

    @Test func `Who signed for this member gets an account, and money once`() async throws {
        try await PageWorld.with(testMoney: Self.money) { world in
            let order = Self.order(try Self.consent("newcomer", world))
            let account = world.served.home.sender("newcomer").account
            for _ in 0..<2 {
                let answer = try await world.served.post("/v1/join", order)
                #expect(answer.status == .ok, "\(answer.text)")
                #expect(try answer.json["account"] as? String == account.text)
            }
            let row = world.served.node.replica.read { Accounts.account(account, in: $0.state) }
            #expect(row?.sponsorships.map(\.sponsor) == ["alfa"])
            let ask = "{\"account\": \"\(account)\"}"
            let given = try await world.served.post("/v1/test-money", ask)
            #expect(given.status == .ok, "\(given.text)")
            let again = try await world.served.post("/v1/test-money", ask)
            #expect(again.status == .conflict)
            let balance = world.served.node.replica.read {
                Money.balances(of: account, in: $0.state)
            }
            #expect(balance.map(\.1.minor) == [10_000])
        }
    }

    @Test func `Who joins through another member than the first is told which`() async throws {
        try await PageWorld.with(joining: "bravo") { world in
            let page = try await world.page("/account").text
            #expect(page.contains("data-member=\"bravo\""))
            let status = try await world.served.get("/v1/status").json
            #expect(status["hosts"] as? [String] == ["alfa", "bravo"])
            let member = try #require(status["join_member"] as? String)
            let order = Self.order(try Self.consent("newcomer", world, sponsor: member))
            #expect(try await world.served.post("/v1/join", order).status == .ok)
        }
        try await Served.with { served in
            let status = try await served.get("/v1/status").json
            #expect(status["join_member"] is NSNull)
        }
    }

    @Test func `Who got nothing may ask again`() async throws {
        let money = Joining.TestMoney(unit: "pts", amountMinor: 10)
        try await PageWorld.with(testMoney: money) { world in
            let home = world.served.home
            let node = world.served.node
            let order = Self.order(try Self.consent("newcomer", world))
            #expect(try await world.served.post("/v1/join", order).status == .ok)
            let ask = "{\"account\": \"\(home.sender("newcomer").account)\"}"
            let early = try await world.served.post("/v1/test-money", ask)
            #expect(early.status == .serviceUnavailable, "\(early.text)")
            // Another member's unit, of which the one who gives has none at first.
            let bravo = home.member("bravo")
            let unit = try bravo.sign(.createUnit("pts", title: "Points", scale: 0), nonce: 20)
            #expect(try await node.receipt(of: unit).code == 0)
            let poor = try await world.served.post("/v1/test-money", ask)
            #expect(poor.status != .ok && poor.status != .conflict, "\(poor.text)")
            try await bravo.done(
                .issue(unit: "pts", to: home.member("alfa").account, amount: Amount(minor: 100)),
                to: node)
            let given = try await world.served.post("/v1/test-money", ask)
            #expect(given.status == .ok, "\(given.text)")
        }
    }

    @Test func `Many join at once and no nonce is used twice`() async throws {
        try await PageWorld.with { world in
            let orders = try (0..<12).map { Self.order(try Self.consent("crowd \($0)", world)) }
            try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for order in orders {
                    group.addTask { try await world.served.post("/v1/join", order) }
                }
                for try await answer in group { #expect(answer.status == .ok, "\(answer.text)") }
            }
        }
    }

    /// As docs/operate.md says: the new key is added, put in its place, and the old one revoked.
    @Test func `Joining goes on through all of a change of the member's account key`() async throws
    {
        try await PageWorld.with(testMoney: Self.money) { world in
            let (home, node) = (world.served.home, world.served.node)
            func join(_ name: String) async throws {
                let order = Self.order(try Self.consent(name, world))
                let joined = try await world.served.post("/v1/join", order)
                #expect(joined.status == .ok, "\(name): \(joined.text)")
                let ask = "{\"account\": \"\(home.sender(name).account)\"}"
                let given = try await world.served.post("/v1/test-money", ask)
                #expect(given.status == .ok, "\(name): \(given.text)")
            }
            try await join("early")
            let alfa = home.member("alfa")
            let next = TestHome.key("another account key of alfa")
            let added = try alfa.sign(.addKey(next.publicKey), nonce: 100)
            #expect(try await node.receipt(of: added).code == 0)
            try await join("between")
            let ring = KeyRing(home: home.home.directory.path)
            try ring.remove(named: "alfa")
            try ring.add(next, named: "alfa")
            try await join("late")
            var builder = TransactionBuilder(
                chain: home.chain, sender: alfa.account, key: next, nextNonce: 100)
            let revoked = try builder.build(
                [.revokeKey(alfa.key.publicKey)], now: home.clock.now)
            #expect(try await node.receipt(of: revoked.envelope).code == 0)
            try await join("last")
            let used = node.replica.read {
                Accounts.highestNonce(of: next.publicKey, for: alfa.account, in: $0.state)
            }
            #expect(used == 102)
        }
    }

    @Test func `A consent that the ledger would reject costs the member nothing`() async throws {
        try await PageWorld.with { world in
            let good = try Self.consent("stranger", world)
            let other = try Self.consent("other", world)
            let forged = Envelope(
                body: good.body, publicKey: good.publicKey, signature: other.signature)
            let elsewhere = try Self.consent("stranger", world, sponsor: "bravo")
            let cases: [(String, String)] = [
                ("{}", "consent"), (Self.order(forged), "consent.signature"),
                (Self.order(elsewhere), "consent.body.sponsor"),
                (
                    "{\"consent\": {\"body\": \"zz\", \"public_key\": \"\", \"signature\": \"\"}}",
                    "consent"
                ),
            ]
            let height = world.served.node.replica.read { $0.header.height }
            for (order, field) in cases {
                let answer = try await world.served.post("/v1/join", order)
                #expect(answer.status == .badRequest, "\(answer.text)")
                #expect(try answer.json["field"] as? String == field)
            }
            #expect(world.served.node.replica.read { $0.header.height } == height)
        }
    }

    @Test func `An address opens only so many accounts a day`() async throws {
        let limits = Joining.Limits(accountsPerAddress: 2, accounts: 100)
        try await PageWorld.with(limits: limits) { world in
            var statuses: [UInt] = []
            for number in 0..<3 {
                let order = Self.order(try Self.consent("many \(number)", world))
                statuses.append(UInt(try await world.served.post("/v1/join", order).status.code))
            }
            #expect(statuses == [200, 200, 429])
            world.served.home.clock.advance(25 * LeaseWorld.hour)
            let order = Self.order(try Self.consent("tomorrow", world))
            let reply = try await world.served.post("/v1/join", order)
            #expect(reply.status == .ok)
        }
    }

    @Test func `All addresses together open only so many accounts a day`() async throws {
        let limits = Joining.Limits(accountsPerAddress: 100, accounts: 2)
        try await PageWorld.with(limits: limits) { world in
            for (number, status) in [200, 200, 429].enumerated() {
                let order = Self.order(try Self.consent("many \(number)", world))
                let answer = try await world.served.post("/v1/join", order)
                #expect(answer.status.code == status)
                #expect(answer.headers[.retryAfter] == (status == 429 ? "3600" : nil))
            }
        }
    }

    @Test func `Money is for accounts on the ledger, where the member gives any`() async throws {
        try await PageWorld.with { world in
            let ask = "{\"account\": \"\(world.lease.paul.account)\"}"
            let reply = try await world.served.post("/v1/test-money", ask)
            #expect(reply.status == .forbidden)
        }
        try await PageWorld.with(testMoney: Self.money) { world in
            let nobody = world.served.home.sender("nobody").account
            let answer = try await world.served.post(
                "/v1/test-money", "{\"account\": \"\(nobody)\"}")
            #expect(answer.status == .badRequest)
            // Whoever has money already is not given any.
            let rich = "{\"account\": \"\(world.lease.bea.account)\"}"
            let reply = try await world.served.post("/v1/test-money", rich)
            #expect(reply.status == .conflict)
        }
    }
}
