import KoinonProtocol

extension Market {
    /// Every offer ever published; its terms never change.
    public static let offers = Table<OfferID, Offer>(prefix: 0x50)

    /// Every request ever published, with what came of it.
    public static let requests = Table<RequestID, Request>(prefix: 0x51)
    /// Open answers; a taken one is an offer of the same id, others are gone.
    public static let answers = Table<OfferID, Answer>(prefix: 0x52)
    /// Open requests by customer.
    public static let openRequests = Table<Key2<AccountID, RequestID>, MarketMarker>(prefix: 0x53)
    /// Open answers by request.
    public static let answersTo = Table<Key2<RequestID, OfferID>, MarketMarker>(prefix: 0x54)

    enum TimerKind: UInt32 {
        /// The subject is a request whose time runs out.
        case expire = 1
    }

    /// How far ahead a request may end: 30 days.
    public static let requestLifetimeMilliseconds: UInt64 = 30 * 86_400_000
    /// Open requests of one account.
    public static let maximumOpenRequests = 16
    /// Open answers to one request. Bounds what closing it has to do.
    public static let maximumAnswers: UInt32 = 32
    /// Counter-offers about one answer.
    public static let maximumRounds: UInt32 = 16
    /// Half the way round the Earth, in metres.
    static let maximumRadius: UInt32 = 20_037_508

    /// How many resources may go with an offer's first.
    public static let maximumBundleItems = 15
    /// Offers not withdrawn, by resource; the rows say nothing more.
    public static let openOffers = Table<Key2<ResourceID, OfferID>, MarketMarker>(prefix: 0x5a)

    /// Accounts among whom a customer may choose who decides disputes.
    public static let maximumArbiters = 8

    /// Degrees times 10,000,000.
    static let latitudes: ClosedRange<Int32> = -900_000_000...900_000_000
    static let longitudes: ClosedRange<Int32> = -1_800_000_000...1_800_000_000
}

extension Context {
    func emit(_ event: MarketEvent.OneOf_Event) {
        var wrapped = MarketEvent()
        wrapped.event = event
        emit(.market(wrapped))
    }
}
