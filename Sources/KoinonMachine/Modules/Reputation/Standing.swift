import KoinonProtocol

/// What is believed of an account, with every term of the sum.
///
/// All numbers are millionths: of a full review for evidence, of certainty for the bound.
public struct Standing: Sendable, Equatable {
    /// Four amounts of evidence.
    public struct Amounts: Sendable, Equatable {
        public var vouchedPraise: UInt64 = 0
        public var vouchedComplaint: UInt64 = 0
        public var otherPraise: UInt64 = 0
        public var otherComplaint: UInt64 = 0
    }

    /// The evidence of one kind from one span of 30 days.
    public struct Term: Sendable, Equatable {
        public var kind: String
        public var span: UInt32
        /// Spans since then.
        public var age: UInt64
        public var isSameKind: Bool
        public var reviews: UInt32
        public var evidence: Amounts
        /// What is left after age and kind.
        public var counted: Amounts
    }

    /// The kind that was asked for; nil: all kinds alike.
    public var kind: String?
    /// Ascending by kind, then span.
    public var terms: [Term] = []
    public var total = Amounts()
    /// Vouched evidence in full, the rest within its maximum.
    public var praise: UInt64 = 0
    public var complaint: UInt64 = 0
    public var meanPpm: UInt32 = 0
    public var deviationPpm: UInt32 = 0
    /// The standing: with 95% certainty the next review's chance to be good is higher.
    public var boundPpm: UInt32 = 0

    /// - Parameter rows: ascending by kind and span.
    init(
        kind: String?, at time: Timestamp,
        rows: some Sequence<(kind: String, span: UInt32, evidence: Evidence)>
    ) {
        self.kind = kind
        let now = StandingFormula.span(of: time)
        for row in rows {
            let same = kind == nil || kind == row.kind
            // A timer that ran late reckons from before the latest reviews.
            let age = UInt64(now > row.span ? now - row.span : 0)
            let evidence = Amounts(row.evidence)
            let counted = evidence.map {
                StandingFormula.remaining($0, age: age, sameKind: same)
            }
            terms.append(
                Term(
                    kind: row.kind, span: row.span, age: age, isSameKind: same,
                    reviews: row.evidence.reviews, evidence: evidence, counted: counted))
            total.add(counted)
        }
        let unvouched = total.otherPraise + total.otherComplaint
        praise =
            total.vouchedPraise + StandingFormula.saturated(total.otherPraise, of: unvouched)
        complaint =
            total.vouchedComplaint
            + StandingFormula.saturated(total.otherComplaint, of: unvouched)
        let estimate = StandingFormula.estimate(praise: praise, complaint: complaint)
        meanPpm = UInt32(estimate.mean)
        deviationPpm = UInt32(estimate.deviation)
        boundPpm = UInt32(
            StandingFormula.bound(mean: estimate.mean, deviation: estimate.deviation))
    }
}

extension Standing.Amounts {
    init(_ row: Evidence) {
        vouchedPraise = row.vouchedPraisePpm
        vouchedComplaint = row.vouchedComplaintPpm
        otherPraise = row.otherPraisePpm
        otherComplaint = row.otherComplaintPpm
    }

    func map(_ body: (UInt64) -> UInt64) -> Self {
        var result = self
        result.vouchedPraise = body(vouchedPraise)
        result.vouchedComplaint = body(vouchedComplaint)
        result.otherPraise = body(otherPraise)
        result.otherComplaint = body(otherComplaint)
        return result
    }

    mutating func add(_ other: Self) {
        vouchedPraise += other.vouchedPraise
        vouchedComplaint += other.vouchedComplaint
        otherPraise += other.otherPraise
        otherComplaint += other.otherComplaint
    }
}
