import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonServer
@testable import TestNodes

/// Searches among requests against what looking at every request finds.
@Suite("Searches for requests")
struct RequestSearchTests {
    private static let places = [(40.44, -79.99), (40.50, -80.10), (41.0, -79.0)]
    private static let customers = 6

    @Test(arguments: 1...3)
    func `find what looking at everything finds`(seed: UInt64) async throws {
        let home = try TestHome()
        try await home.running { node in
            var random = SeededRandom(seed: seed)
            let world = try await OfferWorld(count: 1, on: node, of: home, random: &random)
            let requests = try await Self.ask(on: node, of: home, world, &random)
            let index = try SearchIndex(home: home.home.directory, node: node, logger: silent)
            try await index.catchUp()
            let known = node.look { reader in
                requests.compactMap { id in
                    Market.request(id, in: reader.state).map { (id: id, request: $0) }
                }
            }
            #expect(known.contains { $0.request.state != .open })
            // A world takes seconds to make, so more cases are more searches of the same three.
            for number in 0..<Seeds.cases(120) / 3 {
                await Task.yield()
                let query = Self.query(&random)
                let expected = known.filter { Self.fits($0.request, query) }.map(\.id.text)
                let found = try Self.all(query, index, pageOf: 1 + random.below(8))
                #expect(found == expected.reversed(), "\(number): \(query)")
            }
        }
    }

    /// Requests of some customers, of which some are withdrawn again or expire; the oldest first.
    private static func ask(
        on node: Node, of home: TestHome, _ world: OfferWorld, _ random: inout SeededRandom
    ) async throws -> [KoinonProtocol.RequestID] {
        let alfa = home.member("alfa")
        let sponsor = try #require(MemberID(rawValue: "alfa"))
        var senders: [Sender] = []
        for number in 0..<customers {
            let sender = home.sender("asker \(number)")
            let nonce = node.look {
                Accounts.highestNonce(of: alfa.key.publicKey, for: alfa.account, in: $0.state)
            }
            _ = try await node.receipt(
                of: alfa.sign(
                    .openAccount(
                        consent: AccountConsent.signed(
                            by: sender.key, chain: home.chain, sponsor: sponsor)),
                    nonce: nonce + 1))
            senders.append(sender)
        }
        var requests: [KoinonProtocol.RequestID] = []
        for number in 0..<60 {
            let sender = senders[number % customers]
            let id: KoinonProtocol.RequestID = sender.builder.nextID(ofAction: 0)
            let hours = random.below(5) == 0 ? 1 : 100
            let wish = try wish(&random, now: node.now, hours: UInt64(hours))
            try await sender.done(wish, to: node)
            requests.append(id)
            if random.below(6) == 0 { try await sender.done(.withdrawRequest(id), to: node) }
        }
        home.clock.advance(2 * LeaseWorld.hour)
        try await senders[0].done(try wish(&random, now: node.now, hours: 100), to: node)
        await node.untilIdle()
        return requests + [
            try #require(
                node.look { reader in
                    Market.requests.rows(in: reader.state).map(\.key).first {
                        !requests.contains($0)
                    }
                })
        ]
    }

    private static func wish(
        _ random: inout SeededRandom, now: Timestamp, hours: UInt64
    ) throws -> Action {
        let kind = random.below(3) == 0 ? nil : OfferWorld.kinds[random.below(3)]
        let title = (0...random.below(2)).map { _ in
            OfferWorld.words[random.below(OfferWorld.words.count)]
        }.joined(separator: " ")
        let place = random.below(4) == 0 ? nil : places[random.below(places.count)]
        let radius = UInt32([0, 5_000, 60_000][random.below(3)])
        return .publishRequest(
            title: title, kind: kind, unit: "eur", expires: now + hours * LeaseWorld.hour
        ) { wish in
            guard let place else { return }
            wish.place = .with {
                $0.latitudeE7 = Int32(place.0 * 1e7)
                $0.longitudeE7 = Int32(place.1 * 1e7)
            }
            wish.radiusM = radius
        }
    }

    private static func query(_ random: inout SeededRandom) -> RequestQuery {
        var query = RequestQuery()
        if random.below(2) == 0 { query.kind = OfferWorld.kinds[random.below(3)] }
        if random.below(3) == 0 { query.text = OfferWorld.words[random.below(12)] }
        if random.below(2) == 0 {
            let place = places[random.below(places.count)]
            query.near = .init(
                latitude: place.0, longitude: place.1,
                radius: random.below(2) == 0 ? nil : Double(random.below(150_000)))
        }
        return query
    }

    private static func fits(_ request: KoinonProtocol.Request, _ query: RequestQuery) -> Bool {
        let wish = request.wish
        guard request.state == .open,
            query.kind.map({ wish.kind.isEmpty || wish.kind == $0 }) ?? true,
            query.text.map({ text in wish.title.split(separator: " ").contains { $0 == text } })
                ?? true
        else { return false }
        guard let near = query.near, wish.hasPlace else { return true }
        let away = GeoMath.millimetres(
            near.latitude, near.longitude,
            (Int64(wish.place.latitudeE7), Int64(wish.place.longitudeE7)))
        return (wish.radiusM == 0 || away <= Int64(wish.radiusM) * 1_000)
            && (near.radius.map { away <= Int64($0 * 1_000) } ?? true)
    }

    /// Every page of a query.
    private static func all(
        _ query: RequestQuery, _ index: SearchIndex, pageOf limit: Int
    ) throws -> [String] {
        var query = query
        query.limit = limit
        var found: [String] = []
        for _ in 0..<1_000 {
            let page = try index.search(query)
            #expect(page.rows.count <= limit)
            found += page.rows.map(\.id)
            guard let next = page.next else { return found }
            query.before = SearchIndex.position(cursor: next)
            try #require(query.before != nil)
        }
        Issue.record("the pages do not end")
        return found
    }
}
