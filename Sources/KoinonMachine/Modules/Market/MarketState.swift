import KoinonProtocol

extension Market {
    /// Every offer ever published; its terms never change.
    public static let offers = Table<OfferID, Offer>(prefix: 0x50)

    /// How many resources may go with an offer's first.
    public static let maximumBundleItems = 15

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
