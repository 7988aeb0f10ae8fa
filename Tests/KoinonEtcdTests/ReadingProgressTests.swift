import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonEtcd

@Suite("the order that listings give") struct ReadingProgressTests {
    private func entry(
        _ author: String, _ sequence: UInt64, created: UInt64, modified: UInt64? = nil
    ) -> ListedEntry {
        ListedEntry(
            key: Array("\(author)/\(sequence)".utf8), author: author, sequence: sequence,
            created: created, modified: modified ?? created)
    }

    private func listing(_ entries: ListedEntry...) -> Listing {
        Listing(revision: 100, trimmed: 0, entries: entries)
    }

    /// Author and sequence of what comes next, which is taken.
    private func take(_ listing: Listing, _ progress: inout ReadingProgress) -> [String] {
        progress.next(in: listing).map { entry in
            progress.take(entry)
            return "\(entry.author) \(entry.sequence)"
        }
    }

    @Test("is that of the creating revisions, and of keys within one revision")
    func order() {
        var progress = ReadingProgress(OrderCursor())
        let listing = listing(
            entry("alfa", 1, created: 7), entry("alfa", 2, created: 5),
            entry("bravo", 1, created: 6), entry("carol", 1, created: 5))
        #expect(take(listing, &progress) == ["alfa 2", "carol 1", "bravo 1", "alfa 1"])
        #expect(progress.position.rawValue == 7)
    }

    @Test("gives nothing twice, though it is listed twice")
    func once() {
        var progress = ReadingProgress(OrderCursor())
        #expect(take(listing(entry("alfa", 1, created: 5)), &progress) == ["alfa 1"])
        let again = listing(entry("alfa", 1, created: 5), entry("bravo", 1, created: 5))
        #expect(take(again, &progress) == ["bravo 1"])
        #expect(take(again, &progress) == [])
    }

    @Test("goes on behind the cursor")
    func cursor() throws {
        let alfa = try #require(MemberID(rawValue: "alfa"))
        var progress = ReadingProgress(
            OrderCursor(position: OrderPosition(rawValue: 5), sequences: [alfa: 1]))
        let listing = listing(
            entry("bravo", 1, created: 5), entry("alfa", 2, created: 6),
            entry("bravo", 2, created: 4))
        // Of the cursor's own revision nobody knows how much was taken.
        #expect(take(listing, &progress) == ["bravo 1", "alfa 2"])
        #expect(progress.lanes["alfa"] == 2)
    }

    @Test("names the first missing sequence of each author, until it is accepted or comes")
    func gaps() {
        var progress = ReadingProgress(OrderCursor())
        let holed = listing(
            entry("alfa", 1, created: 5), entry("alfa", 3, created: 6),
            entry("alfa", 6, created: 7), entry("bravo", 2, created: 8))
        let gaps = [
            SequenceGap(author: "alfa", missing: 2), SequenceGap(author: "bravo", missing: 1),
        ]
        #expect(progress.gaps(in: holed) == gaps)
        progress.accept(gaps)
        #expect(progress.gaps(in: holed) == [])
        #expect(take(holed, &progress) == ["alfa 1", "alfa 3", "alfa 6", "bravo 2"])
        // What stands behind a gap is listed again and again, and is no news.
        #expect(progress.gaps(in: holed) == [])
        let filled = listing(
            entry("alfa", 2, created: 9), entry("alfa", 3, created: 6),
            entry("alfa", 6, created: 7))
        #expect(take(filled, &progress) == ["alfa 2"])
        #expect(progress.lanes["alfa"] == 2)
    }

    @Test("takes nothing for missing that a new author wrote before the order was trimmed")
    func newAuthor() {
        var progress = ReadingProgress(OrderCursor(position: OrderPosition(rawValue: 50)))
        progress.add("alfa")
        var listing = listing(entry("alfa", 8, created: 60), entry("alfa", 9, created: 61))
        listing.trimmed = 40
        progress.begin(with: listing)
        #expect(progress.gaps(in: listing) == [])
        #expect(take(listing, &progress) == ["alfa 8", "alfa 9"])
        #expect(progress.lanes["alfa"] == 9)
        listing.entries = [entry("alfa", 11, created: 62)]
        #expect(progress.gaps(in: listing) == [SequenceGap(author: "alfa", missing: 10)])
    }

    @Test("is behind once entries beyond it may be gone")
    func trimmed() {
        var progress = ReadingProgress(OrderCursor())
        _ = take(listing(entry("alfa", 1, created: 5)), &progress)
        #expect(!progress.isBehind(Listing(revision: 9, trimmed: 5, entries: [])))
        #expect(progress.isBehind(Listing(revision: 9, trimmed: 6, entries: [])))
        // Right at the mark what is missing was trimmed; later it is a gap.
        var holed = listing(entry("alfa", 3, created: 6))
        #expect(!progress.isBehind(holed))
        holed.trimmed = 5
        #expect(progress.isBehind(holed))
        holed.trimmed = 4
        #expect(!progress.isBehind(holed))
    }
}

extension ReadingProgressTests {
    @Test("holds what stands before the mark and did not come by blocks")
    func arrival() throws {
        let alfa = try #require(MemberID(rawValue: "alfa"))
        let bravo = try #require(MemberID(rawValue: "bravo"))
        var progress = ReadingProgress(
            OrderCursor(position: OrderPosition(rawValue: 20), sequences: [alfa: 4, bravo: 2]))
        // Somebody has raised the mark above what is final: nothing is missing for that.
        var listing = listing(
            entry("alfa", 5, created: 18), entry("alfa", 6, created: 22),
            entry("bravo", 3, created: 19))
        listing.trimmed = 20
        progress.begin(with: listing)
        #expect(!progress.isBehind(listing))
        #expect(take(listing, &progress) == ["alfa 5", "bravo 3", "alfa 6"])
        #expect(!progress.isBehind(listing))
        #expect(take(listing, &progress) == [])
        // Once, as readers who were there had it: its place counts, not its sequence.
        var early = ReadingProgress(
            OrderCursor(position: OrderPosition(rawValue: 20), sequences: [alfa: 4]))
        let turned = Listing(
            revision: 100, trimmed: 20,
            entries: [entry("alfa", 5, created: 19), entry("alfa", 6, created: 18)])
        early.begin(with: turned)
        #expect(take(turned, &early) == ["alfa 6", "alfa 5"])
        #expect(take(turned, &early) == [])
        // What is gone has to come by blocks.
        var other = ReadingProgress(
            OrderCursor(position: OrderPosition(rawValue: 20), sequences: [alfa: 3, bravo: 2]))
        other.begin(with: listing)
        #expect(other.isBehind(listing))
    }
}

@Suite("keys of entries") struct EntryKeysTests {
    private let keys = EntryKeys(chain: ChainID(Array(repeating: 7, count: 32))!, epoch: 3)

    @Test("name author and sequence, in the order of sequences")
    func places() {
        let key = keys.key("alfa", 12)
        #expect(String(decoding: key, as: UTF8.self).hasSuffix(
                "/alfa/00000000000000000003/00000000000000000012"))
        #expect(keys.place(of: key)?.author == "alfa")
        #expect(keys.place(of: key)?.sequence == 12)
        #expect(key.lexicographicallyPrecedes(keys.key("alfa", 100)))
    }

    @Test("of one author are no other's")
    func lanes() {
        for other in ["alf", "alfa-b", "alfa.b", "alfa0"] {
            let key = keys.key(other, 1)
            let lane = keys.lane(of: "alfa")
            #expect(
                key.lexicographicallyPrecedes(lane)
                    || !key.lexicographicallyPrecedes(EntryKeys.end(of: lane)))
        }
    }

    @Test("without some authors' leave out theirs and nobody else's", arguments: [
        [], ["alfa"], ["carol", "alfa"],
    ])
    func ranges(authors: [String]) {
        let ranges = keys.rangesWithout(authors)
        for author in ["alf", "alfa", "alfa-b", "alfa0", "bravo", "carol", "dora"] {
            let key = keys.key(author, 1)
            let found = ranges.count { range in
                !key.lexicographicallyPrecedes(range.start)
                    && key.lexicographicallyPrecedes(range.end)
            }
            #expect(found == (authors.contains(author) ? 0 : 1), "\(author)")
        }
    }

    @Test("of another form are none")
    func others() {
        let (epoch, sequence) = ("00000000000000000003", "00000000000000000001")
        for key in [
            "alfa/\(epoch)/1", "Alfa/\(epoch)/\(sequence)", "alfa", "alfa/\(epoch)",
            "alfa/\(epoch)/0000000000000000000x", "alfa/\(sequence)", "alfa/3/\(sequence)",
            "alfa/\(epoch)/\(sequence)/1",
        ] {
            #expect(keys.place(of: keys.entries + Array(key.utf8)) == nil, "\(key)")
        }
        #expect(keys.place(of: keys.trimmed) == nil)
        // Behind the last one no other could be counted.
        let last = EntryKeys.sequenceMaximum
        #expect(keys.place(of: keys.key("alfa", last))?.sequence == last)
        for beyond in [last + 1, .max] {
            #expect(keys.place(of: keys.key("alfa", beyond)) == nil)
        }
    }

    @Test("of epochs that are over come before, and are none of this one")
    func epochs() {
        let before = EntryKeys(chain: ChainID(Array(repeating: 7, count: 32))!, epoch: 2)
        let old = before.key("alfa", EntryKeys.sequenceMaximum)
        #expect(keys.place(of: old) == nil)
        #expect(keys.author(of: old) == "alfa")
        #expect(old.lexicographicallyPrecedes(keys.key("alfa", 1)))
        #expect(keys.revision(ofMark: Array(keys.mark(at: 42).utf8)) == 42)
        #expect(keys.revision(ofMark: Array(before.mark(at: 42).utf8)) == nil)
        for mark in ["42", "3/", "3/x", "/42", "3/4/2", ""] {
            #expect(keys.revision(ofMark: Array(mark.utf8)) == nil, "\(mark)")
        }
    }

    @Test("fit what a body says; its last value counts, as in protobuf")
    func bodies() {
        var body = EntryBody()
        body.author = "alfa"
        body.sequence = 300
        body.clockMs = 5
        #expect(EntryPlace.of(body.encoded)?.author == "alfa")
        #expect(EntryPlace.of(body.encoded)?.sequence == 300)
        #expect(EntryPlace.of(body.encoded + [0x20, 7])?.sequence == 7)
        #expect(EntryPlace.of(Array(body.encoded.dropLast())) == nil)
        #expect(
            EntryPlace.of([0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]) == nil)
        #expect(EntryPlace.of([]) == nil)
    }
}
