import KoinonMachine
import KoinonProtocol

/// The sum behind a standing, term by term, for people and for programs.
struct StandingExplanation {
    var account: AccountID
    var time: Timestamp
    var standing: Standing
    var reviews: [PublishedReview]
    var flags: [(id: FlagID, flag: FraudFlag)]

    func text() -> String {
        var parts = [
            "standing of \(account.text)\n  in \(standing.kind ?? "all kinds alike") at "
                + "\(time.iso8601): \(Text.number(standing.boundPpm)) millionths"
        ]
        for (id, flag) in flags {
            let answer = flag.answerHash.isEmpty ? "not answered" : "answered"
            let appeal = flag.proposal.isEmpty ? "" : ", appealed"
            parts.append(
                "  flagged by \(flag.member): \(flag.reason) (\(answer)\(appeal)), \(id.text)")
        }
        parts.append(reviews.isEmpty ? "no review counts yet" : "reviews\n" + reviewTable())
        if !standing.terms.isEmpty {
            parts.append("evidence by kind and 30 days, and what counts of it\n" + termTable())
        }
        parts.append("sum\n" + sum())
        return parts.joined(separator: "\n\n")
    }

    private func reviewTable() -> String {
        let head = [
            "score", "value", "nth", "reviewer's standing", "vouched", "word", "weight", "kind",
            "when", "reviewer",
        ]
        let rows = reviews.map { review in
            let value = StandingFormula.valueEighths(
                settledMinor: review.settledMinor, scale: review.scale)
            return [
                "\(review.score)", "\(value)/8", "\(review.pairNumber)",
                Text.number(review.reviewerStandingPpm), review.vouched ? "yes" : "no",
                Text.number(Self.word(of: review)), Text.number(review.weightPpm), review.kind,
                Timestamp(milliseconds: review.publishedAtMs).iso8601,
                AccountID(review.reviewer)?.text ?? "",
            ]
        }
        return Text.table([head] + rows, right: [0, 1, 2, 3, 5, 6])
    }

    /// What the reviewer's word weighed by its standing then.
    private static func word(of review: PublishedReview) -> UInt64 {
        StandingFormula.reviewerWeight(
            standing: UInt64(review.reviewerStandingPpm), vouched: review.vouched)
    }

    /// For each term its sums, and below them what age and kind leave of them.
    private func termTable() -> String {
        let head = [
            "kind", "spans ago", "reviews", "", "vouched +", "vouched -", "other +", "other -",
        ]
        let rows = standing.terms.flatMap { term in
            let factor = StandingFormula.factor(age: term.age, sameKind: term.isSameKind)
            return [
                [term.kind, "\(term.age)", "\(term.reviews)", "sum"]
                    + Self.numbers(term.evidence),
                ["", "", "", "× \(factor.part)/\(factor.whole)"] + Self.numbers(term.counted),
            ]
        }
        let total = ["together", "", "", ""] + Self.numbers(standing.total)
        return Text.table([head] + rows + [total], right: [1, 2, 4, 5, 6, 7])
    }

    private static func numbers(_ amounts: Standing.Amounts) -> [String] {
        [
            amounts.vouchedPraise, amounts.vouchedComplaint, amounts.otherPraise,
            amounts.otherComplaint,
        ].map { Text.number($0) }
    }

    private func sum() -> String {
        let total = standing.total
        let one = StandingFormula.unvouchedMaximum
        let crowd = Text.number(one + total.otherPraise + total.otherComplaint)
        func parts(_ vouched: UInt64, _ others: UInt64) -> String {
            "\(Text.number(vouched)) vouched + \(Text.number(others)) × \(Text.number(one))/\(crowd)"
                + " of others"
        }
        return Text.table(
            [
                [
                    "praise", Text.number(standing.praise),
                    parts(total.vouchedPraise, total.otherPraise),
                ],
                [
                    "complaints", Text.number(standing.complaint),
                    parts(total.vouchedComplaint, total.otherComplaint),
                ],
                ["mean", Text.number(standing.meanPpm), "with one for and one against"],
                ["deviation", Text.number(standing.deviationPpm), ""],
                ["standing", Text.number(standing.boundPpm), "mean - 1.645 deviations"],
            ], right: [1])
    }

    // MARK: JSON

    private struct Document: Encodable {
        struct Term: Encodable {
            var kind: String
            var span: UInt32
            var spans_ago: UInt64
            var same_kind: Bool
            var reviews: UInt32
            var evidence_ppm: [UInt64]
            var counted_ppm: [UInt64]
        }
        struct Review: Encodable {
            var reviewer: String
            var agreement: String
            var kind: String
            var score: Int32
            var settled_minor: UInt64
            var value_eighths: UInt64
            var pair_number: UInt32
            var vouched: Bool
            var reviewer_standing_ppm: UInt32
            var word_ppm: UInt64
            var weight_ppm: UInt64
            var published_at_ms: UInt64
        }
        var account: String
        var at_ms: UInt64
        var kind: String
        var flags: [String]
        var reviews: [Review]
        var terms: [Term]
        var total_ppm: [UInt64]
        var praise_ppm: UInt64
        var complaint_ppm: UInt64
        var mean_ppm: UInt32
        var deviation_ppm: UInt32
        var standing_ppm: UInt32
    }

    /// The four amounts of a term: vouched praise and complaints, then the others'.
    func json() throws -> String {
        func four(_ amounts: Standing.Amounts) -> [UInt64] {
            [
                amounts.vouchedPraise, amounts.vouchedComplaint, amounts.otherPraise,
                amounts.otherComplaint,
            ]
        }
        let document = Document(
            account: account.text, at_ms: time.milliseconds, kind: standing.kind ?? "",
            flags: flags.map(\.id.text),
            reviews: reviews.map { review in
                Document.Review(
                    reviewer: AccountID(review.reviewer)?.text ?? "",
                    agreement: AgreementID(review.agreement)?.text ?? "", kind: review.kind,
                    score: review.score, settled_minor: review.settledMinor,
                    value_eighths: StandingFormula.valueEighths(
                        settledMinor: review.settledMinor, scale: review.scale),
                    pair_number: review.pairNumber, vouched: review.vouched,
                    reviewer_standing_ppm: review.reviewerStandingPpm,
                    word_ppm: Self.word(of: review), weight_ppm: review.weightPpm,
                    published_at_ms: review.publishedAtMs)
            },
            terms: standing.terms.map { term in
                Document.Term(
                    kind: term.kind, span: term.span, spans_ago: term.age,
                    same_kind: term.isSameKind, reviews: term.reviews,
                    evidence_ppm: four(term.evidence), counted_ppm: four(term.counted))
            },
            total_ppm: four(standing.total), praise_ppm: standing.praise,
            complaint_ppm: standing.complaint,
            mean_ppm: standing.meanPpm, deviation_ppm: standing.deviationPpm,
            standing_ppm: standing.boundPpm)
        return try Text.json(document)
    }
}
