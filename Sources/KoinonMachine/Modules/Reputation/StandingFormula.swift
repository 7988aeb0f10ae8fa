import KoinonProtocol

/// The integer arithmetic of standing: docs/reputation.md, reason in docs/decisions/023.
///
/// Evidence is counted in millionths of a full review. Every division rounds down
/// unless its line says otherwise. `Examples/standing.py` reckons the same bit for bit.
public enum StandingFormula {
    /// One full review.
    public static let one: UInt64 = 1_000_000
    /// Evidence ages in spans of 30 days, counted from 1970, so that a query needs one row
    /// a span however many reviews there are.
    public static let spanMilliseconds: UInt64 = 30 * 86_400_000
    /// Evidence of 720 days ago counts half.
    public static let spansPerHalfLife: UInt64 = 24
    /// After so many half-lives it counts nothing.
    public static let halfLives: UInt64 = 10
    /// Evidence from another kind counts this part of its weight.
    public static let otherKindDivisor: UInt64 = 4
    /// A complaint is rarer and costs more to make than praise, and says more.
    public static let complaintFactor: UInt64 = 3
    /// All reviewers for whom nobody vouches count for less than this together, however
    /// many there are: accounts cost nothing.
    public static let unvouchedMaximum: UInt64 = 1_000_000
    /// What is believed of an account without any review: one for, one against.
    public static let prior: UInt64 = 1_000_000
    /// What the review of a newcomer weighs, in millionths.
    public static let newcomerWeight: UInt64 = 100_000
    public static let vouchedNewcomerWeight: UInt64 = 500_000
    /// From this standing on a reviewer's word has its full weight.
    public static let fullWeightStanding: UInt64 = 500_000
    /// More evidence changes nothing any more; keeps every product below 2^128.
    public static let evidenceMaximum: UInt64 = 10_000_000_000

    /// The span that a moment lies in.
    public static func span(of time: Timestamp) -> UInt32 {
        UInt32(clamping: time.milliseconds / spanMilliseconds)
    }

    // MARK: The weight of a review

    /// Eighths of full weight for what was settled: 1 for less than one whole unit, then one
    /// more each time it doubles, 8 from 64 on.
    public static func valueEighths(settledMinor: UInt64, scale: UInt32) -> UInt64 {
        // A unit has at most 18 decimal places.
        let whole = (0..<min(scale, 19)).reduce(settledMinor) { value, _ in value / 10 }
        return min(8, 1 + UInt64(UInt64.bitWidth - whole.leadingZeroBitCount))
    }

    /// What a reviewer's word weighs by its own standing, in millionths.
    public static func reviewerWeight(standing: UInt64, vouched: Bool) -> UInt64 {
        let least = vouched ? vouchedNewcomerWeight : newcomerWeight
        if standing <= newcomerStanding { return least * standing / newcomerStanding }
        let above = standing - newcomerStanding
        return min(one, least + (one - least) * above / (fullWeightStanding - newcomerStanding))
    }

    /// The n-th review of the same account by the same reviewer counts 2^-(n-1).
    static func weight(of review: PublishedReview) -> UInt64 {
        guard review.score != 0, review.pairNumber >= 1, review.pairNumber <= 32 else { return 0 }
        let intensity = 10 + UInt64(review.score.magnitude)
        let value = valueEighths(settledMinor: review.settledMinor, scale: review.scale)
        let reviewer = reviewerWeight(
            standing: UInt64(review.reviewerStandingPpm), vouched: review.vouched)
        let weight = intensity * value * reviewer / (20 * 8 << UInt64(review.pairNumber - 1))
        return review.score < 0 ? weight * complaintFactor : weight
    }

    // MARK: From evidence to standing

    /// The part of evidence that is left after so many spans: halved every 24, in between
    /// on a straight line, and divided for another kind.
    public static func factor(age: UInt64, sameKind: Bool) -> (part: UInt64, whole: UInt64) {
        let halvings = age / spansPerHalfLife
        guard halvings < halfLives else { return (0, 1) }
        let whole = 2 * spansPerHalfLife * (sameKind ? 1 : otherKindDivisor)
        return (2 * spansPerHalfLife - age % spansPerHalfLife, whole << halvings)
    }

    static func remaining(_ weight: UInt64, age: UInt64, sameKind: Bool) -> UInt64 {
        let (part, whole) = factor(age: age, sameKind: sameKind)
        return UInt64(UInt128(weight) * UInt128(part) / UInt128(whole))
    }

    /// Of `part`, beside `total` of evidence without a vouch, what counts.
    static func saturated(_ part: UInt64, of total: UInt64) -> UInt64 {
        UInt64(
            UInt128(part) * UInt128(unvouchedMaximum) / (UInt128(unvouchedMaximum) + UInt128(total))
        )
    }

    /// Mean and its uncertainty, in millionths, of a Beta distribution.
    static func estimate(praise: UInt64, complaint: UInt64) -> (mean: UInt64, deviation: UInt64) {
        let a = UInt128(min(praise, evidenceMaximum) + prior)
        let b = UInt128(min(complaint, evidenceMaximum) + prior)
        let sum = a + b
        let million = UInt128(one)
        let variance = a * b * million * million * million / (sum * sum * (sum + million))
        return (UInt64(a * million / sum), UInt64(squareRoot(variance)))
    }

    /// mean - 1.645 deviations, 0 at least; what is subtracted is rounded up.
    static func bound(mean: UInt64, deviation: UInt64) -> UInt64 {
        let below = (1_645 * deviation + 999) / 1_000
        return mean > below ? mean - below : 0
    }

    /// The standing of an account of which nothing is known: 25,129 millionths.
    public static let newcomerStanding: UInt64 = {
        let nothing = estimate(praise: 0, complaint: 0)
        return bound(mean: nothing.mean, deviation: nothing.deviation)
    }()

    /// The largest integer whose square is not above `value`, by Newton's method from above.
    static func squareRoot(_ value: UInt128) -> UInt128 {
        guard value > 1 else { return value }
        var root = UInt128(1) << UInt128((128 - value.leadingZeroBitCount + 1) / 2)
        while true {
            let next = (root + value / root) / 2
            guard next < root else { return root }
            root = next
        }
    }
}
