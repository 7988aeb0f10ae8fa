import KoinonMachine
import KoinonProtocol

/// What false accounts can buy by praising each other, beside what an honest year earns.
///
/// A community of 53 trades for a year, once a week, each with another partner; then a
/// newcomer does the same for a year with 52 of them (or as many as asked for). A ring of
/// false accounts settles and praises with the highest score: each with the next ten of its
/// ring, and all with its head, who is then asked for. Nobody in a ring is vouched for.
public enum RingTrial {
    private static let begin = Timestamp(milliseconds: 1_735_689_600_000)
    private static let fee = Fraction.with {
        $0.numerator = 1
        $0.denominator = 20
    }

    public struct Row: Sendable {
        public var name: String
        public var agreements: Int
        /// What the platform kept of it, in cents.
        public var feesMinor: UInt64
        public var standingPpm: UInt32
    }

    /// - Parameters:
    ///   - sizes: accounts of each ring.
    ///   - partners: of the honest newcomer, and weeks of its year.
    ///   - priceMinor: what an agreement of a ring settles, in cents.
    public static func run(
        sizes: [Int] = [10, 100, 1_000], partners: Int = 52, priceMinor: UInt64 = 100,
        seed: UInt64 = 1,
        progress: (String) -> Void = { _ in }
    ) throws -> [Row] {
        var rows: [Row] = []
        for (name, vouched) in [
            ("honest year, all \(partners) partners vouched", partners + 1),
            ("honest year, half of them vouched", (partners + 1) / 2),
            ("honest year, nobody vouched", 0),
        ] {
            progress(name)
            rows.append(try honestYear(name, partners: partners, vouched: vouched, seed: seed))
        }
        for size in sizes {
            progress("ring of \(size)")
            rows.append(try ring(size, helpers: 0, priceMinor: priceMinor))
        }
        if let size = sizes.last {
            progress("ring of \(size), rich")
            var rich = try ring(size, helpers: 0, priceMinor: 6_400)
            rich.name += ", 64.00 each time"
            rows.append(rich)
            progress("ring of \(size) with helpers")
            rows.append(try ring(size, helpers: 3, priceMinor: priceMinor))
        }
        return rows
    }

    /// The newcomer has the last number; it is not vouched for itself.
    private static func honestYear(
        _ name: String, partners: Int, vouched: Int, seed: UInt64
    ) throws -> Row {
        let price: UInt64 = 2_000
        let market = try TrialMarket(
            name: "A year", people: partners + 2, money: 1_000_000, fee: fee, at: begin)
        try market.vouch(for: 0..<vouched, at: begin)
        var scores = ScoreSource(seed: seed)
        for round in 0..<partners {
            let time = begin.weeks(round + 1)
            for person in 0...partners {
                let partner = (person + round + 1) % (partners + 1)
                guard person != partner else { continue }
                try market.settle(
                    customer: person, provider: partner, price: price,
                    scores: (scores.next(), scores.next()), at: time)
            }
        }
        for round in 0..<partners {
            try market.settle(
                customer: partners + 1, provider: round, price: price,
                scores: (scores.next(), scores.next()), at: begin.weeks(partners + round + 1))
        }
        return Row(
            name: name, agreements: partners, feesMinor: UInt64(partners) * price / 20,
            standingPpm: market.standing(of: partners + 1).boundPpm)
    }

    /// The head has number 0; helpers are accounts of the ring that a member vouches for.
    private static func ring(_ size: Int, helpers: Int, priceMinor: UInt64) throws -> Row {
        let market = try TrialMarket(
            name: "A ring", people: size, money: 100 * priceMinor + 1_000 * priceMinor / 10,
            fee: fee, at: begin)
        try market.vouch(for: (1...max(1, helpers)).prefix(helpers), at: begin)
        var agreements = 0
        func praise(_ customer: Int, _ provider: Int) throws {
            agreements += 1
            try market.settle(
                customer: customer, provider: provider, price: priceMinor, scores: (10, 10),
                at: begin.weeks(1))
        }
        for person in 0..<size {
            for step in 1...min(10, size - 1) { try praise(person, (person + step) % size) }
        }
        for person in 1..<size { try praise(person, 0) }
        let name = "ring of \(size)" + (helpers > 0 ? ", \(helpers) of it vouched" : "")
        return Row(
            name: name, agreements: agreements,
            feesMinor: UInt64(agreements) * (priceMinor / 20),
            standingPpm: market.standing(of: 0).boundPpm)
    }
}

/// What honest people give: mostly 6 to 10, now and then a complaint.
private struct ScoreSource {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func next() -> Int32 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return z % 50 == 0 ? -3 : 6 + Int32(z / 50 % 5)
    }
}

extension Timestamp {
    fileprivate func weeks(_ count: Int) -> Timestamp {
        Timestamp(milliseconds: milliseconds + UInt64(count) * 7 * 86_400_000)
    }
}
