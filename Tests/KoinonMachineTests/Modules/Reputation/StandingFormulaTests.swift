import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The figures that docs/reputation.md states, and the edges of the arithmetic.
@Suite struct StandingFormulaTests {
    @Test(
        arguments: [
            (0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (400, 4), (6_399, 7), (6_400, 8),
            (UInt64.max, 8),
        ] as [(UInt64, UInt64)])
    func `value counts in eighths, one more for each doubling`(minor: UInt64, eighths: UInt64) {
        #expect(StandingFormula.valueEighths(settledMinor: minor, scale: 2) == eighths)
    }

    @Test func `a newcomer has 25,129 and weighs a tenth, vouched for a half`() {
        #expect(StandingFormula.newcomerStanding == 25_129)
        #expect(StandingFormula.reviewerWeight(standing: 25_129, vouched: false) == 100_000)
        #expect(StandingFormula.reviewerWeight(standing: 25_129, vouched: true) == 500_000)
        #expect(StandingFormula.reviewerWeight(standing: 0, vouched: true) == 0)
        #expect(StandingFormula.reviewerWeight(standing: 500_000, vouched: false) == 1_000_000)
        #expect(StandingFormula.reviewerWeight(standing: 1_000_000, vouched: true) == 1_000_000)
    }

    @Test(
        arguments: [
            (0, 1_000_000), (12, 750_000), (24, 500_000), (36, 375_000), (48, 250_000),
            (239, 1_017), (240, 0), (10_000, 0),
        ] as [(UInt64, UInt64)])
    func `evidence halves in 24 spans, on a straight line between`(age: UInt64, left: UInt64) {
        #expect(StandingFormula.remaining(1_000_000, age: age, sameKind: true) == left)
        #expect(StandingFormula.remaining(1_000_000, age: age, sameKind: false) == left / 4)
        let factor = StandingFormula.factor(age: age, sameKind: true)
        #expect(1_000_000 * factor.part / factor.whole == left)
    }

    @Test func `the same pair counts less each time, two full reviews at most`() {
        var review = PublishedReview()
        review.score = 10
        review.settledMinor = 10_000
        review.scale = 2
        review.reviewerStandingPpm = 1_000_000
        var total: UInt64 = 0
        for number in 1...200 {
            review.pairNumber = UInt32(number)
            total += StandingFormula.weight(of: review)
        }
        #expect(total < 2_000_000 && total > 1_999_900)
    }

    @Test func `any number of reviewers for whom nobody vouches stays below 278,936`() {
        var row = Evidence()
        row.otherPraisePpm = 1_000_000_000_000_000
        let crowd = Standing(
            kind: nil, at: Timestamp(milliseconds: 0), rows: [("bike", 0, row)])
        #expect(crowd.praise == 999_999 && crowd.boundPpm <= 278_936)
        row.vouchedComplaintPpm = 1_000_000
        let warned = Standing(
            kind: nil, at: Timestamp(milliseconds: 0), rows: [("bike", 0, row)])
        #expect(warned.boundPpm < crowd.boundPpm)
    }

    @Test func `the largest evidence stays within the arithmetic`() {
        let most = StandingFormula.estimate(praise: .max, complaint: 0)
        #expect(most.mean == 999_900)
        let torn = StandingFormula.estimate(praise: .max, complaint: .max)
        #expect(torn.mean == 500_000)
        #expect(
            StandingFormula.bound(mean: most.mean, deviation: most.deviation) > 999_000)
        #expect(StandingFormula.remaining(.max, age: 0, sameKind: true) == .max)
        #expect(StandingFormula.squareRoot(.max) == UInt128(UInt64.max))
        for value: UInt128 in [0, 1, 2, 3, 4, 8, 9, 10, 99, 100, 101] {
            let root = StandingFormula.squareRoot(value)
            #expect(root * root <= value && (root + 1) * (root + 1) > value)
        }
    }
}
