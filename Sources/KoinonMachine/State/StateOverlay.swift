/// The changes of the block being executed, over the state before it.
///
/// A savepoint remembers how far the journal reached; rolling back to it undoes
/// what was written since, in reverse, so that a rejected transaction leaves nothing.
public final class StateOverlay: StateReader {
    private struct Change {
        /// Nil: the row is removed.
        var value: [UInt8]?
        /// What the base has.
        var before: [UInt8]?
    }

    /// A mark in the journal.
    struct Savepoint {
        fileprivate var journalCount: Int
    }

    private let base: any StateReader
    // One thread uses an overlay, so looking for overlapping access at run time finds nothing.
    @exclusivity(unchecked) private var changes = SortedMap<Change>(longestRun: 64)
    @exclusivity(unchecked) private var journal: [(key: [UInt8], previous: Change?)] = []

    public let derived: DerivedValues

    /// - Parameter derived: what this view keeps of rows; the base's own by default.
    public init(over base: any StateReader, derived: DerivedValues? = nil) {
        self.base = base
        self.derived = derived ?? base.derived
    }

    public func value(for key: [UInt8]) -> [UInt8]? {
        if let change = changes[key] { return change.value }
        return base.value(for: key)
    }

    func set(_ key: [UInt8], _ value: [UInt8]) { change(key, to: value) }
    func remove(_ key: [UInt8]) { change(key, to: nil) }

    private func change(_ key: [UInt8], to value: [UInt8]?) {
        // Asked now, when the row was just read as a rule, rather than at the end.
        let previous = changes[key]
        let before = previous != nil ? previous?.before : base.value(for: key)
        changes.set(key, Change(value: value, before: before))
        journal.append((key, previous))
    }

    public func rows(
        prefix: [UInt8], from lower: [UInt8], limit: Int
    ) -> [(key: [UInt8], value: [UInt8])] {
        var changed: [(key: [UInt8], change: Change)] = []
        changes.visit(from: lower) { key, change in
            guard key.starts(with: prefix) else { return false }
            changed.append((key, change))
            return true
        }
        if changed.isEmpty { return base.rows(prefix: prefix, from: lower, limit: limit) }
        // Each removed row can hide one row of the base, so ask for that many more.
        let removed = changed.count { $0.change.value == nil }
        let wanted = limit > Int.max - removed ? limit : limit + removed
        let stored = base.rows(prefix: prefix, from: lower, limit: wanted)
        return Self.merge(stored, changed, limit: limit)
    }

    private static func merge(
        _ stored: [(key: [UInt8], value: [UInt8])], _ changed: [(key: [UInt8], change: Change)],
        limit: Int
    ) -> [(key: [UInt8], value: [UInt8])] {
        var merged: [(key: [UInt8], value: [UInt8])] = []
        var s = 0
        var c = 0
        while merged.count < limit, s < stored.count || c < changed.count {
            let order =
                s == stored.count
                ? 1 : c == changed.count ? -1 : ByteOrder.compare(stored[s].key, changed[c].key)
            if order < 0 {
                merged.append(stored[s])
                s += 1
                continue
            }
            if let value = changed[c].change.value { merged.append((changed[c].key, value)) }
            if order == 0 { s += 1 }
            c += 1
        }
        return merged
    }

    var savepoint: Savepoint { Savepoint(journalCount: journal.count) }

    func rollBack(to savepoint: Savepoint) {
        while journal.count > savepoint.journalCount, let (key, previous) = journal.popLast() {
            if let previous { changes.set(key, previous) } else { changes.remove(key) }
        }
    }

    /// What differs from the base, ascending by key; rows set to their old value are left out.
    func takeChanges() -> [StateChange] {
        var result: [StateChange] = []
        result.reserveCapacity(changes.count)
        changes.visit(from: []) { key, change in
            if change.value != change.before {
                result.append(StateChange(key: key, value: change.value))
            }
            return true
        }
        return result
    }
}
