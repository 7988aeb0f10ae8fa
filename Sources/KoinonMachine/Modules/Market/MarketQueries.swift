import KoinonProtocol

extension Market {
    public static func offer(_ id: OfferID, in state: some StateReader) -> Offer? {
        offers.get(id, in: state)
    }

    /// What the account would have to leave for one of the resource, in the smallest
    /// part of the offer's unit: less for one that settled so many agreements in a row
    /// without a late return, on whichever platform.
    public static func deposit(
        for account: AccountID, under offer: Offer, in state: some StateReader
    ) -> UInt64 {
        guard offer.terms.hasReducedDeposit else { return offer.terms.depositMinor }
        let reduced = offer.terms.reducedDeposit
        let settled = Agreements.record(of: account, in: state).settledSinceLate
        return settled >= UInt64(reduced.afterSettled)
            ? reduced.depositMinor : offer.terms.depositMinor
    }
}
