import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Reviews, from the seal to the moment they count.
extension Reputation {
    /// Commits to a review of the other party without telling it.
    static func seal(_ action: SealReview, in context: Context) throws(Rejection) {
        guard let id = AgreementID(action.agreement) else {
            throw Rejection(ReputationRejection.malformedID, field: "agreement")
        }
        guard let agreement = Agreements.agreement(id, in: context.state) else {
            throw Rejection(ReputationRejection.unknownAgreement, field: "agreement")
        }
        guard agreement.settledAtMs != 0 else {
            throw Rejection(ReputationRejection.notSettled, field: "agreement")
        }
        let parties = parties(of: agreement, in: context.state)
        guard parties.opener == context.sender || parties.provider == context.sender else {
            throw Rejection(ReputationRejection.notParty, field: "agreement")
        }
        guard action.reviewHash.count == Hash256.zero.bytes.count else {
            throw Rejection(ReputationRejection.badHash, field: "review_hash")
        }
        let isOpener = parties.opener == context.sender
        var reviews =
            reviews(of: id, in: context.state)
            ?? AgreementReviews.with { $0.dueMs = sealingEnds(for: agreement, in: context.state) }
        let isNew = reviews.byOpener.reviewHash.isEmpty && reviews.byProvider.reviewHash.isEmpty
        let slot = isOpener ? reviews.byOpener : reviews.byProvider
        guard slot.reviewHash.isEmpty else {
            throw Rejection(ReputationRejection.alreadySealed, field: "agreement")
        }
        // The timer may still wait behind others when many are due.
        guard reviews.phase == .sealing, context.now.milliseconds < reviews.dueMs else {
            throw Rejection(ReputationRejection.sealingEnded, field: "agreement")
        }
        if isOpener {
            reviews.byOpener.reviewHash = action.reviewHash
        } else {
            reviews.byProvider.reviewHash = action.reviewHash
        }
        self.reviews.set(id, reviews, in: context.state)
        var sealed = ReviewSealed()
        sealed.agreement = action.agreement
        sealed.reviewer = Data(context.sender.bytes)
        sealed.reviewHash = action.reviewHash
        context.emit(.reviewSealed(sealed))
        if isNew {
            setTimer(.sealingEnds, of: id, at: reviews.dueMs, in: context)
        } else {
            cancelTimer(.sealingEnds, of: id, at: reviews.dueMs, in: context)
            beginOpening(&reviews, of: id, in: context)
        }
    }

    /// From now on nothing is sealed, so that whoever opens tells nobody anything in time.
    static func beginOpening(
        _ reviews: inout AgreementReviews, of id: AgreementID, in context: Context
    ) {
        reviews.phase = .opening
        reviews.dueMs =
            context.now.milliseconds + Alliance.parameters(in: context.state).reviewOpenWindowMs
        self.reviews.set(id, reviews, in: context.state)
        setTimer(.openingEnds, of: id, at: reviews.dueMs, in: context)
        var ready = ReviewsReady()
        ready.agreement = Data(id.bytes)
        ready.dueMs = reviews.dueMs
        context.emit(.reviewsReady(ready))
    }

    /// Shows what was sealed; when nothing sealed is left to open, it counts at once.
    static func open(_ action: OpenReview, in context: Context) throws(Rejection) {
        guard let id = AgreementID(action.agreement) else {
            throw Rejection(ReputationRejection.malformedID, field: "agreement")
        }
        guard let agreement = Agreements.agreement(id, in: context.state) else {
            throw Rejection(ReputationRejection.unknownAgreement, field: "agreement")
        }
        let isOpener = parties(of: agreement, in: context.state).opener == context.sender
        guard var reviews = reviews(of: id, in: context.state),
            case let slot = isOpener ? reviews.byOpener : reviews.byProvider,
            isParty(context.sender, of: agreement, in: context.state), !slot.reviewHash.isEmpty
        else { throw Rejection(ReputationRejection.nothingSealed, field: "agreement") }
        guard reviews.phase != .sealing else {
            throw Rejection(ReputationRejection.sealingNotEnded, field: "agreement")
        }
        guard !slot.opened else {
            throw Rejection(ReputationRejection.alreadyOpened, field: "agreement")
        }
        guard reviews.phase == .opening, context.now.milliseconds < reviews.dueMs else {
            throw Rejection(ReputationRejection.openingEnded, field: "agreement")
        }
        let opened = try checked(action, against: slot, of: id, in: context)
        if isOpener { reviews.byOpener = opened } else { reviews.byProvider = opened }
        self.reviews.set(id, reviews, in: context.state)
        var event = ReviewOpened()
        event.agreement = action.agreement
        event.reviewer = Data(context.sender.bytes)
        event.score = action.score
        event.textHash = action.textHash
        context.emit(.reviewOpened(event))
        if reviews.byOpener.isSettled, reviews.byProvider.isSettled {
            cancelTimer(.openingEnds, of: id, at: reviews.dueMs, in: context)
            close(&reviews, of: id, in: context)
        }
    }

    /// The slot with what was opened, if that is what was sealed.
    private static func checked(
        _ action: OpenReview, against slot: ReviewSlot, of id: AgreementID, in context: Context
    ) throws(Rejection) -> ReviewSlot {
        guard scores.contains(action.score) else {
            throw Rejection(ReputationRejection.badScore, field: "score")
        }
        guard action.salt.count == SealedReview.saltBytes else {
            throw Rejection(ReputationRejection.badSalt, field: "salt")
        }
        guard TextCheck.isHashOrEmpty(action.textHash) else {
            throw Rejection(ReputationRejection.badHash, field: "text_hash")
        }
        let hash = SealedReview.hash(
            agreement: id, reviewer: context.sender, salt: Array(action.salt), score: action.score,
            textHash: Hash256(action.textHash))
        guard slot.reviewHash == Data(hash.bytes) else {
            throw Rejection(ReputationRejection.notWhatWasSealed)
        }
        var slot = slot
        slot.opened = true
        slot.score = action.score
        slot.textHash = action.textHash
        return slot
    }
}

extension ReviewSlot {
    /// Whether nothing is waited for: none was sealed, or it was opened.
    var isSettled: Bool { reviewHash.isEmpty || opened }
}
