import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A recovery's rule")
struct ConvictionTests {
    /// Two branches of three blocks each behind a common one: 0 – 1 – a2 a3 a4, b2 b3 b4.
    private struct Branches {
        let members = HeaderChain.members("alfa", "bravo", "carol", "delta")
        var tree = BlockTree()
        var a: [BlockHeader] = []
        var b: [BlockHeader] = []

        init() {
            let root = HeaderChain.header(.genesis, .zero, members, members, time: 0)
            let one = HeaderChain.header(Height(1), root.hash, members, members, time: 1)
            for branch in [UInt64(10), 20] {
                var headers = [root, one]
                for height in UInt64(2)...4 {
                    headers.append(
                        HeaderChain.header(
                            Height(height), headers[headers.count - 1].hash, members, members,
                            time: branch + height))
                }
                for header in headers { tree.insert(header) }
                if branch == 10 { a = headers } else { b = headers }
            }
        }

        func recovery(
            _ tips: [String: BlockHeader?], attested: [(String, BlockHeader)] = [],
            finals: [(UInt64, BlockHeader)] = [], closes: UInt64 = 0,
            later: [String: BlockHeader] = [:], twice: [String] = []
        ) -> RecoveryCase {
            let statements = tips.sorted { $0.key < $1.key }.map { name, tip in
                var position = StatedPosition(
                    member: MemberID(rawValue: name)!, key: key(name), since: 0, tips: [:])
                position.tips[0] = tip.map { BlockPoint($0) }
                position.tips[1] = later[name].map { BlockPoint($0) }
                return position
            }
            return RecoveryCase(
                closes: closes, tree: tree, sets: [members.hash: members],
                statements: statements,
                attested: Set(
                    attested.map {
                        AttestedPoint(key: key($0.0), epoch: 0, block: BlockPoint($0.1))
                    }),
                finals: Set(
                    (finals + [(0, a[0])]).map {
                        ShownFinal(epoch: $0.0, block: BlockPoint($0.1))
                    }), statedTwice: Set(twice.map { key($0) }))
        }

        func key(_ name: String) -> PublicKey { TestHome.nodeKey(of: name).publicKey }
    }

    private let branches = Branches()

    @Test func `convicts of two blocks, two branches, hidden blocks and two statements`() {
        let (a, b) = (branches.a, branches.b)
        let alfa = branches.key("alfa")
        func conviction(
            _ tip: BlockHeader?, _ attested: [BlockHeader], twice: [String] = []
        ) -> Conviction? {
            branches.recovery(
                ["alfa": tip], attested: attested.map { ("alfa", $0) }, twice: twice
            ).convictions[alfa]
        }
        #expect(conviction(a[4], [a[1], a[2], a[3], a[4]]) == nil)
        #expect(conviction(a[4], []) == nil)
        guard case .twoBlocks? = conviction(a[4], [a[3], b[3]]),
            case .twoBranches? = conviction(a[4], [a[4], b[3]]),
            case .twoBranches? = conviction(a[4], [b[2], a[3]]),
            case .uncovered? = conviction(a[3], [a[4]]),
            case .uncovered? = conviction(a[3], [b[2]]),
            case .uncovered? = conviction(nil, [a[1]])
        else {
            Issue.record("a liar is not convicted")
            return
        }
        #expect(conviction(a[4], [a[4]], twice: ["alfa"]) == .twoStatements)
    }

    @Test func `keeps what only a silent member could have made final`() {
        let (a, b) = (branches.a, branches.b)
        func outcome(_ tips: [String: BlockHeader?], _ more: [(String, BlockHeader)] = [])
            -> BaseDecision.Outcome
        {
            MayBeFinalRule().decide(branches.recovery(tips, attested: more)).outcome
        }
        #expect(outcome(["alfa": a[2], "bravo": a[3], "carol": a[4]]) == .base(a[4]))
        #expect(
            outcome(["alfa": a[2], "bravo": a[3], "carol": a[4], "delta": a[1]]) == .base(a[3]))
        #expect(
            outcome(["alfa": a[1], "bravo": a[1], "carol": a[1], "delta": a[1]]) == .base(a[1]))
        guard
            case .conflict(let tops, let settling) = outcome([
                "alfa": a[4], "bravo": a[4], "carol": b[4],
            ])
        else {
            Issue.record("it is decided")
            return
        }
        #expect(Set(tops) == [a[4], b[4]])
        #expect(settling.missing.map(\.rawValue) == ["delta"])
        #expect(settling.atLeast == 1 && settling.surely == nil)
        // Two and two: nobody is left who could settle it.
        guard
            case .conflict(_, let none) = outcome([
                "alfa": a[4], "bravo": a[4], "carol": b[4], "delta": b[4],
            ])
        else {
            Issue.record("it is decided")
            return
        }
        #expect(none.missing.isEmpty && none.atLeast == nil)
        // Unless one of them is caught with both.
        #expect(
            outcome(
                ["alfa": a[4], "bravo": a[4], "carol": b[4], "delta": b[4]],
                [("delta", a[4]), ("delta", b[4])]) == .base(a[4]))
    }

    /// One member may have attested a block in one epoch, and voted for another's base.
    @Test func `foretells nothing where the blocks may be final in different epochs`() {
        let (a, b) = (branches.a, branches.b)
        func outcome(
            _ tips: [String: BlockHeader?], later: [String: BlockHeader]
        ) -> BaseDecision.Outcome {
            var recovery = branches.recovery(tips, closes: 1, later: later)
            recovery.voted[1] = [b[4].hash]
            return MayBeFinalRule().decide(recovery).outcome
        }
        let tips: [String: BlockHeader?] = ["bravo": a[4], "carol": a[1], "delta": b[4]]
        guard case .conflict(let tops, let settling) = outcome(tips, later: ["delta": b[4]])
        else {
            Issue.record("it is decided")
            return
        }
        #expect(Set(tops) == [a[4], b[4]])
        #expect(settling.missing == [.alfa])
        #expect(settling.atLeast == nil && settling.surely == nil)
        let all = tips.merging(["alfa": a[4]]) { tip, _ in tip }
        guard case .conflict = outcome(all, later: ["alfa": b[4], "delta": b[4]]) else {
            Issue.record("one statement more settles it, whatever it says")
            return
        }
    }

    @Test func `lets a later epoch decide, but not over a quorum that is shown`() {
        let (a, b) = (branches.a, branches.b)
        let tips: [String: BlockHeader?] = ["alfa": a[4], "bravo": a[4], "carol": a[4]]
        let record = ["alfa": a[2], "bravo": a[2]]
        #expect(
            MayBeFinalRule().decide(
                branches.recovery(tips, closes: 1, later: record)
            ).outcome == .base(a[2]))
        guard
            case .conflict(let tops, _) = MayBeFinalRule().decide(
                branches.recovery(tips, finals: [(0, a[4])], closes: 1, later: record)
            ).outcome
        else {
            Issue.record("a final block is undone without a word")
            return
        }
        #expect(Set(tops) == [a[2], a[4]])
        // Its record was shown with its quorums: what was final before is undone, and named.
        let decision = MayBeFinalRule().decide(
            branches.recovery(
                tips, finals: [(0, a[4]), (1, a[2])], closes: 1, later: record))
        #expect(decision.outcome == .base(a[2]))
        #expect(decision.undone == [a[4]])
        guard
            case .brokenPromise = MayBeFinalRule().decide(
                branches.recovery(tips, finals: [(0, a[4]), (0, b[4])])
            ).outcome
        else {
            Issue.record("two quorums contradict each other")
            return
        }
    }
}
