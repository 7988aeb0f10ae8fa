import struct Foundation.Data
import KoinonProtocol

/// From opened reviews to evidence.
extension Reputation {
    /// Ends the reviews of an agreement: what was opened counts, the rest was not given.
    ///
    /// Both weights are reckoned before either counts, so that it makes no difference who
    /// opened first; the opener's review comes first in events.
    static func close(
        _ reviews: inout AgreementReviews, of id: AgreementID, in context: Context
    ) {
        guard let agreement = Agreements.agreement(id, in: context.state) else {
            preconditionFailure("reviews of agreement \(id), which is not there")
        }
        reviews.phase = .closed
        let parties = parties(of: agreement, in: context.state)
        let sides = [
            (slot: reviews.byOpener, by: parties.opener, about: parties.provider),
            (slot: reviews.byProvider, by: parties.provider, about: parties.opener),
        ]
        self.reviews.set(id, reviews, in: context.state)
        let published = sides.filter(\.slot.opened).map { side in
            review(side.slot, by: side.by, about: side.about, id, agreement, in: context)
        }
        for review in published { count(review, of: id, in: context) }
        for side in sides where !side.slot.isSettled {
            var forfeited = ReviewForfeited()
            forfeited.agreement = Data(id.bytes)
            forfeited.reviewer = Data(side.by.bytes)
            context.emit(.reviewForfeited(forfeited))
        }
    }

    /// A review with everything that its weight is reckoned from, as things stand now.
    private static func review(
        _ slot: ReviewSlot, by reviewer: AccountID, about account: AccountID, _ id: AgreementID,
        _ agreement: Agreement, in context: Context
    ) -> PublishedReview {
        guard let resource = ResourceID(agreement.resource),
            let kind = Resources.resource(resource, in: context.state)?.kind,
            let unit = Money.unit(agreement.unit, in: context.state)
        else { preconditionFailure("agreement \(id) names a row that is not there") }
        var review = PublishedReview()
        review.reviewer = Data(reviewer.bytes)
        review.account = Data(account.bytes)
        review.agreement = Data(id.bytes)
        review.kind = kind
        review.score = slot.score
        review.textHash = slot.textHash
        review.settledMinor = agreement.settledMinor
        review.scale = unit.scale
        review.publishedAtMs = context.now.milliseconds
        guard slot.score != 0 else { return review }
        let before = pairs.get(Key2(reviewer, account), in: context.state)?.reviews ?? 0
        review.pairNumber = before + 1
        review.vouched = isVouched(reviewer, in: context.state)
        review.reviewerStandingPpm =
            standing(of: reviewer, kind: kind, at: context.now, in: context.state).boundPpm
        review.weightPpm = StandingFormula.weight(of: review)
        return review
    }

    private static func count(
        _ review: PublishedReview, of id: AgreementID, in context: Context
    ) {
        guard let account = AccountID(review.account), let reviewer = AccountID(review.reviewer)
        else { preconditionFailure("a review is by or about no account") }
        published.set(
            Key3(account, review.publishedAtMs, id), review, in: context.state)
        if review.score != 0 {
            var pair = PairRecord()
            pair.reviews = review.pairNumber
            pairs.set(Key2(reviewer, account), pair, in: context.state)
            let key = Key3(account, review.kind, StandingFormula.span(of: context.now))
            var row = evidence.get(key, in: context.state) ?? Evidence()
            row.add(review)
            evidence.set(key, row, in: context.state)
        }
        context.emit(.reviewPublished(review))
    }
}

extension Evidence {
    fileprivate mutating func add(_ review: PublishedReview) {
        reviews += 1
        let weight = review.weightPpm
        switch (review.vouched, review.score > 0) {
        case (true, true): vouchedPraisePpm += weight
        case (true, false): vouchedComplaintPpm += weight
        case (false, true): otherPraisePpm += weight
        case (false, false): otherComplaintPpm += weight
        }
    }
}
