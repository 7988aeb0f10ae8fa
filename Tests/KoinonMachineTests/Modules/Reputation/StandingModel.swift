/// A plain second reckoning of standing, from the list of all reviews each time.
///
/// It shares no code with the module: no rows, no sums kept, other integer types.
struct StandingModel {
    struct Review {
        var by: Int
        var about: Int
        var kind: String
        var isPraise: Bool
        var vouched: Bool
        var weight: Int
        var month: Int
    }

    private(set) var reviews: [Review] = []
    var vouched: Set<Int> = []

    /// Both sides of one agreement at once; a score of 0 says nothing.
    mutating func review(
        _ pairs: [(by: Int, about: Int, score: Int)], kind: String, cents: Int, at milliseconds: Int
    ) {
        let month = milliseconds / (30 * 24 * 60 * 60 * 1_000)
        reviews += pairs.filter { $0.score != 0 }.map { pair in
            let before = reviews.count { $0.by == pair.by && $0.about == pair.about }
            let standing = standing(of: pair.by, kind: kind, month: month)
            var value = 1
            var units = cents / 100
            while units > 0, value < 8 {
                value += 1
                units /= 2
            }
            let word = word(of: standing, vouched: vouched.contains(pair.by))
            var weight = (10 + abs(pair.score)) * value * word
            weight /= 160 * (1 << before)
            if pair.score < 0 { weight *= 3 }
            return Review(
                by: pair.by, about: pair.about, kind: kind, isPraise: pair.score > 0,
                vouched: vouched.contains(pair.by), weight: weight, month: month)
        }
    }

    private func word(of standing: Int, vouched: Bool) -> Int {
        let floor = vouched ? 500_000 : 100_000
        guard standing > 25_129 else { return floor * standing / 25_129 }
        return min(
            1_000_000,
            floor + (1_000_000 - floor) * (standing - 25_129) / (500_000 - 25_129))
    }

    /// In the kind, or in all alike.
    func standing(of account: Int, kind: String?, month: Int) -> Int {
        func sum(_ isPraise: Bool, _ vouched: Bool) -> Int {
            var total = 0
            // Rounded down once for each kind and month, as the documents say.
            for one in Set(reviews.map(\.kind)) {
                for past in Set(reviews.map(\.month)) {
                    let weight = reviews.filter {
                        $0.about == account && $0.kind == one && $0.month == past
                            && $0.isPraise == isPraise && $0.vouched == vouched
                    }.reduce(0) { $0 + $1.weight }
                    let age = max(0, month - past)
                    guard age < 240 else { continue }
                    let share = kind == nil || one == kind ? 1 : 4
                    total += weight * (48 - age % 24) / (48 * share << (age / 24))
                }
            }
            return total
        }
        let crowd = sum(true, false) + sum(false, false)
        func counted(_ isPraise: Bool) -> Int {
            sum(isPraise, true) + sum(isPraise, false) * 1_000_000 / (1_000_000 + crowd)
        }
        return bound(counted(true) + 1_000_000, counted(false) + 1_000_000)
    }

    /// mean - 1.645 deviations; the root by trying its bits from above.
    private func bound(_ a: Int, _ b: Int) -> Int {
        let wide = Int128(a) * Int128(b) * 1_000_000_000_000_000_000
        let sum = Int128(a + b)
        let variance = wide / (sum * sum * (sum + 1_000_000))
        var root = 0
        for bit in stride(from: 40, through: 0, by: -1)
        where Int128(root + 1 << bit) * Int128(root + 1 << bit) <= variance { root += 1 << bit }
        let mean = Int(Int128(a) * 1_000_000 / sum)
        var below = 1_645 * root / 1_000
        if 1_645 * root % 1_000 != 0 { below += 1 }
        return max(0, mean - below)
    }
}
