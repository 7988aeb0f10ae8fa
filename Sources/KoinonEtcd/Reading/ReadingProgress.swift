import KoinonLedger
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

/// What etcd holds at one revision, beyond what is settled.
package struct Listing: Equatable, Sendable {
    package var revision: UInt64
    package var marks: TrimMarks
    /// The key of the entry that closed the reader's last block, if that is looked for.
    package var closing: ListedEntry?
    package var entries: [ListedEntry]

    package init(
        revision: UInt64, marks: TrimMarks = TrimMarks(), closing: ListedEntry? = nil,
        entries: [ListedEntry] = []
    ) {
        self.revision = revision
        self.marks = marks
        self.closing = closing
        self.entries = entries
    }
}

/// A sequence of an author that etcd does not hold, though it holds later ones.
package struct SequenceGap: Hashable, Sendable {
    package var author: String
    package var missing: UInt64
}

/// How far a reader has come, and what of a listing comes next. Pure: what a reader gives
/// depends on the listings, and on what the ledger settles.
///
/// The order is that of the revisions that created the keys, and of the keys within one
/// revision. Whatever has a place up to a listing's revision is in the listing, so what is
/// given of it can be followed by later places only.
///
/// A reader goes on behind the last place that its ledger took, wherever the blocks came from:
/// what stands before it has been judged, and what had no effect then has none later, though its
/// author's sequence, key or membership would allow it by now.
package struct ReadingProgress: Sendable {
    /// The last place given; nil until ``locate(in:)`` has found where the blocks end.
    package private(set) var position: OrderPosition?
    /// The last key given at ``position``. None at first: another key of that revision may not
    /// have been taken.
    private var lastKey: [UInt8] = []
    private(set) var settled = SettledOrder()
    /// Authors of whom something was found.
    private var authors: Set<String> = []
    /// Known to be missing: they are not waited for.
    private var accepted: Set<SequenceGap> = []

    /// - Parameter position: nil to go on behind the entry that closed the last block.
    package init(after position: OrderPosition?) { self.position = position }

    /// Looks at what the ledger has taken meanwhile.
    package mutating func take(_ settled: SettledOrder) {
        self.settled = settled
        let lanes = lanes
        accepted = accepted.filter { $0.missing > lanes[$0.author] ?? 0 }
    }

    /// Another author.
    package mutating func add(_ author: String) { authors.insert(author) }

    /// Of each author the last sequence that counts: what comes behind it has to be listed.
    package var lanes: [String: UInt64] {
        var lanes = Dictionary(uniqueKeysWithValues: authors.map { ($0, UInt64(0)) })
        for (author, sequence) in settled.sequences { lanes[author.rawValue] = sequence }
        return lanes
    }

    /// The entry whose place has to be found before anything is given.
    package var sought: EntrySlot? { position == nil ? settled.closing : nil }

    /// - Returns: false when the entry that closed the last block is not there.
    package mutating func locate(in listing: Listing) -> Bool {
        guard position == nil else { return true }
        guard settled.closing != nil else {
            position = .start
            return true
        }
        guard let closing = listing.closing else { return false }
        position = OrderPosition(rawValue: closing.created)
        lastKey = closing.key
        return true
    }

    /// Up to which block others' blocks are needed; nil when nothing is missing. What stands
    /// beyond the reader's last block is there, but for what its author took away itself.
    package func lacks(in listing: Listing) -> Height? {
        let gone = listing.marks.certain(among: settled.members)
        return gone > settled.height ? gone : nil
    }

    /// Missing sequences that nobody has accepted so far, one an author at most.
    package func gaps(in listing: Listing) -> [SequenceGap] {
        let lanes = lanes
        var found: [String: [UInt64]] = [:]
        for entry in listing.entries where entry.sequence > lanes[entry.author] ?? 0 {
            found[entry.author, default: []].append(entry.sequence)
        }
        return found.compactMap { author, sequences in
            var next = (lanes[author] ?? 0) + 1
            for sequence in sequences.sorted() {
                guard sequence == next else {
                    let gap = SequenceGap(author: author, missing: next)
                    return accepted.contains(gap) ? nil : gap
                }
                next += 1
            }
            return nil
        }.sorted { $0.author < $1.author }
    }

    /// The order goes on without them, at this reader as at all others that see the same.
    package mutating func accept(_ gaps: [SequenceGap]) {
        accepted.formUnion(gaps)
    }

    /// What has not been given so far, in order; nothing before ``position`` is found.
    package func next(in listing: Listing) -> [ListedEntry] {
        guard let position else { return [] }
        let last = (position.rawValue, lastKey)
        return listing.entries.filter { last < ($0.created, $0.key) }
            .sorted { ($0.created, $0.key) < ($1.created, $1.key) }
    }

    /// The entry is given, or passed over because it is none.
    package mutating func take(_ entry: ListedEntry) {
        position = OrderPosition(rawValue: entry.created)
        lastKey = entry.key
    }
}

private func < (a: (UInt64, [UInt8]), b: (UInt64, [UInt8])) -> Bool {
    a.0 != b.0 ? a.0 < b.0 : a.1.lexicographicallyPrecedes(b.1)
}
