import KoinonProtocol

extension Agreements {
    /// Whether an offer takes the account, by the offer's own rule: for whoever opens an
    /// agreement on it, or takes one over.
    ///
    /// - Throws: `openerFlagged`, `standingTooLow`, in this order, about the field `offer`.
    static func checkTrust(
        in account: AccountID, under offer: Offer, in context: Context
    ) throws(Rejection) {
        guard offer.terms.hasTrustRule else { return }
        let rule = offer.terms.trustRule
        if rule.refuseFlagged, Reputation.isFlagged(account, in: context.state) {
            throw Rejection(AgreementsRejection.openerFlagged, field: "offer")
        }
        guard rule.minimumStandingPpm > 0 else { return }
        guard let resource = ResourceID(offer.terms.resource),
            let kind = Resources.resource(resource, in: context.state)?.kind
        else { preconditionFailure("an offer is about a resource that is not there") }
        let standing = Reputation.standing(
            of: account, kind: kind, at: context.now, in: context.state)
        guard standing.boundPpm >= rule.minimumStandingPpm else {
            throw Rejection(
                AgreementsRejection.standingTooLow, field: "offer",
                detail: "\(standing.boundPpm) of \(rule.minimumStandingPpm)")
        }
    }
}
