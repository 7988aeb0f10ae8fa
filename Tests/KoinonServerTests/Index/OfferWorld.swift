import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

/// A ledger with random offers of several providers, and bookings on some.
struct OfferWorld {
    static let words = [
        "red", "blue", "fast", "old", "city", "boat", "bike", "room", "drill", "cozy", "river",
        "garden",
    ]
    static let kinds = ["bike", "boat", "room"]

    var offers: [OfferID] = []
    let customer: Sender

    /// - Parameter count: of offers, each on a thing of its own.
    init(
        count: Int, on node: Node, of home: TestHome, random: inout SeededRandom
    ) async throws {
        let alfa = home.member("alfa")
        customer = home.sender("customer")
        let providers = (0..<4).map { home.sender("provider \($0)") }
        let sponsor = try #require(MemberID(rawValue: "alfa"))
        for sender in providers + [customer] {
            try await alfa.done(
                .openAccount(
                    consent: AccountConsent.signed(
                        by: sender.key, chain: home.chain, sponsor: sponsor)), to: node)
        }
        try await alfa.done(
            .createUnit("eur", title: "Euro", scale: 2),
            .createUnit("pts", title: "Points", scale: 0),
            .issue(unit: "eur", to: customer.account, amount: Amount(minor: 10_000_000)),
            .issue(unit: "pts", to: customer.account, amount: Amount(minor: 10_000_000)), to: node)
        for kind in Self.kinds {
            try await alfa.done(.registerKind(kind, title: "A \(kind)"), to: node)
        }
        var envelopes: [Envelope] = []
        for number in 0..<count {
            let provider = providers[random.below(providers.count)]
            let resource: ResourceID = provider.builder.nextID(ofAction: 0)
            let offer: OfferID = provider.builder.nextID(ofAction: 1)
            offers.append(offer)
            let kind = Self.kinds[random.below(3)]
            let title = Self.title(&random)
            envelopes.append(
                try provider.sign(
                    .registerResource(
                        kind: kind, title: Self.title(&random),
                        capacity: UInt32(1 + random.below(2)),
                        serial: "\(number)"),
                    Self.publish(resource, title, now: node.now.milliseconds, &random)))
        }
        for start in stride(from: 0, to: envelopes.count, by: 100) {
            let part = Array(envelopes[start..<min(start + 100, envelopes.count)])
            for status in await node.submit(part, waits: true) {
                #expect(status.place?.hasSuffix(" 0") == true, "\(status)")
            }
        }
    }

    private static func title(_ random: inout SeededRandom) -> String {
        (0...random.below(3)).map { _ in words[random.below(words.count)] }.joined(separator: " ")
    }

    private static func publish(
        _ resource: ResourceID, _ title: String, now: UInt64, _ random: inout SeededRandom
    ) -> Action {
        let unit = random.below(3) == 0 ? "pts" : "eur"
        var place: Place?
        if random.below(5) > 0 {
            // Most around one city, some near the meridian of 180 degrees, some at a pole.
            switch random.below(6) {
            case 0:
                place = .with {
                    $0.latitudeE7 = Int32(random.below(20_000_000)) - 10_000_000
                    $0.longitudeE7 =
                        (random.below(2) == 0 ? 1 : -1)
                        * (1_800_000_000 - Int32(random.below(10_000_000)))
                }
            case 1:
                place = .with {
                    $0.latitudeE7 = 900_000_000 - Int32(random.below(5_000_000))
                    $0.longitudeE7 = Int32(random.below(1_800)) * 1_000_000 - 900_000_000
                }
            default:
                place = .with {
                    $0.latitudeE7 = 404_000_000 + Int32(random.below(2_000_000))
                    $0.longitudeE7 = -800_000_000 + Int32(random.below(2_000_000))
                }
            }
        }
        let minimum = UInt32(random.below(3))
        let price = UInt64(random.below(6)) * 50
        let from = random.below(4) == 0 ? now + UInt64(random.below(48)) * LeaseWorld.hour : 0
        let until = random.below(4) == 0 ? now + UInt64(60 + random.below(48)) * LeaseWorld.hour : 0
        // Else that of the provider's sponsor.
        let platform = random.below(3) == 0 ? "bravo" : ""
        let longest = random.below(4) == 0 ? 12 * LeaseWorld.hour : 0
        return .publishOffer(
            of: resource, title: title, unit: unit,
            tariff: Tariff(
                price: Amount(minor: price), stepMilliseconds: LeaseWorld.hour,
                minimumSteps: minimum)
        ) { offer in
            if let place { offer.place = place }
            offer.availableFromMs = from
            offer.availableUntilMs = until
            offer.durationMaximumMs = longest
            offer.platform = platform
        }
    }

    /// Books things at random, and withdraws some offers.
    func disturb(
        _ count: Int, on node: Node, of home: TestHome, random: inout SeededRandom
    ) async throws {
        let owners = Dictionary(
            uniqueKeysWithValues: (0..<4).map { home.sender("provider \($0)") }
                .map { ($0.account, $0) })
        for _ in 0..<count {
            let offer = offers[random.below(offers.count)]
            if random.below(4) == 0 {
                let provider = node.look { Market.offer(offer, in: $0.state)?.provider }
                let owner = try #require(provider.flatMap { AccountID($0) }.flatMap { owners[$0] })
                let nonce = try #require(
                    node.look { AccountView.make(owner.account, in: $0)?.keys[0].highestNonce })
                _ = try await node.receipt(
                    of: owner.sign(.withdrawOffer(offer), nonce: nonce + 1))
            } else {
                let start = node.now.milliseconds + UInt64(1 + random.below(60)) * LeaseWorld.hour
                _ = try await customer.send(
                    .openAgreement(
                        offer: offer, start: Timestamp(milliseconds: start),
                        durationMilliseconds: UInt64(1 + random.below(10)) * LeaseWorld.hour),
                    to: node)
            }
        }
    }
}
