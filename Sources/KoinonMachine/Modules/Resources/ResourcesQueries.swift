import KoinonProtocol

extension Resources {
    public static func kind(_ name: String, in state: some StateReader) -> Kind? {
        // Text of any length may ask; only a valid name can be a key.
        Slug.isValid(name) ? kinds.get(name, in: state) : nil
    }

    public static func resource(_ id: ResourceID, in state: some StateReader) -> Resource? {
        resources.get(id, in: state)
    }

    /// The resource that an account registered under a serial number.
    public static func resource(
        serial: String, issuer: AccountID, in state: some StateReader
    ) -> ResourceID? {
        serials.get(Key2(issuer, serial), in: state).flatMap { ResourceID($0.resource) }
    }

    /// Where the resource has been, oldest first; at most `limit` steps from `first` on.
    public static func custodyHistory(
        of id: ResourceID, from first: UInt64 = 0, limit: Int = .max, in state: some StateReader
    ) -> [CustodyRecord] {
        custody.rows(under: id, from: Key2(id, first), limit: limit, in: state).map(\.value)
    }
}
