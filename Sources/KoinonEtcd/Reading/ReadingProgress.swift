import KoinonNode
import KoinonProtocol

/// An entry's key as etcd lists it.
package struct ListedEntry: Equatable, Sendable {
    package var key: [UInt8]
    package var author: String
    package var sequence: UInt64
    /// That created the key: its place in the order.
    package var created: UInt64
    /// That changed it last; another one than ``created`` when somebody overwrote it.
    package var modified: UInt64

    package init(
        key: [UInt8], author: String, sequence: UInt64, created: UInt64, modified: UInt64
    ) {
        self.key = key
        self.author = author
        self.sequence = sequence
        self.created = created
        self.modified = modified
    }
}

/// What etcd holds at one revision, beyond what the reader has taken.
package struct Listing: Equatable, Sendable {
    package var revision: UInt64
    /// Entries created up to here may be gone.
    package var trimmed: UInt64
    package var entries: [ListedEntry]

    package init(revision: UInt64, trimmed: UInt64, entries: [ListedEntry]) {
        self.revision = revision
        self.trimmed = trimmed
        self.entries = entries
    }
}

/// A sequence of an author that etcd does not hold, though it holds later ones.
package struct SequenceGap: Hashable, Sendable {
    package var author: String
    package var missing: UInt64
}

/// How far a reader has come, and what of a listing comes next. Pure: what a reader gives
/// depends on the listings alone.
///
/// The order is that of the revisions that created the keys, and of the keys within one
/// revision. Whatever has a place up to a listing's revision is in the listing, so what is
/// given of it can be followed by later places only.
package struct ReadingProgress: Sendable {
    package private(set) var position: OrderPosition
    /// The last key given at ``position``. None at first: another key of the cursor's own
    /// revision may not have been taken.
    private var lastKey: [UInt8] = []
    /// The last sequence of each author before the first that is missing.
    package private(set) var lanes: [String: UInt64]
    /// Authors that the cursor did not name, and of whom nothing is listed so far.
    private var unknown: Set<String> = []
    /// The mark at which reading began: what stood before it came by blocks. What did not, and
    /// is still there, is given all the same.
    private var arrival: OrderPosition?
    /// The last of that.
    private var filled: (created: UInt64, key: [UInt8]) = (0, [])
    private var hasBegun = false
    /// Known to be missing: they are not waited for.
    private var given: Set<SequenceGap> = []

    package init(_ cursor: OrderCursor) {
        position = cursor.position
        lanes = Dictionary(
            uniqueKeysWithValues: cursor.sequences.map { ($0.key.rawValue, $0.value) })
    }

    /// An author of whom nothing has been read.
    package mutating func add(_ author: String) {
        guard lanes[author] == nil else { return }
        lanes[author] = 0
        unknown.insert(author)
    }

    /// Looks at a listing before anything of it is given.
    package mutating func begin(with listing: Listing) {
        if !hasBegun, listing.trimmed == position.rawValue { arrival = position }
        hasBegun = true
        // What an author that the cursor did not name wrote before the first listed entry may
        // have been trimmed: it is not missing.
        for author in unknown {
            let listed = listing.entries.lazy.filter { $0.author == author }.map(\.sequence)
            guard let first = listed.min() else { continue }
            unknown.remove(author)
            if listing.trimmed > 0, first > 0 { lanes[author] = first - 1 }
        }
    }

    /// Whether the reader lacks entries that may be gone. A reader that stands right at the
    /// mark may have got there without them: a gap then is what was trimmed.
    package func isBehind(_ listing: Listing) -> Bool {
        listing.trimmed > position.rawValue
            || listing.trimmed > 0 && listing.trimmed == position.rawValue
                && !gaps(in: listing).isEmpty
    }

    /// Missing sequences that nobody has accepted so far, one an author at most.
    package func gaps(in listing: Listing) -> [SequenceGap] {
        var found: [String: [UInt64]] = [:]
        for entry in listing.entries where entry.sequence > lanes[entry.author] ?? 0 {
            found[entry.author, default: []].append(entry.sequence)
        }
        return found.compactMap { author, sequences in
            var next = (lanes[author] ?? 0) + 1
            for sequence in sequences.sorted() {
                guard sequence == next else {
                    let gap = SequenceGap(author: author, missing: next)
                    return given.contains(gap) ? nil : gap
                }
                next += 1
            }
            return nil
        }.sorted { $0.author < $1.author }
    }

    /// The order goes on without them, at this reader as at all others that see the same.
    package mutating func accept(_ gaps: [SequenceGap]) {
        given.formUnion(gaps)
    }

    /// What has not been given so far, in order.
    package func next(in listing: Listing) -> [ListedEntry] {
        listing.entries.filter { isAhead($0) }
            .sorted { ($0.created, $0.key) < ($1.created, $1.key) }
    }

    private func isAhead(_ entry: ListedEntry) -> Bool {
        if let arrival, entry.created <= arrival.rawValue {
            return entry.sequence > lanes[entry.author] ?? 0
                && filled < (entry.created, entry.key)
        }
        return entry.created > position.rawValue
            || entry.created == position.rawValue
                && lastKey.lexicographicallyPrecedes(entry.key)
    }

    /// The entry is given, or passed over because it is none.
    package mutating func take(_ entry: ListedEntry) {
        if let arrival, entry.created <= arrival.rawValue {
            filled = (entry.created, entry.key)
        } else {
            position = OrderPosition(rawValue: entry.created)
            lastKey = entry.key
        }
        guard entry.sequence == (lanes[entry.author] ?? 0) + 1 else { return }
        lanes[entry.author] = entry.sequence
        given.remove(SequenceGap(author: entry.author, missing: entry.sequence))
    }
}

private func < (a: (UInt64, [UInt8]), b: (UInt64, [UInt8])) -> Bool {
    a.0 != b.0 ? a.0 < b.0 : a.1.lexicographicallyPrecedes(b.1)
}
