import KoinonMachine
import KoinonProtocol

/// What is believed of an account, with every term of the sum (docs/reputation.md).
///
/// All `…Ppm` are millionths: of a full review for evidence, of certainty for the bound.
public struct StandingView: Codable, Sendable, Equatable {
    public struct Amounts: Codable, Sendable, Equatable {
        public var vouchedPraisePpm: UInt64
        public var vouchedComplaintPpm: UInt64
        public var otherPraisePpm: UInt64
        public var otherComplaintPpm: UInt64

        init(_ amounts: Standing.Amounts) {
            vouchedPraisePpm = amounts.vouchedPraise
            vouchedComplaintPpm = amounts.vouchedComplaint
            otherPraisePpm = amounts.otherPraise
            otherComplaintPpm = amounts.otherComplaint
        }
    }
    /// The evidence of one kind of resource from one span of 30 days.
    public struct Term: Codable, Sendable, Equatable {
        public var kind: String
        /// Spans of 30 days since 1970.
        public var span: UInt32
        public var spansAgo: UInt64
        /// Evidence from another kind than asked for counts a quarter.
        public var sameKind: Bool
        public var reviews: UInt32
        public var evidence: Amounts
        /// What is left of it after age and kind.
        public var counted: Amounts
    }

    public var account: String
    /// Absent: all kinds alike.
    public var kind: String?
    public var at: TimeView
    /// Ascending by kind, then span.
    public var terms: [Term]
    public var total: Amounts
    /// Vouched evidence in full, the rest within its maximum.
    public var praisePpm: UInt64
    public var complaintPpm: UInt64
    public var meanPpm: UInt32
    public var deviationPpm: UInt32
    /// mean - 1.645 deviations: the standing.
    public var standingPpm: UInt32
    /// What an account without any review has.
    public var newcomerPpm: UInt32
    public var flags: [FlagView]

    /// Nil when there is no such account.
    public static func make(
        _ id: AccountID, kind: String?, in reader: ViewReader
    ) -> StandingView? {
        guard Accounts.account(id, in: reader.state) != nil else { return nil }
        let standing = Reputation.standing(
            of: id, kind: kind, at: reader.time, in: reader.state)
        return StandingView(
            account: id.text, kind: kind, at: TimeView(reader.time),
            terms: standing.terms.map { term in
                Term(
                    kind: term.kind, span: term.span, spansAgo: term.age,
                    sameKind: term.isSameKind, reviews: term.reviews,
                    evidence: Amounts(term.evidence), counted: Amounts(term.counted))
            }, total: Amounts(standing.total), praisePpm: standing.praise,
            complaintPpm: standing.complaint, meanPpm: standing.meanPpm,
            deviationPpm: standing.deviationPpm, standingPpm: standing.boundPpm,
            newcomerPpm: UInt32(StandingFormula.newcomerStanding),
            flags: FlagView.open(of: id, in: reader))
    }
}

/// A review that counts, with everything that its weight was reckoned from.
public struct ReviewView: Codable, Sendable, Equatable {
    public var reviewer: String
    public var account: String
    public var agreement: String
    public var kind: String
    /// -10, a fraud, to 10.
    public var score: Int32
    /// SHA-256 of its text, which the content store may have.
    public var textHash: String?
    /// In the smallest part of the agreement's unit.
    public var settledMinor: String
    /// Eighths of full weight for what was settled.
    public var valueEighths: UInt64
    /// 1 for the first review of this account by this reviewer, and so on.
    public var pairNumber: UInt32
    public var vouched: Bool
    public var reviewerStandingPpm: UInt32
    public var weightPpm: UInt64
    public var publishedAt: TimeView

    init(_ row: PublishedReview, in reader: ViewReader) {
        reviewer = reader.account(row.reviewer) ?? ""
        account = reader.account(row.account) ?? ""
        agreement = reader.text(row.agreement, AgreementKind.self) ?? ""
        kind = row.kind
        score = row.score
        textHash = reader.hash(row.textHash)
        settledMinor = String(row.settledMinor)
        valueEighths = StandingFormula.valueEighths(
            settledMinor: row.settledMinor, scale: row.scale)
        pairNumber = row.pairNumber
        vouched = row.vouched
        reviewerStandingPpm = row.reviewerStandingPpm
        weightPpm = row.weightPpm
        publishedAt = TimeView(ms: row.publishedAtMs)
    }

    /// Reviews about an account, oldest first.
    ///
    /// - Parameter cursor: what the page before gave.
    /// - Returns: nil when there is no such account.
    public static func about(
        _ id: AccountID, after cursor: ListCursor?, limit: Int, in reader: ViewReader
    ) -> (rows: [ReviewView], next: ListCursor?)? {
        guard Accounts.account(id, in: reader.state) != nil else { return nil }
        return ListCursor.page(
            Reputation.published, under: id, after: cursor, limit: limit, in: reader
        ) { _, row in ReviewView(row, in: reader) }
    }

    /// The newest reviews about an account for one kind of resource, the last first.
    ///
    /// Rows are read forwards only, so the time looked back doubles until there are enough of
    /// the kind, or so many of all kinds that a page reads no more.
    static func newest(
        about id: AccountID, kind: String, limit: Int, in reader: ViewReader
    ) -> [ReviewView] {
        guard let first = AgreementID([UInt8](repeating: 0, count: AgreementID.byteCount)) else {
            return []
        }
        let now = reader.time.milliseconds
        var back: UInt64 = 86_400_000
        while true {
            let from = now - min(now, back)
            let rows = Reputation.published.rows(
                under: id, from: Key3(id, from, first), in: reader.state)
            let found = rows.map(\.value).filter { $0.kind == kind }
            if from == 0 || rows.count >= PageLimits.maximum || found.count >= limit {
                return found.suffix(limit).reversed().map { ReviewView($0, in: reader) }
            }
            back *= 2
        }
    }
}

/// A member's warning about an account.
public struct FlagView: Codable, Sendable, Equatable {
    public var id: String
    public var account: String
    public var member: String
    /// A slug, for instance "never-delivered".
    public var reason: String
    public var evidenceHash: String?
    public var raisedAt: TimeView
    public var answerHash: String?
    public var answeredAt: TimeView?
    /// The vote on it, if the account appealed.
    public var proposal: String?
    /// "open", "withdrawn" or "lifted".
    public var status: String
    public var closedAt: TimeView?
    public var stateKey: String

    public static func make(_ id: FlagID, in reader: ViewReader) -> FlagView? {
        guard let row = Reputation.flag(id, in: reader.state) else { return nil }
        let status =
            switch row.status {
            case .withdrawn: "withdrawn"
            case .lifted: "lifted"
            default: "open"
            }
        return FlagView(
            id: id.text, account: reader.account(row.account) ?? "", member: row.member,
            reason: row.reason, evidenceHash: reader.hash(row.evidenceHash),
            raisedAt: TimeView(ms: row.raisedAtMs), answerHash: reader.hash(row.answerHash),
            answeredAt: TimeView(unlessZero: row.answeredAtMs),
            proposal: reader.text(row.proposal, ProposalKind.self), status: status,
            closedAt: TimeView(unlessZero: row.closedAtMs),
            stateKey: stateKeyText(Reputation.flags.stateKey(id)))
    }

    /// Open flags of an account, ascending by the member that raised them.
    static func open(of account: AccountID, in reader: ViewReader) -> [FlagView] {
        Reputation.openFlags(of: account, in: reader.state).compactMap { make($0.id, in: reader) }
    }
}
