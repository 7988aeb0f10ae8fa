import KoinonProtocol

extension Market {
    public static func offer(_ id: OfferID, in state: some StateReader) -> Offer? {
        offers.get(id, in: state)
    }

    /// What the account would have to leave for one of the resource, in the smallest
    /// part of the offer's unit: less for one that settled so many agreements in a row
    /// without a late return, on whichever platform, and more for one with an open fraud
    /// flag where the offer says so.
    public static func deposit(
        for account: AccountID, under offer: Offer, in state: some StateReader
    ) -> UInt64 {
        let flagged = offer.terms.trustRule.flaggedDepositMinor
        if flagged > 0, Reputation.isFlagged(account, in: state) { return flagged }
        guard offer.terms.hasReducedDeposit else { return offer.terms.depositMinor }
        let reduced = offer.terms.reducedDeposit
        let settled = Agreements.record(of: account, in: state).settledSinceLate
        return settled >= UInt64(reduced.afterSettled)
            ? reduced.depositMinor : offer.terms.depositMinor
    }

    public static func request(_ id: RequestID, in state: some StateReader) -> Request? {
        requests.get(id, in: state)
    }

    /// The open answer; nil when it was taken or withdrawn, or its request is closed.
    public static func answer(_ id: OfferID, in state: some StateReader) -> Answer? {
        answers.get(id, in: state)
    }

    /// Open requests of an account, ascending by id.
    public static func openRequests(
        of account: AccountID, in state: some StateReader
    ) -> [RequestID] {
        openRequests.rows(under: account, in: state).map(\.key.b)
    }

    /// Open answers to a request, ascending by id.
    public static func answers(
        to request: RequestID, in state: some StateReader
    ) -> [(id: OfferID, answer: Answer)] {
        answersTo.rows(under: request, in: state).compactMap { row in
            answer(row.key.b, in: state).map { (row.key.b, $0) }
        }
    }
}
