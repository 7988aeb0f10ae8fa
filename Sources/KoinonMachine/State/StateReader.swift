/// Read access to the ordered rows of the ledger's state.
public protocol StateReader: AnyObject {
    func value(for key: [UInt8]) -> [UInt8]?

    /// Rows whose keys begin with `prefix` and are not below `lower`, ascending, at
    /// most `limit`. The answer is a copy: rows may be changed while it is used.
    func rows(prefix: [UInt8], from lower: [UInt8], limit: Int) -> [(key: [UInt8], value: [UInt8])]

    /// What was worked out from rows, kept as long as the replica lives.
    var derived: DerivedValues { get }
}

/// The state as of the last closed block, in memory.
public final class CommittedState: StateReader {
    // Its owner keeps readers and changes apart.
    @exclusivity(unchecked) private var map = SortedMap<[UInt8]>()
    public let derived = DerivedValues()

    public init() {}

    public var count: Int { map.count }

    public func value(for key: [UInt8]) -> [UInt8]? { map[key] }

    public func rows(
        prefix: [UInt8], from lower: [UInt8], limit: Int
    ) -> [(key: [UInt8], value: [UInt8])] {
        var found: [(key: [UInt8], value: [UInt8])] = []
        map.visit(from: lower) { key, value in
            guard found.count < limit, key.starts(with: prefix) else { return false }
            found.append((key, value))
            return true
        }
        return found
    }

    func apply(_ changes: [StateChange]) {
        for change in changes {
            if let value = change.value {
                map.set(change.key, value)
            } else {
                map.remove(change.key)
            }
        }
    }

    /// Loads a stored row; for starting from a store or snapshot only.
    public func load(key: [UInt8], value: [UInt8]) { map.set(key, value) }

    /// Every row, ascending.
    public func forEach(_ body: (_ key: [UInt8], _ value: [UInt8]) -> Void) {
        map.visit(from: []) {
            body($0, $1)
            return true
        }
    }
}
