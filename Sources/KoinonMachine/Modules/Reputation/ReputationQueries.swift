import KoinonLedger
import KoinonProtocol

extension Reputation {
    /// What is believed of an account in one kind of resource, evidence from other kinds
    /// counting a quarter; without a kind, all alike.
    ///
    /// Costs one row for each kind and span of 30 days with reviews.
    public static func standing(
        of account: AccountID, kind: String?, at time: Timestamp, in state: some StateReader
    ) -> Standing {
        Standing(
            kind: kind, at: time,
            rows: evidence.rows(under: account, in: state).map { ($0.key.b, $0.key.c, $0.value) })
    }

    /// The reviews of an account that count, ascending by moment, then agreement.
    public static func reviews(
        about account: AccountID, limit: Int = .max, in state: some StateReader
    ) -> [PublishedReview] {
        published.rows(under: account, limit: limit, in: state).map(\.value)
    }

    /// Nil before the first is sealed.
    public static func reviews(
        of agreement: AgreementID, in state: some StateReader
    ) -> AgreementReviews? {
        reviews.get(agreement, in: state)
    }

    /// Whether a present member vouches for the account.
    public static func isVouched(_ account: AccountID, in state: some StateReader) -> Bool {
        vouches.rows(under: account, in: state).contains {
            Alliance.member($0.key.b, in: state) != nil
        }
    }

    public static func flag(_ id: FlagID, in state: some StateReader) -> FraudFlag? {
        flags.get(id, in: state)
    }

    /// The open flags of an account, ascending by the member that raised them.
    public static func openFlags(
        of account: AccountID, in state: some StateReader
    ) -> [(id: FlagID, flag: FraudFlag)] {
        openFlags.rows(under: account, in: state).compactMap { row in
            FlagID(row.value.flag).flatMap { id in flag(id, in: state).map { (id, $0) } }
        }
    }

    public static func isFlagged(_ account: AccountID, in state: some StateReader) -> Bool {
        !openFlags.rows(under: account, limit: 1, in: state).isEmpty
    }

    /// Who may review whom: the platform may not.
    static func parties(
        of agreement: Agreement, in state: some StateReader
    ) -> (opener: AccountID, provider: AccountID) {
        guard let process = Agreements.runnableProcess(agreement.process, in: state),
            let opener = process.roles.firstIndex(where: { $0.source == .opener }),
            let openerID = AccountID(agreement.parties[opener]),
            let offer = OfferID(agreement.offer).flatMap({ Market.offer($0, in: state) }),
            let provider = AccountID(offer.provider)
        else { preconditionFailure("an agreement names a row that is not there") }
        return (openerID, provider)
    }

    static func isParty(
        _ account: AccountID, of agreement: Agreement, in state: some StateReader
    ) -> Bool {
        let parties = parties(of: agreement, in: state)
        return parties.opener == account || parties.provider == account
    }

    /// When the time for sealing reviews of a settled agreement is over.
    static func sealingEnds(for agreement: Agreement, in state: some StateReader) -> UInt64 {
        agreement.settledAtMs + Alliance.parameters(in: state).reviewSealWindowMs
    }
}
