import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import NIOCore
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("Routes that read")
struct ReadingRouteTests {
    /// A served ledger with one lease under way, its index and a content store.
    private func withWorld(
        token: String? = nil, home: TestHome? = nil,
        _ body: @Sendable (Served, LeaseWorld, AgreementID) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configuration.content.token = token
        try await Served.with(
            configuration, home: home,
            preparing: { context, home in
                context.content = try ContentStore(home: home.home.directory)
                context.index = try SearchIndex(
                    home: home.home.directory, node: context.node, logger: silent,
                    text: { [content = context.content] in content?.text($0) })
            }
        ) { served in
            let world = try await LeaseWorld(on: served.node, of: served.home)
            let agreement = try await world.start(on: served.node)
            try await served.context.index?.catchUp()
            try await body(served, world, agreement)
        }
    }

    /// Everything that is read from the state and the index.
    private static func paths(_ world: LeaseWorld, _ agreement: AgreementID) -> [String] {
        let bea = world.bea.account.text
        return [
            "/v1/accounts", "/v1/accounts/\(bea)", "/v1/accounts/\(bea)/standing?kind=bike",
            "/v1/accounts/\(bea)/balances", "/v1/accounts/\(bea)/movements?limit=1",
            "/v1/accounts/\(bea)/agreements", "/v1/accounts/\(bea)/resources",
            "/v1/accounts/\(bea)/offers", "/v1/accounts/\(bea)/requests",
            "/v1/accounts/\(bea)/reviews", "/v1/accounts/\(bea)/flags", "/v1/resources",
            "/v1/resources/\(world.resource)", "/v1/resources/\(world.resource)/custody",
            "/v1/resources/\(world.resource)/offers",
            "/v1/resources/\(world.resource)/agreements", "/v1/kinds", "/v1/offers",
            "/v1/offers/\(world.offer)", "/v1/offers/\(world.offer)/calendar",
            "/v1/offers/\(world.offer)/quote?account=\(world.alfa.account)&duration_ms=3600000",
            "/v1/offers/\(world.offer)/agreements", "/v1/agreements",
            "/v1/agreements/\(agreement)?account=\(bea)", "/v1/disputes", "/v1/requests",
            "/v1/members", "/v1/parameters", "/v1/proposals", "/v1/units", "/v1/units/usd",
            "/v1/processes", "/v1/processes/lease", "/v1/search/offers?text=hour",
            "/v1/lookup?q=usd", "/v1/statistics", "/v1/index",
        ]
    }

    @Test func `answer with the height, and names in snake case`() async throws {
        try await withWorld { served, world, agreement in
            for path in Self.paths(world, agreement) {
                let answer = try await served.get(path)
                #expect(answer.status == .ok, "\(path): \(answer.text)")
                let json = try answer.json
                #expect(json["height"] as? UInt64 == served.node.tip.height.rawValue, "\(path)")
                #expect(answer.text.firstMatch(of: #/"[a-z]+[A-Z]\w*":/#) == nil, "\(path)")
            }
        }
    }

    /// Bravo's node is another one.
    @Test func `say up to which block a quorum has signed`() async throws {
        try await withWorld(home: try TestHome(hosts: ["alfa"])) { served, world, agreement in
            let transaction = try served.node.store.read {
                try #require(try $0.executedTransactions(at: Height(1)).ids.first)
            }
            let paths =
                Self.paths(world, agreement) + [
                    "/v1/status", "/v1/transactions/\(transaction.hex)", "/v1/blocks",
                    "/v1/blocks/1", "/v1/blocks/1/transactions", "/v1/blocks/1/receipts",
                    "/v1/state/00", "/v1/nonces/\(world.bea.key.publicKey.hex)",
                    "/v1/sync/snapshots",
                ]
            for path in paths {
                let json = try await served.get(path).json
                #expect(json["height"] as? UInt64 ?? 0 > 0, "\(path)")
                #expect(json["final_height"] as? UInt64 == 0, "\(path)")
            }
            let tip = served.node.tip.height
            try await served.home.attest(by: "bravo", to: served.node)
            _ = try await served.node.progress.untilFinal(
                tip, before: .now.advanced(by: .seconds(300)))
            for path in paths {
                let final = try #require(
                    try await served.get(path).json["final_height"] as? UInt64, "\(path)")
                #expect(final >= tip.rawValue, "\(path)")
            }
        }
    }

    @Test func `give lists page by page, without gaps or repeats`() async throws {
        try await withWorld { served, world, agreement in
            var ids = [agreement.text]
            for number in 1...4 as ClosedRange<UInt64> {
                let id: AgreementID = world.bea.builder.nextID(ofAction: 0)
                let start = TestHome.start + number * 5 * LeaseWorld.hour
                try await world.bea.done(
                    .openAgreement(
                        offer: world.offer, start: start, durationMilliseconds: LeaseWorld.hour),
                    to: served.node)
                ids.insert(id.text, at: 0)
            }
            try await served.context.index?.catchUp()
            for path in [
                "/v1/agreements", "/v1/accounts/\(world.bea.account)/agreements",
                "/v1/offers/\(world.offer)/agreements",
            ] {
                for limit in [1, 2, 5] {
                    var found: [String] = []
                    var query = "?limit=\(limit)"
                    while true {
                        let page = try await served.get(path + query).json
                        let rows = try #require(page["rows"] as? [[String: Any]])
                        #expect(rows.count <= limit)
                        found += rows.compactMap { $0["id"] as? String }
                        guard let next = page["next"] as? String else { break }
                        query = "?limit=\(limit)&cursor=\(next)"
                        try #require(found.count < 10, "the pages do not end")
                    }
                    #expect(found == ids, "\(path), \(limit) at a time")
                }
            }
            #expect(try await served.get("/v1/agreements?limit=200").status == .ok)
        }
    }

    /// Bravo's node is another one: no block is final.
    @Test func `say at which height something is not on the ledger`() async throws {
        try await withWorld(home: try TestHome(hosts: ["alfa"])) { served, _, agreement in
            let nothing = String(repeating: "0", count: 64)
            for path in [
                "/v1/agreements/\(agreement)/dispute", "/v1/units/none", "/v1/blocks/999",
                "/v1/transactions/\(nothing)", "/v1/trust/epochs/9",
                "/v1/proofs/transactions/\(nothing)",
            ] {
                let answer = try await served.get(path)
                #expect(try answer.json["code"] as? String == "notFound", "\(path)")
                #expect(
                    answer.headers[.koinonHeight] == "\(served.node.tip.height)", "\(path)")
                #expect(answer.headers[.koinonFinalHeight] == "0", "\(path)")
            }
            for path in ["/v1/content/\(nothing)", "/v1/nowhere"] {
                let answer = try await served.get(path)
                #expect(answer.status == .notFound, "\(path)")
                #expect(answer.headers[.koinonHeight] == nil, "\(path)")
            }
        }
    }

    @Test func `tell what is not there, and which field is wrong`() async throws {
        try await withWorld { served, world, _ in
            let stranger = served.home.sender("stranger").account
            for path in [
                "/v1/accounts/\(stranger)", "/v1/accounts/\(stranger)/balances",
                "/v1/accounts/\(stranger)/movements", "/v1/accounts/\(stranger)/reviews",
                "/v1/units/none", "/v1/processes/none",
                "/v1/units/\(String(repeating: "x", count: 300))",
            ] {
                let answer = try await served.get(path)
                #expect(answer.status == .notFound, "\(path)")
                #expect(try answer.json["code"] as? String == "notFound")
            }
            let wrong = [
                ("/v1/accounts/\(world.offer)", "id"), ("/v1/accounts/x", "id"),
                ("/v1/accounts/\(world.bea.account)/standing?kind=bikes", "kind"),
                ("/v1/offers/\(world.offer)/calendar?from=never", "from"),
                ("/v1/offers/\(world.offer)/calendar?from=5&to=4", "to"),
                ("/v1/offers/\(world.offer)/quote", "account"),
                ("/v1/agreements?limit=201", "limit"), ("/v1/agreements?limit=0", "limit"),
                ("/v1/agreements?cursor=x", "cursor"), ("/v1/kinds?cursor=x", "cursor"),
                ("/v1/search/offers?sort=best", "sort"),
                ("/v1/search/offers?sort=price", "unit"),
                ("/v1/search/offers?max_price=5", "unit"),
                ("/v1/search/offers?sort=distance", "lat"),
                ("/v1/search/offers?lat=91&lon=0", "lat"), ("/v1/search/offers?lat=1", "lon"),
                ("/v1/search/offers?radius_m=5", "radius_m"),
                ("/v1/search/offers?lat=nan&lon=0", "lat"),
                ("/v1/search/offers?from=5", "to"),
                ("/v1/search/offers?cursor=price.1.1", "cursor"),
                ("/v1/search/offers?kind=A%20B", "kind"),
                ("/v1/search/offers?min_standing=1000001", "min_standing"), ("/v1/lookup", "q"),
                ("/v1/statistics?hours=99999999", "hours"),
            ]
            for (path, field) in wrong {
                let answer = try await served.get(path)
                #expect(answer.status == .badRequest, "\(path): \(answer.text)")
                #expect(try answer.json["field"] as? String == field, "\(path)")
                #expect(try answer.json["remedy"] as? String != nil)
            }
        }
    }

    @Test func `show amounts as text that no program rounds`() async throws {
        try await withWorld { served, world, agreement in
            let answer = try await served.get("/v1/agreements/\(agreement)").json
            let value = try #require(answer["value"] as? [String: Any])
            let held = try #require(value["held"] as? [String: Any])
            #expect(held["minor"] as? String == "2200")
            #expect(held["text"] as? String == "22.00")
            #expect(held["unit"] as? String == "usd")
        }
    }

    @Test func `keep content and give it out harmless`() async throws {
        try await withWorld(token: "secret") { served, _, _ in
            let page = "<script>alert(1)</script>"
            let put = try await served.client.execute(
                uri: "/v1/content", method: .put, headers: [.contentType: "text/html"],
                body: ByteBuffer(string: page)
            ) { $0 }
            #expect(put.status == .created)
            let hash = try #require(try put.json["hash"] as? String)
            #expect(hash == Hash256.sha256(Array(page.utf8)).hex)
            let got = try await served.get("/v1/content/\(hash)")
            #expect(got.text == page)
            #expect(got.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(got.headers[.xContentTypeOptions] == "nosniff")
            #expect(got.headers[.contentSecurityPolicy] == "default-src 'none'; sandbox")
            #expect(got.headers[.cacheControl]?.contains("immutable") == true)
            let same = try await served.get(
                "/v1/content/\(hash)", headers: [.ifNoneMatch: "\"\(hash)\""])
            #expect(same.status == .notModified)
            let other = try await served.get("/v1/content/\(Hash256.zero.hex)")
            #expect(other.status == .notFound)

            func delete(_ token: String?) async throws -> HTTPResponse.Status {
                try await served.client.execute(
                    uri: "/v1/content/\(hash)", method: .delete,
                    headers: token.map { [.authorization: "Bearer \($0)"] } ?? [:]
                ) { $0.status }
            }
            #expect(try await delete(nil) == .unauthorized)
            #expect(try await delete("guess") == .unauthorized)
            #expect(try await delete("secret") == .noContent)
            #expect(try await served.get("/v1/content/\(hash)").status == .gone)
        }
    }

    @Test func `refuse content of other kinds and sizes, and deletion without a token`()
        async throws
    {
        try await withWorld { served, _, _ in
            func put(_ bytes: [UInt8]) async throws -> HTTPResponse.Status {
                try await served.client.execute(
                    uri: "/v1/content", method: .put, body: ByteBuffer(bytes: bytes)
                ) { $0.status }
            }
            #expect(try await put([0, 1, 2]) == .unsupportedMediaType)
            #expect(try await put([]) == .unsupportedMediaType)
            #expect(try await put([UInt8](repeating: 0x61, count: 65_537)) == .contentTooLarge)
            #expect(try await put([UInt8](repeating: 0x61, count: 4_200_000)) == .contentTooLarge)
            let status = try await served.client.execute(
                uri: "/v1/content/\(Hash256.zero.hex)", method: .delete
            ) { $0.status }
            #expect(status == .forbidden)
        }
    }

    @Test func `find an offer by words of its description`() async throws {
        try await withWorld { served, world, _ in
            let text = "Comes with a lovely basket."
            _ = try await served.client.execute(
                uri: "/v1/content", method: .put, body: ByteBuffer(string: text)
            ) { $0 }
            try await world.paul.done(
                .updateResource(
                    world.resource, title: "A bike", capacity: 1,
                    descriptionHash: Hash256.sha256(Array(text.utf8))), to: served.node)
            try await served.context.index?.catchUp()
            let found = try await served.get("/v1/search/offers?text=lovely%20bask").json
            let rows = try #require(found["rows"] as? [[String: Any]])
            #expect(rows.map { $0["id"] as? String } == [world.offer.text])
        }
    }
}
