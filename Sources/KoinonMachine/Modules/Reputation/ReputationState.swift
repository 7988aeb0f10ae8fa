import KoinonLedger
import KoinonProtocol

extension Reputation {
    /// The reviews of an agreement, from the first seal on; closed ones stay.
    public static let reviews = Table<AgreementID, AgreementReviews>(prefix: 0x70)
    /// Every review that counts: account, moment, agreement.
    public static let published = Table<Key3<AccountID, UInt64, AgreementID>, PublishedReview>(
        prefix: 0x71)
    /// What they add up to: account, kind, span of 30 days counted from 1970.
    public static let evidence = Table<Key3<AccountID, String, UInt32>, Evidence>(prefix: 0x72)
    /// How often a reviewer (first) has reviewed an account (second).
    public static let pairs = Table<Key2<AccountID, AccountID>, PairRecord>(prefix: 0x73)
    /// Who vouches for an account: account, member.
    public static let vouches = Table<Key2<AccountID, MemberID>, VouchRecord>(prefix: 0x74)
    /// How many accounts a member vouches for; no row for none.
    public static let vouchers = Table<MemberID, VoucherState>(prefix: 0x75)
    /// Every flag ever raised.
    public static let flags = Table<FlagID, FraudFlag>(prefix: 0x76)
    /// The open flags of an account: account, member that raised it.
    public static let openFlags = Table<Key2<AccountID, MemberID>, OpenFlag>(prefix: 0x77)
    /// Evidence against an account that a vote has judged: account, evidence hash.
    public static let judged = Table<Key2<AccountID, Hash256>, JudgedEvidence>(prefix: 0x78)

    enum TimerKind: UInt32 {
        /// The subject is an agreement whose parties could seal reviews until now.
        case sealingEnds = 1
        /// The subject is an agreement whose sealed reviews could be opened until now.
        case openingEnds = 2
    }

    public static let scores: ClosedRange<Int32> = -10...10

    static func setTimer(
        _ kind: TimerKind, of agreement: AgreementID, at due: UInt64, in context: Context
    ) {
        Timers.set(
            due: Timestamp(milliseconds: due), module: number, kind: kind.rawValue,
            subject: agreement.bytes, in: context.state)
    }

    static func cancelTimer(
        _ kind: TimerKind, of agreement: AgreementID, at due: UInt64, in context: Context
    ) {
        Timers.cancel(
            due: Timestamp(milliseconds: due), module: number, kind: kind.rawValue,
            subject: agreement.bytes, in: context.state)
    }
}

extension Context {
    func emit(_ event: ReputationEvent.OneOf_Event) {
        var wrapped = ReputationEvent()
        wrapped.event = event
        emit(.reputation(wrapped))
    }
}
