import KoinonEtcd
import KoinonLedger
import KoinonNode
import KoinonProtocol

extension FuzzTarget {
    /// What etcd holds: the same bytes as the body of an entry, and as listings, a line a key:
    ///
    ///     alfa/EPOCH/SEQUENCE 5 5    below the entries' prefix, 20 digits; created and changed at
    ///     closing 4                  where the entry stands that closed the reader's last block
    ///
    /// An empty line ends a listing.
    public static let order = FuzzTarget(
        "order", maximumBytes: 8_192, madeSeeds: OrderProperties.seeds
    ) { bytes in
        try OrderProperties.checkPlace(of: bytes)
        let listings = try OrderProperties.listings(bytes)
        let given = try OrderProperties.read(listings)
        let turned = listings.map { listing in
            Listing(
                revision: listing.revision, closing: listing.closing,
                entries: listing.entries.reversed())
        }
        try hold(
            try OrderProperties.read(turned) == given,
            "the order depends on how a listing is sorted")
    }
}

private enum OrderProperties {
    static let keys = EntryKeys(chain: FuzzWorld.shared.chain, epoch: 0)

    /// Author and sequence, read without decoding the rest, are those of the whole message.
    static func checkPlace(of body: [UInt8]) throws(Violation) {
        let place = EntryPlace.of(body)
        let message = try taken { () throws(MessageFault) in try EntryBody(strict: body) }
        guard let message else { return }
        let isNamed = !message.author.isEmpty && message.sequence > 0
        guard let place else {
            return try hold(!isNamed, "the place of an entry is not found")
        }
        try hold(
            place.author == message.author && place.sequence == message.sequence,
            "an entry has another place than it says")
    }

    static func listings(_ bytes: [UInt8]) throws(Violation) -> [Listing] {
        var listings = [Listing(revision: 0)]
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            guard !line.isEmpty else {
                listings.append(Listing(revision: 0))
                continue
            }
            let parts = line.split(separator: UInt8(ascii: " "))
            let numbers = parts.dropFirst().map { UInt64(String(decoding: $0, as: UTF8.self)) }
            let last = listings.count - 1
            if parts.first?.elementsEqual("closing".utf8) == true, let place = numbers.first {
                listings[last].closing = place.map { closing(at: $0) }
                continue
            }
            let key = keys.entries + (parts.first ?? [])
            guard let place = keys.place(of: key) else { continue }
            try hold(
                keys.key(place.author, place.sequence) == key
                    && place.sequence <= EntryKeys.sequenceMaximum,
                "a key of the order has two forms, or is beyond its limit")
            guard numbers.count == 2, let created = numbers[0], let modified = numbers[1],
                created > 0, !listings[last].entries.contains(where: { $0.key == key })
            else { continue }
            listings[last].entries.append(
                ListedEntry(
                    key: key, author: place.author, sequence: place.sequence, created: created,
                    modified: modified))
        }
        return listings
    }

    private static func closing(at place: UInt64) -> ListedEntry {
        let slot = settled.closing
        let author = slot?.author.rawValue ?? ""
        return ListedEntry(
            key: keys.key(author, slot?.sequence ?? 0), author: author,
            sequence: slot?.sequence ?? 0, created: place, modified: place)
    }

    /// Alfa's third entry closed the last block.
    private static let settled = SettledOrder(
        height: Height(1),
        closing: MemberID(rawValue: "alfa").map { EntrySlot(author: $0, sequence: 3) })

    /// What a reader gives who has the blocks of others and sees one listing after the other.
    static func read(_ listings: [Listing]) throws(Violation) -> [ListedEntry] {
        var progress = ReadingProgress(after: nil)
        progress.take(settled)
        var given: [ListedEntry] = []
        for listing in listings {
            for entry in listing.entries { progress.add(entry.author) }
            guard progress.locate(in: listing) else { return given }
            let start = progress.position
            progress.accept(progress.gaps(in: listing))
            try hold(progress.gaps(in: listing).isEmpty, "an accepted gap is named again")
            let next = progress.next(in: listing)
            try hold(
                zip(next, next.dropFirst()).allSatisfy { one, other in
                    one.created < other.created
                        || one.created == other.created
                            && one.key.lexicographicallyPrecedes(other.key)
                }, "entries are not given in order")
            for entry in next {
                try hold(!given.contains(entry), "an entry is given twice")
                progress.take(entry)
                given.append(entry)
                try hold(
                    progress.position.map { $0.rawValue >= entry.created } ?? false,
                    "the position does not follow")
                try hold(
                    start.map { $0.rawValue <= entry.created } ?? false,
                    "what stands before the last block is given")
            }
            try hold(progress.next(in: listing).isEmpty, "a listing is never read to its end")
        }
        return given
    }

    @Sendable static func seeds() -> [[UInt8]] {
        func key(_ author: String, _ sequence: UInt64) -> String {
            String(
                decoding: keys.key(author, sequence).dropFirst(keys.entries.count), as: UTF8.self)
        }
        let plain = "\(key("alfa", 1)) 5 5\n\(key("bravo", 1)) 6 6\n\(key("alfa", 2)) 7 7\n"
        let gap =
            "\n\(key("alfa", 4)) 9 9\n\(key("bravo", 2)) 9 9\n\(key("carol", 7)) 10 12\n"
        let arrived = "closing 4\n\(key("alfa", EntryKeys.sequenceMaximum)) 5 5\n"
        let beyond = "closing 4\n\(key("alfa", .max)) 5 5\n\(key("alfa", .max - 1)) 6 6\n"
        return [plain, plain + gap, arrived, beyond, arrived + gap].map { Array($0.utf8) }
            + FuzzWorld.shared.blocks.prefix(4).flatMap { $0.entries.map(\.body) }
    }
}
