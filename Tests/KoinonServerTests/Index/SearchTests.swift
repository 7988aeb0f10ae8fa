import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Logging
import TestSeeds
import Testing

@testable import KoinonServer
@testable import TestNodes

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Searches against what looking at every offer finds.
@Suite("Searches")
struct SearchTests {
    /// An offer as the model sees it, straight from the state.
    private struct Known {
        var id: OfferID
        var offer: Offer
        var resource: Resource
        var standing: UInt32
        /// Newer ones are larger.
        var age: Int
    }

    @Test(arguments: 1...4)
    func `find what looking at everything finds`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let home = try TestHome()
        try await home.running { node in
            var random = random
            let world = try await OfferWorld(count: 150, on: node, of: home, random: &random)
            try await world.disturb(60, on: node, of: home, random: &random)
            let index = try SearchIndex(home: home.home.directory, node: node, logger: silent)
            try await index.catchUp()
            let known = try node.look { reader in
                try world.offers.enumerated().map { age, id in
                    let offer = try #require(Market.offer(id, in: reader.state))
                    let resource = try #require(
                        ResourceID(offer.terms.resource).flatMap {
                            Resources.resource($0, in: reader.state)
                        })
                    return Known(
                        id: id, offer: offer, resource: resource,
                        standing: OfferView.standing(of: offer, in: reader), age: age)
                }
            }
            // A world takes seconds to make, so more cases are more searches of the same four.
            for number in 0..<Seeds.cases(320) / 4 {
                await Task.yield()
                let query = Self.query(&random, now: node.now.milliseconds)
                let expected = Self.expected(query, known, node)
                let found = try Self.all(query, index, pageOf: 1 + random.below(20))
                #expect(found == expected, "\(number): \(query)")
            }
        }
        _ = random.next()
    }

    /// Some letters and the quote behind them are one character to people.
    @Test(arguments: ["a\u{0d4e}\" OR title", "\u{0d4e}\"", "x\u{111c2}\"*", "\"a\" NEAR(b)"])
    func `words hold no quote, whatever stands before it`(text: String) throws {
        let words = try #require(SearchText(text))
        let quotes = words.expression.unicodeScalars.count { $0 == "\"" }
        #expect(quotes == 2 * words.words.count)
    }

    /// Every page of a query.
    private static func all(
        _ query: OfferQuery, _ index: SearchIndex, pageOf limit: Int
    ) throws -> [String] {
        var query = query
        query.limit = limit
        var found: [String] = []
        for _ in 0..<1_000 {
            let page = try index.search(query)
            #expect(page.rows.count <= limit)
            found += page.rows.map(\.id)
            guard let next = page.next else { return found }
            query.cursor = OfferQuery.Cursor(text: next)
            try #require(query.cursor != nil)
        }
        Issue.record("the pages do not end")
        return found
    }

    private static func query(_ random: inout SeededRandom, now: UInt64) -> OfferQuery {
        var query = OfferQuery()
        if random.below(2) == 0 {
            query.text = (0...random.below(2)).map { _ in
                OfferWorld.words[random.below(OfferWorld.words.count)]
            }.joined(separator: " ")
        }
        if random.below(3) == 0 { query.kind = OfferWorld.kinds[random.below(3)] }
        if random.below(2) == 0 { query.unit = random.below(3) == 0 ? "pts" : "eur" }
        if query.unit != nil, random.below(2) == 0 {
            query.maximumPrice = UInt64(random.below(10)) * 50
        }
        if random.below(2) == 0 {
            let places = [(40.5, -79.9), (0.0, 179.9), (89.9, 10.0)]
            let place = places[random.below(3)]
            query.near = .init(
                latitude: place.0, longitude: place.1,
                radius: random.below(3) == 0 ? nil : Double(1 + random.below(60_000)))
        }
        if random.below(3) == 0 {
            let from = now + UInt64(random.below(72)) * LeaseWorld.hour
            query.window = from..<(from + UInt64(1 + random.below(14)) * LeaseWorld.hour)
            query.quantity = UInt64(1 + random.below(2))
        }
        if random.below(4) == 0 { query.platform = random.below(2) == 0 ? "alfa" : "bravo" }
        if random.below(5) == 0 {
            query.minimumStandingPpm = random.below(2) == 0 ? 25_129 : 25_130
        }
        var sorts: [OfferQuery.Sort] = [.relevance, .standing]
        if query.unit != nil { sorts.append(.price) }
        if query.near != nil { sorts += [.distance, .distance] }
        query.sort = sorts[random.below(sorts.count)]
        return query
    }

    private static func expected(
        _ query: OfferQuery, _ known: [Known], _ node: Node
    ) -> [String] {
        let words = query.text.map { $0.split(separator: " ").map(String.init) } ?? []
        func has(_ text: String) -> Bool {
            let all = text.lowercased().split { !$0.isLetter }.map(String.init)
            return words.enumerated().allSatisfy { index, word in
                all.contains {
                    index == words.count - 1 && word.count >= 3 ? $0.hasPrefix(word) : $0 == word
                }
            }
        }
        func tier(_ one: Known) -> Int {
            query.text == nil || has(one.offer.terms.title) ? 0 : 1
        }
        func price(_ one: Known) -> UInt64 {
            one.offer.terms.tariff.priceMinor * UInt64(max(one.offer.terms.tariff.minimumSteps, 1))
        }
        func distance(_ one: Known) -> Int64? {
            guard let near = query.near, one.offer.terms.hasPlace else { return nil }
            let place = one.offer.terms.place
            return GeoMath.millimetres(
                near.latitude, near.longitude,
                (Int64(place.latitudeE7), Int64(place.longitudeE7)))
        }
        let matching = known.filter { one in
            let terms = one.offer.terms
            guard !one.offer.withdrawn, query.kind.map({ $0 == one.resource.kind }) ?? true,
                query.unit.map({ $0 == terms.unit }) ?? true,
                query.platform.map({ $0 == terms.platform }) ?? true,
                query.maximumPrice.map({ price(one) <= $0 }) ?? true,
                query.minimumStandingPpm.map({ one.standing >= $0 }) ?? true
            else { return false }
            let everything =
                "\(terms.title) \(one.resource.title) A \(one.resource.kind) \(one.resource.kind)"
            guard query.text == nil || has(everything) else { return false }
            if query.sort == .distance, distance(one) == nil { return false }
            if let radius = query.near?.radius {
                guard let away = distance(one), away <= Int64(radius * 1_000) else { return false }
            }
            guard let window = query.window else { return true }
            let length = window.upperBound - window.lowerBound
            guard terms.durationMaximumMs == 0 || length <= terms.durationMaximumMs else {
                return false
            }
            return node.look {
                FreeTime.isFree(
                    one.offer, from: window.lowerBound, until: window.upperBound,
                    quantity: query.quantity, in: $0)
            }
        }
        let sorted = matching.sorted { a, b in
            let newer = a.age > b.age
            switch query.sort {
            case .relevance: return tier(a) != tier(b) ? tier(a) < tier(b) : newer
            case .price: return price(a) != price(b) ? price(a) < price(b) : newer
            case .standing: return a.standing != b.standing ? a.standing > b.standing : newer
            case .distance:
                let (x, y) = (distance(a) ?? 0, distance(b) ?? 0)
                return x != y ? x < y : newer
            }
        }
        return sorted.map(\.id.text)
    }

    @Test func `pass nothing that people type on to the database's language`() async throws {
        let home = try TestHome()
        try await home.running { node in
            var random = SeededRandom(seed: 9)
            _ = try await OfferWorld(count: 10, on: node, of: home, random: &random)
            let index = try SearchIndex(home: home.home.directory, node: node, logger: silent)
            try await index.catchUp()
            let texts = [
                "\"", "*", "title:boat", "a OR b", "NOT", "NEAR(a b)", "{title}", "^boat", "-boat",
                "'; DROP TABLE offers;--", "\u{0}", "((((", String(repeating: "a ", count: 120),
                "日本語", "e\u{301}", "AND AND AND", "boat*",
            ]
            for text in texts {
                var query = OfferQuery()
                query.text = text
                _ = try index.search(query)
                _ = try index.lookup(text)
            }
            var nothing = OfferQuery()
            nothing.text = "\"\""
            let empty = try index.search(nothing)
            #expect(empty.rows.isEmpty)
            #expect(empty.height > 0 && empty.time == TimeView(node.tip.time))
        }
    }

    @Test func `measure distances as navigators do`() {
        // Pittsburgh to New York, 507 km; half way round the Earth.
        let far = GeoMath.millimetres(40.4406, -79.9959, (407_128_000, -740_060_000))
        #expect((506_000_000...509_000_000).contains(far))
        let half = GeoMath.millimetres(0, 0, (0, 1_800_000_000))
        #expect((20_015_000_000...20_015_200_000).contains(half))
        #expect(GeoMath.millimetres(10, 179.9999, (100_000_000, -1_799_999_000)) < 25_000)
    }
}
