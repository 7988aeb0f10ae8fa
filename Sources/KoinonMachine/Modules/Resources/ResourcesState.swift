import KoinonProtocol

extension Resources {
    /// Kinds that members declared, by name.
    public static let kinds = Table<String, Kind>(prefix: 0x40)
    /// Every resource ever registered.
    public static let resources = Table<ResourceID, Resource>(prefix: 0x41)
    /// Serial numbers taken, by who registered them; never given back.
    public static let serials = Table<Key2<AccountID, String>, SerialEntry>(prefix: 0x42)
    /// Where a resource has been: one row a step, counted from 0.
    public static let custody = Table<Key2<ResourceID, UInt64>, CustodyRecord>(prefix: 0x43)

    public static let maximumCapacity: UInt32 = 1_000_000
    public static let maximumSerialBytes = 64
}

extension Context {
    func emit(_ event: ResourcesEvent.OneOf_Event) {
        var wrapped = ResourcesEvent()
        wrapped.event = event
        emit(.resources(wrapped))
    }
}
