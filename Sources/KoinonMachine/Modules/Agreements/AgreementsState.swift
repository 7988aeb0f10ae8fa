import KoinonProtocol

extension Agreements {
    /// The rules that agreements may run by; never changed once adopted.
    public static let processes = Table<String, ProcessDefinition>(prefix: 0x60)
    /// Every agreement ever opened.
    public static let agreements = Table<AgreementID, Agreement>(prefix: 0x61)
    /// What promises or uses a resource now: resource, first moment, agreement.
    public static let bookings = Table<Key3<ResourceID, UInt64, AgreementID>, Booking>(prefix: 0x62)
    /// Settled agreements of an account; no row when there are none.
    public static let records = Table<AccountID, AccountRecord>(prefix: 0x63)
}

extension Context {
    func emit(_ event: AgreementsEvent.OneOf_Event) {
        var wrapped = AgreementsEvent()
        wrapped.event = event
        emit(.agreements(wrapped))
    }
}
