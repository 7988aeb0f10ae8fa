import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// Offers of many people: in some cities, of some kinds, at some prices, under titles of a few
/// words each, so that searches find many or few.
struct OfferCrowd: Sendable {
    static let kinds = ["bike", "boat", "room", "drill", "van", "tent", "camera", "piano"]
    /// Degrees; some offers are a little way off each.
    static let cities: [(latitude: Double, longitude: Double)] = [
        (40.44, -79.99), (48.14, 11.58), (52.52, 13.40), (35.60, -82.55), (-33.87, 151.21),
        (42.32, -72.63), (37.98, 23.73), (59.91, 10.75),
    ]
    private static let adjectives = [
        "red", "blue", "green", "old", "new", "fast", "quiet", "light", "heavy", "small", "large",
        "foldable", "electric", "wooden", "sturdy", "cosy", "sunny", "bright", "rare", "plain",
    ]
    private static let places = [
        "river", "harbour", "garden", "station", "market", "bridge", "park", "hill", "old town",
        "lake", "forest", "university", "museum", "north side", "south side", "beach",
    ]

    let crowd: Crowd
    let staff: SigningKey
    /// People who offer, from number 1 on.
    let providers: Int
    let offers: Int

    /// Offers in one transaction, each with its resource.
    private static let perTransaction = 10

    /// - Parameter firstNonce: of every provider.
    func publish(
        on node: Node, firstNonce: UInt64, progress: (Int) -> Void
    ) async throws {
        var member = builder(of: staff, nextNonce: 1)
        let kinds = try member.build(
            Self.kinds.map { .registerKind($0, title: "A \($0)") }, now: node.now)
        try LoadDriver.check(await node.submit([kinds.envelope], waits: true))
        let part = Self.perTransaction * 2_000
        for start in stride(from: 0, to: offers, by: part) {
            let end = min(start + part, offers)
            let firsts = Array(stride(from: start, to: end, by: Self.perTransaction))
            let now = node.now
            let envelopes = AllCores.map(0..<firsts.count) { index in
                let first = firsts[index]
                return Result {
                    try envelope(
                        first..<min(first + Self.perTransaction, end), firstNonce, now)
                }
            }
            try LoadDriver.check(
                await node.submit(try envelopes.map { try $0.get() }, waits: true))
            progress(end)
        }
    }

    /// Person number 0, who offers nothing, books one of the offers and asks for something.
    ///
    /// - Parameter nonce: the person's next one.
    /// - Returns: the id of the transaction that did both.
    func book(_ offer: OfferID, on node: Node, nonce: UInt64) async throws -> Hash256 {
        let now = node.now
        let week: UInt64 = 7 * 86_400_000
        var person = builder(of: Crowd.key(0), nextNonce: nonce)
        let booking = try person.build(
            [
                .openAgreement(offer: offer, durationMilliseconds: 3_600_000),
                .publishRequest(
                    title: "A van for a day", kind: "van", unit: PreparedLedger.unit,
                    expires: Timestamp(milliseconds: now.milliseconds + week)),
            ], now: now)
        try LoadDriver.check(await node.submit([booking.envelope], waits: true))
        return booking.id
    }

    private func builder(of key: SigningKey, nextNonce: UInt64) -> TransactionBuilder {
        TransactionBuilder(
            chain: crowd.chain, sender: crowd.account(of: key), key: key, nextNonce: nextNonce)
    }

    private func envelope(
        _ numbers: Range<Int>, _ firstNonce: UInt64, _ now: Timestamp
    ) throws -> Envelope {
        let place = numbers.lowerBound / Self.perTransaction
        var builder = builder(
            of: Crowd.key(1 + place % providers),
            nextNonce: firstNonce + UInt64(place / providers))
        var actions: [Action] = []
        for number in numbers {
            var random = SeededGenerator(seed: UInt64(number))
            let kind = Self.kinds[number % Self.kinds.count]
            let resource: ResourceID = builder.nextID(ofAction: actions.count)
            actions.append(
                .registerResource(
                    kind: kind, title: "The \(kind) number \(number)", serial: "\(number)"))
            actions.append(Self.offer(of: resource, kind, &random))
        }
        return try builder.build(actions, now: now).envelope
    }

    private static func offer(
        of resource: ResourceID, _ kind: String, _ random: inout SeededGenerator
    ) -> Action {
        func one(of words: [String], _ random: inout SeededGenerator) -> String {
            words[Int.random(in: 0..<words.count, using: &random)]
        }
        let title =
            "\(one(of: adjectives, &random)) \(kind) near the \(one(of: places, &random))"
        let city = cities[Int.random(in: 0..<cities.count, using: &random)]
        func near(_ degrees: Double, _ random: inout SeededGenerator) -> Int32 {
            Int32((degrees + Double.random(in: -0.3...0.3, using: &random)) * 1e7)
        }
        let place = Place.with {
            $0.latitudeE7 = near(city.latitude, &random)
            $0.longitudeE7 = near(city.longitude, &random)
        }
        let price = UInt64.random(in: 1...200, using: &random) * 50
        return .publishOffer(
            of: resource, title: title, unit: PreparedLedger.unit,
            tariff: Tariff(price: Amount(minor: price), stepMilliseconds: 3_600_000)
        ) { offer in
            offer.place = place
            offer.depositMinor = price * 10
        }
    }

    /// Paths of searches in which every way of sorting and narrowing comes up.
    static func searches(now: Timestamp, count: Int) -> [String] {
        var random = SeededGenerator(seed: 4)
        func pick<Element>(_ all: [Element]) -> Element {
            all[Int.random(in: 0..<all.count, using: &random)]
        }
        return (0..<count).map { number in
            var items = ["limit=20"]
            if number % 2 == 0 {
                let words = number % 4 == 0 ? [pick(adjectives)] : [pick(adjectives), pick(kinds)]
                items.append("text=\(words.joined(separator: "%20"))")
            }
            if number % 3 == 0 { items.append("kind=\(pick(kinds))") }
            let city = pick(cities)
            if number % 5 < 3 {
                items.append("lat=\(city.latitude)&lon=\(city.longitude)")
                items.append("radius_m=\(pick([2_000, 10_000, 30_000]))")
            }
            if number % 7 == 0 {
                let from = now.milliseconds + UInt64(pick([1, 24, 72])) * 3_600_000
                items.append("from=\(from)&to=\(from + 7_200_000)")
            }
            switch number % 4 {
            case 1: items.append("sort=price&unit=\(PreparedLedger.unit)")
            case 2: items.append("sort=standing")
            case 3 where number % 5 < 3: items.append("sort=distance")
            default: break
            }
            return "/v1/search/offers?" + items.joined(separator: "&")
        }
    }
}
