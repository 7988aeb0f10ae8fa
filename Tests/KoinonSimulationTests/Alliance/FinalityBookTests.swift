import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonSimulation

/// The rules that the simulator holds alliances to, on blocks made by hand.
@Suite("The book of finality") struct FinalityBookTests {
    private let members = MemberSet(
        ["alfa", "bravo", "carla", "delta"].map { Self.entry($0) })

    private static func entry(_ name: String) -> MemberSet.Entry {
        MemberSet.Entry(
            id: MemberID(rawValue: name)!,
            nodeKey: KeyChest.key(Setting.nodeKey(of: name)).publicKey)
    }

    private static func id(_ name: String) -> MemberID { MemberID(rawValue: name)! }

    private func header(
        on parent: BlockHeader?, _ mark: String = "a", time: UInt64 = 0,
        judges: MemberSet? = nil, next: MemberSet? = nil, epoch: UInt64 = 0
    ) -> BlockHeader {
        let judges = judges ?? members
        return BlockHeader(
            chain: ChainID(Array(repeating: 7, count: 32))!, epoch: epoch,
            height: parent?.height.next ?? .genesis, parent: parent?.hash ?? .zero,
            time: Timestamp(milliseconds: time), entriesRoot: .sha256(Array(mark.utf8)),
            transactionsRoot: .zero, receiptsRoot: .zero, stateRoot: .zero, historyRoot: .zero,
            membersHash: judges.hash, nextMembersHash: (next ?? judges).hash, proposer: nil)
    }

    private func book() -> (FinalityBook, BlockHeader) {
        let genesis = header(on: nil)
        return (FinalityBook(genesis: genesis, members: members), genesis)
    }

    private func close(
        _ header: BlockHeader, in book: inout FinalityBook, judges: MemberSet? = nil,
        next: MemberSet? = nil, entries: [FinalityBook.Entry] = [], executed: [Hash256] = []
    ) -> Finding.Kind? {
        let judges = judges ?? members
        return book.close(
            header, judgedBy: judges, next: next ?? judges, entries: entries, executed: executed)?
            .kind
    }

    private func sign(
        _ header: BlockHeader, by names: [String], in book: inout FinalityBook, isBound: Bool = true
    ) -> String? {
        names.compactMap {
            book.sign(
                Self.id($0), with: Self.entry($0).nodeKey, epoch: header.epoch,
                height: header.height.rawValue, header.hash,
                isBound: isBound)
        }.first
    }

    @Test func `wants more than two thirds of the judges`() {
        var (book, genesis) = book()
        let one = header(on: genesis)
        #expect(close(one, in: &book) == nil)
        #expect(sign(one, by: ["alfa", "bravo"], in: &book) == nil)
        #expect(book.claim(one.hash, by: Self.id("alfa")) != nil)
        #expect(sign(one, by: ["xeno"], in: &book) == nil)
        #expect(book.claim(one.hash, by: Self.id("alfa")) != nil)
        #expect(sign(one, by: ["carla"], in: &book) == nil)
        #expect(book.claim(one.hash, by: Self.id("alfa")) == nil)
        #expect(book.highestFinal == 1)
    }

    @Test func `lets no two blocks of one height be final`() {
        var (book, genesis) = book()
        let (one, other) = (header(on: genesis, "a"), header(on: genesis, "b"))
        #expect(close(one, in: &book) == nil && close(other, in: &book) == nil)
        let names = ["alfa", "bravo", "carla", "delta"]
        for block in [one, other] { _ = sign(block, by: names, in: &book, isBound: false) }
        #expect(book.claim(one.hash, by: Self.id("alfa")) == nil)
        #expect(book.claim(other.hash, by: Self.id("bravo")) != nil)
        let second = header(on: other)
        #expect(close(second, in: &book) == nil)
        _ = sign(second, by: names, in: &book, isBound: false)
        #expect(book.claim(second.hash, by: Self.id("bravo")) != nil)
    }

    @Test func `counts no quorum before the block that named its set has its own`() {
        var (book, genesis) = book()
        let fewer = MemberSet([Self.entry("delta")])
        let change = header(on: genesis, next: fewer)
        let after = header(on: change, judges: fewer)
        #expect(close(change, in: &book, next: fewer) == nil)
        #expect(close(after, in: &book, judges: fewer) == nil)
        #expect(sign(after, by: ["delta"], in: &book, isBound: false) == nil)
        #expect(book.claim(after.hash, by: Self.id("alfa")) != nil)
        #expect(sign(change, by: ["alfa", "bravo", "carla"], in: &book) == nil)
        #expect(book.claim(after.hash, by: Self.id("alfa")) == nil)
    }

    @Test func `lets an honest member sign along one branch, and not past an open change`() {
        var (book, genesis) = book()
        let (one, other) = (header(on: genesis, "a"), header(on: genesis, "b"))
        let (two, beside) = (header(on: one), header(on: other))
        let wider = MemberSet(members.members + [Self.entry("xeno")])
        let change = header(on: two, next: wider)
        let after = header(on: change, judges: wider)
        for block in [one, other, two, beside] { #expect(close(block, in: &book) == nil) }
        #expect(close(change, in: &book, next: wider) == nil)
        #expect(close(after, in: &book, judges: wider) == nil)
        #expect(sign(one, by: ["alfa", "alfa"], in: &book) == nil)
        #expect(sign(other, by: ["alfa"], in: &book) != nil)
        #expect(sign(beside, by: ["alfa"], in: &book) != nil)
        #expect(sign(beside, by: ["bravo"], in: &book) == nil)
        #expect(sign(one, by: ["bravo"], in: &book) != nil)
        #expect(sign(two, by: ["carla"], in: &book) == nil)
        #expect(sign(after, by: ["carla"], in: &book) != nil)
        #expect(sign(change, by: ["carla", "delta", "echo"], in: &book) == nil)
        #expect(sign(change, by: ["alfa"], in: &book, isBound: false) == nil)
        #expect(sign(after, by: ["delta"], in: &book) == nil)
    }

    @Test func `reckons time, sequences and what was executed again`() {
        func entry(_ name: String, _ sequence: UInt64, clock: UInt64, isVoid: Bool = false)
            -> FinalityBook.Entry
        {
            FinalityBook.Entry(
                author: Self.id(name), key: Self.entry(name).nodeKey, sequence: sequence,
                clockMs: clock, isVoid: isVoid,
                contradictors: [])
        }
        var (book, genesis) = book()
        let clocks = [entry("alfa", 1, clock: 10), entry("bravo", 1, clock: 20)]
        let transaction = Hash256.sha256([1])
        #expect(close(header(on: genesis, time: 0), in: &book, entries: clocks) == .time)
        let one = header(on: genesis, time: 10)
        #expect(close(one, in: &book, entries: clocks, executed: [transaction]) == nil)
        #expect(
            close(header(on: one, time: 10), in: &book, entries: [entry("alfa", 3, clock: 10)])
                == .block)
        // A void entry uses its sequence and states nothing.
        let void = [entry("carla", 1, clock: 90, isVoid: true), entry("alfa", 2, clock: 30)]
        let two = header(on: one, time: 20)
        #expect(close(two, in: &book, entries: void) == nil)
        #expect(
            close(header(on: two, time: 20), in: &book, executed: [transaction]) == .once)
        // On another branch it has its place once more.
        let beside = header(on: genesis, "b", time: 0)
        #expect(close(beside, in: &book, executed: [transaction]) == nil)
    }

    @Test func `bounds block time by sound clocks, whatever the others state`() {
        func wrong(
            _ time: UInt64, after before: UInt64 = 0, by clocks: [UInt64], of count: Int
        ) -> Bool {
            FinalityBook.whyUnbound(
                Timestamp(milliseconds: time), after: Timestamp(milliseconds: before),
                by: clocks, of: count) != nil
        }
        // With the fourth clock behind all others the median is 11, ahead of them 12.
        #expect([9, 10, 11, 12, 13].filter { !wrong($0, by: [10, 12, 11], of: 4) } == [11, 12])
        #expect([9, 10, 11, 12, 13].filter { !wrong($0, by: [10, 12, 11, 12], of: 4) } == [12])
        // Two false ones may put it ahead; it stays there, and is still not behind.
        #expect(!wrong(90, by: [10, 11], of: 4) && wrong(9, by: [10, 11], of: 4))
        #expect(!wrong(90, after: 90, by: [10, 11, 12], of: 4))
        #expect(wrong(91, after: 90, by: [10, 11, 12], of: 4))
        #expect(wrong(89, after: 90, by: [], of: 4), "it never goes back")
    }

    @Test func `moves block time by the median of all clocks, and never back`() {
        func clocks(_ milliseconds: [UInt64], _ sequence: UInt64) -> [FinalityBook.Entry] {
            zip(["alfa", "bravo", "carla", "delta"], milliseconds).map { name, clock in
                FinalityBook.Entry(
                    author: Self.id(name), key: Self.entry(name).nodeKey, sequence: sequence,
                    clockMs: clock, isVoid: false, contradictors: [])
            }
        }
        var (book, genesis) = book()
        let ahead = clocks([10, 11, 12, 90], 1)
        #expect(close(header(on: genesis, time: 90), in: &book, entries: ahead) == .time)
        #expect(close(header(on: genesis, time: 11), in: &book, entries: ahead) == .time)
        let one = header(on: genesis, time: 12)
        #expect(close(one, in: &book, entries: ahead) == nil)
        let behind = clocks([10, 11, 12, 0], 2)
        #expect(close(header(on: one, time: 11), in: &book, entries: behind) == .time)
        #expect(close(header(on: one, time: 12), in: &book, entries: behind) == nil)
    }

    @Test func `counts no signature of who contradicted himself before`() {
        var (book, genesis) = book()
        let one = header(on: genesis)
        let key = Self.entry("delta").nodeKey
        let shown = FinalityBook.Entry(
            author: Self.id("alfa"), key: Self.entry("alfa").nodeKey, sequence: 1, clockMs: 0,
            isVoid: false, contradictors: [key])
        #expect(close(one, in: &book, entries: [shown]) == nil)
        let two = header(on: one)
        #expect(close(two, in: &book) == nil)
        for block in [one, two] {
            _ = sign(block, by: ["alfa", "bravo", "delta"], in: &book, isBound: false)
        }
        #expect(book.claim(two.hash, by: Self.id("alfa")) != nil)
        #expect(book.claim(one.hash, by: Self.id("alfa")) == nil)
    }

    @Test func `goes on in an epoch from its base, which the record makes final`() {
        var (book, genesis) = book()
        let wider = MemberSet(members.members + [Self.entry("xeno")])
        let (base, other) = (header(on: genesis, next: wider), header(on: genesis, "b"))
        #expect(close(base, in: &book, next: wider) == nil && close(other, in: &book) == nil)
        #expect(sign(other, by: ["alfa"], in: &book) == nil)
        // Only then does a later epoch begin.
        let early = header(on: base, judges: wider, epoch: 1)
        #expect(close(early, in: &book, judges: wider) == .block)
        #expect(book.begin(1, on: base.hash) == nil)
        #expect(book.highestFinal == 1)
        #expect(book.claim(other.hash, by: Self.id("alfa")) != nil)
        let old = header(on: base, judges: wider)
        #expect(close(old, in: &book, judges: wider) == .block)
        #expect(close(early, in: &book, judges: wider) == nil)
        // Nobody is held to what it signed in the epoch before, and nobody signs there any more.
        #expect(sign(early, by: ["alfa", "bravo", "carla", "delta"], in: &book) == nil)
        #expect(sign(base, by: ["bravo"], in: &book) != nil)
        #expect(book.claim(early.hash, by: Self.id("alfa")) == nil)
        #expect(book.begin(2, on: other.hash) != nil, "it would undo what is final")
    }

    @Test func `holds a member to one branch with each node key, and hears only its last`() {
        var (book, genesis) = book()
        let new = KeyChest.key("another").publicKey
        let renewed = MemberSet(
            members.members.filter { $0.id != Self.id("alfa") }
                + [MemberSet.Entry(id: Self.id("alfa"), nodeKey: new)])
        let (one, other) = (header(on: genesis, "a"), header(on: genesis, next: renewed))
        let two = header(on: other, judges: renewed)
        #expect(close(one, in: &book) == nil && close(other, in: &book, next: renewed) == nil)
        // With alfa's clock, too, block time would be 90.
        let entries = ["alfa", "bravo"].map {
            FinalityBook.Entry(
                author: Self.id($0), key: Self.entry($0).nodeKey, sequence: 1, clockMs: 90,
                isVoid: false, contradictors: [])
        }
        #expect(close(two, in: &book, judges: renewed, entries: entries) == nil)
        #expect(sign(one, by: ["alfa"], in: &book) == nil)
        #expect(sign(other, by: ["bravo", "carla", "delta"], in: &book) == nil)
        func signs(with key: PublicKey) -> String? {
            book.sign(Self.id("alfa"), with: key, epoch: 0, height: 2, two.hash, isBound: true)
        }
        #expect(signs(with: Self.entry("alfa").nodeKey) != nil)
        #expect(sign(two, by: ["bravo", "carla"], in: &book) == nil)
        #expect(book.claim(two.hash, by: Self.id("bravo")) != nil, "a former key judges nothing")
        #expect(signs(with: new) == nil)
        #expect(book.claim(two.hash, by: Self.id("bravo")) == nil)
    }
}
