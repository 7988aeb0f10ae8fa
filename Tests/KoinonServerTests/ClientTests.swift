import Foundation
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("The client of the library")
struct ClientTests {
    /// A node with its index and content, on a port, and a lease under way.
    private func withWorld(
        _ body: @Sendable (Live, LeaseWorld, AgreementID) async throws -> Void
    ) async throws {
        try await Live.with(preparing: { context, home in
            context.content = try ContentStore(home: home.home.directory)
            context.index = try SearchIndex(
                home: home.home.directory, node: context.node, logger: silent)
        }) { live in
            let world = try await LeaseWorld(on: live.node, of: live.home)
            let agreement = try await world.start(on: live.node)
            try await live.context.index?.catchUp()
            try await body(live, world, agreement)
        }
    }

    @Test func `reads accounts, things and offers, and of which block they are`() async throws {
        try await withWorld { live, world, agreement in
            let client = live.client
            _ = try await live.node.progress.untilFinal(
                live.node.tip.height, before: .now.advanced(by: .seconds(300)))
            let account = try await client.account(world.bea.account)
            #expect(account.value.id == world.bea.account.text)
            #expect(account.value.sponsor == "alfa" && account.value.member == nil)
            #expect(account.value.keys.map(\.publicKey) == [world.bea.key.publicKey.hex])
            #expect(account.value.keys.first?.highestNonce == 1)
            #expect(account.height > 0 && account.isFinal)

            let movements = try await client.movements(of: world.bea.account).rows
            #expect(movements.first?.kind == "held" && movements.last?.kind == "issued")
            #expect(movements.first?.agreement == agreement.text)
            #expect(movements.last?.amount.text == "1000.00")

            let resource = try await client.resource(world.resource).value
            #expect(resource.owner == world.paul.account.text && resource.inUse == 1)
            #expect(resource.offers.map(\.id) == [world.offer.text])
            #expect(resource.custody.map(\.reason) == ["lent", "registered"])
            let custody = try await client.custody(of: world.resource)
            #expect(custody.rows == resource.custody && custody.next == nil)

            let offer = try await client.offer(world.offer).value
            #expect(offer.items.map(\.id) == [world.resource.text])
            #expect(offer.provider == world.paul.account.text && offer.process == "lease")
            #expect(offer.price.text == "1.00" && offer.deposit.text == "20.00")
            let found = try await client.lookup(world.offer.text)
            #expect(found.map(\.what) == ["offer"] && found.first?.id == world.offer.text)
        }
    }

    @Test func `reads blocks, proposals and requests`() async throws {
        try await withWorld { live, world, _ in
            let request: KoinonProtocol.RequestID = world.bea.builder.nextID(ofAction: 0)
            try await world.bea.done(
                .publishRequest(
                    title: "Two bikes & more", kind: "bike", unit: "usd",
                    expires: live.node.now + LeaseWorld.hour), to: live.node)
            let proposal: ProposalID = world.alfa.builder.nextID(ofAction: 0)
            let sent = try world.alfa.sign(
                .propose(
                    title: "Shorter",
                    Action.setting(parameter: "voting_period_ms", to: 3_600_000)))
            let done = try await live.client.submit(sent, wait: .final, limit: .seconds(300))
            try #require(done.status == .done, "\(done.message)")
            // Signatures are stored a moment after they are counted.
            await live.node.untilIdle()
            try await live.context.index?.catchUp()

            let requests = try await live.client.requests(RequestSearchTerms(text: "bikes"))
            #expect(requests.rows.map(\.requestID) == [request])
            #expect(requests.rows.first?.customer == world.bea.account.text)
            let proposals = try await live.client.proposals().rows
            #expect(proposals.map(\.id) == [proposal.text])
            #expect(proposals.first?.change.subject == "voting_period_ms")

            let block = try await live.client.block(at: Height(try #require(done.height)))
            #expect(block.final && block.signedBy.contains("alfa"))
            #expect(block.transactions.map(\.id).contains(sent.bodyHash.hex))
            #expect(block.transactions.allSatisfy { $0.receiptCode == 0 })
            await #expect(throws: NodeClientFault.self) {
                _ = try await live.client.block(at: Height(9_999))
            }
        }
    }

    @Test func `leaves content with a node and takes it by its hash`() async throws {
        try await withWorld { live, _, _ in
            let text = Array("A *blue* boat.".utf8)
            let hash = try await live.client.putContent(text)
            #expect(hash == .sha256(text))
            #expect(try await live.client.content(hash) == text)
            await #expect(throws: NodeClientFault.self) {
                _ = try await live.client.content(.zero)
            }
            await #expect(throws: NodeClientFault.self) {
                try await live.client.putContent([0, 1, 2])
            }
        }
    }

    @Test func `has a transaction prepared, signs it and sends it`() async throws {
        try await withWorld { live, world, _ in
            let actions: [Action] = [
                .registerKind("boat", title: "Rowing \"boat\""),
                .registerResource(kind: "boat", title: "Blue boat", serial: "1"),
            ]
            let prepared = try await live.client.prepare(
                actions, chain: live.home.chain, sender: world.alfa.account,
                key: world.alfa.key.publicKey, memo: "a \"memo\"")
            #expect(prepared.nonce == world.alfa.builder.nextNonce)
            let done = try await live.client.submit(
                world.alfa.key.sign(prepared.body, as: .transaction), limit: .seconds(300))
            #expect(done.status == .done && done.id == prepared.id.hex, "\(done.message)")
            let boat = try await live.client.resource(prepared.id(ofAction: 1)).value
            #expect(boat.title == "Blue boat" && boat.kind == "boat")
        }
    }

    /// A body for another account, and content with other bytes.
    @Test func `does not believe a node what it can check`() async throws {
        let home = try TestHome()
        let (alfa, bravo) = (TestHome.key("account of alfa"), TestHome.key("account of bravo"))
        let (one, other) = (home.member("alfa").account, home.member("bravo").account)
        let actions: [Action] = [.registerKind("bike", title: "Bicycle")]
        let body = Data(try home.member("bravo").sign(actions[0]).body).base64EncodedString()
        let router = Router()
        router.post("/v1/transactions/prepare") { _, _ in "{\"body\": \"\(body)\"}" }
        router.get("/v1/content/{hash}") { _, _ in "other bytes" }
        try await Application(router: router, logger: Live.quiet).test(.live) { lying in
            let client = try NodeClient("http://localhost:\(try #require(lying.port))")
            await #expect(throws: NodeClientFault.self) {
                _ = try await client.prepare(
                    actions, chain: home.chain, sender: one, key: alfa.publicKey)
            }
            let honest = try await client.prepare(
                actions, chain: home.chain, sender: other, key: bravo.publicKey)
            #expect(honest.nonce == 1)
            await #expect(throws: NodeClientFault.self) {
                _ = try await client.content(.sha256([1]))
            }
        }
    }
}
