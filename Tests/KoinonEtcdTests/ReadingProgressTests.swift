import KoinonLedger
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
        Listing(revision: 100, entries: entries)
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
        var progress = ReadingProgress(after: .start)
        let listing = listing(
            entry("alfa", 1, created: 7), entry("alfa", 2, created: 5),
            entry("bravo", 1, created: 6), entry("carol", 1, created: 5))
        #expect(take(listing, &progress) == ["alfa 2", "carol 1", "bravo 1", "alfa 1"])
        #expect(progress.position?.rawValue == 7)
    }

    @Test("gives nothing twice, though it is listed twice")
    func once() {
        var progress = ReadingProgress(after: .start)
        #expect(take(listing(entry("alfa", 1, created: 5)), &progress) == ["alfa 1"])
        let again = listing(entry("alfa", 1, created: 5), entry("bravo", 1, created: 5))
        #expect(take(again, &progress) == ["bravo 1"])
        #expect(take(again, &progress) == [])
    }

    @Test("goes on behind the last place taken, whatever sequences count")
    func place() {
        var progress = ReadingProgress(after: OrderPosition(rawValue: 5))
        let listing = listing(
            entry("bravo", 1, created: 5), entry("alfa", 2, created: 6),
            entry("bravo", 2, created: 4))
        // Of that revision nobody knows how much was taken.
        #expect(take(listing, &progress) == ["bravo 1", "alfa 2"])
        #expect(take(listing, &progress) == [])
    }

    @Test("goes on behind the entry that closed the last block, for who has the blocks of others")
    func arrival() throws {
        let (alfa, bravo) = try (
            #require(MemberID(rawValue: "alfa")), #require(MemberID(rawValue: "bravo"))
        )
        var progress = ReadingProgress(after: nil)
        progress.take(
            SettledOrder(
                height: Height(9), closing: EntrySlot(author: alfa, sequence: 4),
                sequences: [alfa: 4, bravo: 2], members: [alfa, bravo]))
        #expect(progress.sought == EntrySlot(author: alfa, sequence: 4))
        #expect(progress.lanes == ["alfa": 4, "bravo": 2])
        var listing = listing(
            // Out of turn: whoever was there passed over it, and so does who was not.
            entry("alfa", 5, created: 18), entry("bravo", 3, created: 19),
            entry("alfa", 6, created: 22), entry("bravo", 5, created: 21))
        var isFound = progress.locate(in: listing)
        #expect(!isFound)
        #expect(progress.next(in: listing) == [])
        listing.closing = entry("alfa", 4, created: 20)
        isFound = progress.locate(in: listing)
        #expect(isFound && progress.sought == nil)
        #expect(take(listing, &progress) == ["bravo 5", "alfa 6"])
        #expect(take(listing, &progress) == [])
        // Where the order begins there is no such entry.
        var first = ReadingProgress(after: nil)
        isFound = first.locate(in: listing)
        #expect(isFound)
        #expect(take(listing, &first) == ["alfa 5", "bravo 3", "bravo 5", "alfa 6"])
    }

    @Test("gives what was taken away and written anew at its new place")
    func anew() {
        var progress = ReadingProgress(after: .start)
        let turned = listing(entry("alfa", 1, created: 5), entry("alfa", 3, created: 6))
        #expect(take(turned, &progress) == ["alfa 1", "alfa 3"])
        let anew = listing(
            entry("alfa", 1, created: 5), entry("alfa", 2, created: 7),
            entry("alfa", 3, created: 8))
        #expect(take(anew, &progress) == ["alfa 2", "alfa 3"])
    }

    @Test("names the first missing sequence of each author, until it is accepted or comes")
    func gaps() {
        var progress = ReadingProgress(after: .start)
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
    }

    @Test("asks no more for what the ledger has settled")
    func settled() throws {
        let alfa = try #require(MemberID(rawValue: "alfa"))
        var progress = ReadingProgress(after: .start)
        let holed = listing(entry("alfa", 2, created: 5))
        progress.accept(progress.gaps(in: holed))
        #expect(progress.gaps(in: holed) == [])
        progress.take(SettledOrder(sequences: [alfa: 2]))
        #expect(progress.lanes == ["alfa": 2])
        #expect(
            progress.gaps(in: listing(entry("alfa", 5, created: 9)))
                == [SequenceGap(author: "alfa", missing: 3)])
    }

    @Test("lacks blocks once more members than may lie say that their entries may be gone")
    func trimmed() throws {
        let members = try ["alfa", "bravo", "carol", "delta"].map {
            try #require(MemberID(rawValue: $0))
        }
        let stranger = try #require(MemberID(rawValue: "eve"))
        var progress = ReadingProgress(after: .start)
        progress.take(SettledOrder(height: Height(5), members: members))
        var listing = Listing(revision: 9)
        listing.marks.heights = [members[0]: Height(900), stranger: Height(800)]
        #expect(progress.lacks(in: listing) == nil)
        listing.marks.heights[members[1]] = Height(5)
        #expect(progress.lacks(in: listing) == nil)
        listing.marks.heights[members[1]] = Height(6)
        #expect(progress.lacks(in: listing) == Height(6))
        // To delete takes a quorum.
        #expect(listing.marks.agreed(among: members) == .genesis)
        listing.marks.heights[members[2]] = Height(8)
        #expect(listing.marks.agreed(among: members) == Height(6))
        #expect(listing.marks.certain(among: members) == Height(8))
        progress.take(SettledOrder(height: Height(8), members: members))
        #expect(progress.lacks(in: listing) == nil)
        // Nobody may lie among three; each of them has to agree.
        let three = Array(members.prefix(3))
        #expect(listing.marks.certain(among: three) == Height(900))
        #expect(listing.marks.agreed(among: three) == Height(6))
    }
}

@Suite("keys of entries") struct EntryKeysTests {
    private let keys = EntryKeys(chain: ChainID(Array(repeating: 7, count: 32))!, epoch: 3)

    @Test("name author and sequence, in the order of sequences")
    func places() {
        let key = keys.key("alfa", 12)
        #expect(
            String(decoding: key, as: UTF8.self).hasSuffix(
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

    @Test(
        "without some authors' leave out theirs and nobody else's",
        arguments: [
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
        #expect(keys.place(of: keys.mark(of: "alfa")) == nil)
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
        let key = keys.mark(of: "alfa")
        func mark(_ value: String) -> Height? {
            keys.mark(in: Array(value.utf8), at: key)?.height
        }
        #expect(mark(keys.mark(at: Height(42))) == Height(42))
        #expect(mark(before.mark(at: Height(42))) == nil)
        for value in ["42", "3/", "3/x", "/42", "3/4/2", ""] {
            #expect(mark(value) == nil, "\(value)")
        }
        #expect(keys.mark(in: Array("3/42".utf8), at: keys.mark(of: "Alfa")) == nil)
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
