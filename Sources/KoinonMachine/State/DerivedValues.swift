/// Values worked out from state rows and kept in memory, because working them out
/// for every action would cost more than the action.
///
/// Each is a pure function of the bytes of one row and is used only while the row
/// still has these bytes, so what the machine does never depends on what is kept.
/// It belongs to one replica, like the state it is derived from.
public final class DerivedValues {
    // Like the state, of one owner at a time.
    @exclusivity(unchecked) private var kept: [[UInt8]: (row: [UInt8], value: any Sendable)] = [:]

    public init() {}

    /// The value for the row at `key` that now reads `row`; derived when new or changed.
    func value<Value: Sendable>(key: [UInt8], row: [UInt8], derive: ([UInt8]) -> Value) -> Value {
        // Equal arrays that share their storage compare in constant time.
        if let kept = kept[key], kept.row == row, let value = kept.value as? Value { return value }
        let value = derive(row)
        kept[key] = (row, value)
        return value
    }
}
