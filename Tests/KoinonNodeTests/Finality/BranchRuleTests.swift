import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("Along which branch a member signs")
struct BranchRuleTests {
    private let judges = HeaderChain.members("alfa", "bravo")
    private let key = TestHome.nodeKey(of: "alfa")

    /// Blocks 0 to 5.
    private var headers: [BlockHeader] {
        var chain = HeaderChain(judges)
        return [chain.header] + (1...5).map { _ in chain.next(judges) }
    }

    private func record(
        _ header: BlockHeader, change: (inout GuardRecord) -> Void = { _ in }
    ) -> GuardRecord {
        var record = GuardRecord(
            member: .alfa, nodeKey: key.publicKey, epoch: header.epoch, height: header.height,
            hash: header.hash)
        change(&record)
        return record
    }

    private func rule(_ record: GuardRecord?, on headers: [BlockHeader]) -> BranchRule {
        BranchRule(
            member: .alfa, nodeKey: key.publicKey, record: record, tip: headers.last!
        ) { height in headers.first { $0.height == height } }
    }

    private func other(_ height: UInt64, epoch: UInt64 = 0) -> BlockHeader {
        var header = HeaderChain.header(Height(height), .zero, judges, judges, time: 1_000 + height)
        header.epoch = epoch
        return header
    }

    private func attestation(_ header: BlockHeader) -> Attestation {
        Attestation(
            key.sign(Attestation.body(of: header), as: .attestation), chain: header.chain)!
    }

    @Test func `depends on what its guard holds and on the chain`() {
        let headers = headers
        let later = headers + [other(6, epoch: 1)]
        let cases: [(String, GuardRecord?, [BlockHeader], BranchStanding)] = [
            ("nothing signed yet", .fresh(.alfa, key.publicKey), headers, .attests),
            ("signed below the tip", record(headers[3]), headers, .attests),
            ("signed the tip", record(headers[5]), headers, .attests),
            (
                "signed beyond the tip", record(headers[5]), Array(headers[...3]),
                .catchesUp(to: Height(5))
            ),
            ("another branch", record(other(3)), headers, .follows(.otherBranch(Height(3)))),
            ("another branch, in an earlier epoch", record(other(3)), later, .attests),
            (
                "beyond the tip, in an earlier epoch", record(other(9)), later, .attests
            ),
            (
                "a later epoch than this chain's", record(other(3, epoch: 1)), headers,
                .follows(.otherBranch(Height(3)))
            ),
            ("no guard", nil, headers, .follows(.guardLost)),
            (
                "the guard of another key", .fresh(.alfa, TestHome.key("x").publicKey), headers,
                .follows(.guardLost)
            ),
            (
                "the guard of another member", .fresh(.bravo, key.publicKey), headers,
                .follows(.guardLost)
            ),
            (
                "a barred guard", record(headers[3]) { $0.isBarred = true }, headers,
                .follows(.guardOlder)
            ),
        ]
        for (what, record, headers, expected) in cases {
            #expect(rule(record, on: headers).standing == expected, "\(what)")
        }
    }

    @Test func `is told by the hash alone where headers are not kept`() {
        let headers = headers
        let kept = Array(headers[3...])
        func standing(_ signed: BlockHeader) -> BranchStanding {
            BranchRule(
                member: .alfa, nodeKey: key.publicKey, record: record(signed), tip: headers[5],
                headerAt: { height in kept.first { $0.height == height } },
                hashAt: { headers[Int($0.rawValue)].hash }
            ).standing
        }
        #expect(standing(headers[2]) == .attests)
        #expect(standing(other(2)) == .follows(.otherBranch(Height(2))))
    }

    @Test func `shows when the chain comes to what was signed`() {
        let headers = headers
        for (signed, expected) in [
            (headers[4], BranchStanding.attests), (other(4), .follows(.otherBranch(Height(4)))),
        ] {
            var rule = rule(record(signed), on: Array(headers[...2]))
            rule.reach(headers[3])
            #expect(rule.standing == .catchesUp(to: Height(4)))
            rule.reach(headers[4])
            #expect(rule.standing == expected)
            rule.reach(headers[5])
            #expect(rule.standing == expected)
            // A later epoch is a new beginning for whoever knows what it signed.
            rule.reach(other(6, epoch: 1))
            #expect(rule.standing == .attests)
        }
    }

    @Test func `raises the guard with each new height, and not for those below it`() {
        let headers = headers
        var rule = rule(.fresh(.alfa, key.publicKey), on: headers)
        #expect(rule.sign(headers[2]) == record(headers[2]))
        #expect(rule.sign(headers[1]) == nil)
        #expect(rule.sign(headers[2]) == nil)
        rule.carried(through: Height(2))
        rule.carried(through: Height(1))
        #expect(rule.sign(headers[3])?.carriedThrough == Height(2))
        let next = other(2, epoch: 1)
        #expect(rule.sign(next)?.epoch == 1, "a later epoch is higher, whatever the height")
    }

    @Test func `is barred by a signature of its own that the guard does not know`() {
        let headers = headers
        func seeing(
            _ header: BlockHeader, isOfChain: Bool, from record: GuardRecord? = nil
        ) -> (BranchStanding, GuardRecord?) {
            var rule = rule(record ?? self.record(headers[3]), on: headers)
            let raised = rule.see(attestation(header), isOfChain: isOfChain)
            return (rule.standing, raised)
        }
        #expect(seeing(headers[3], isOfChain: true).0 == .attests)
        #expect(seeing(headers[1], isOfChain: true).0 == .attests)
        for (header, isOfChain) in [
            (headers[4], true), (other(4), false), (other(2), false), (other(3), false),
            (other(1, epoch: 1), false),
        ] {
            let (standing, raised) = seeing(header, isOfChain: isOfChain)
            #expect(standing == .follows(.guardOlder))
            #expect(raised?.isBarred == true)
            #expect(raised?.height == Height(3), "what it held stays")
        }
        // On a lost branch its own old signatures are no news.
        let lost = seeing(other(2), isOfChain: false, from: record(other(3)))
        #expect(lost.0 == .follows(.otherBranch(Height(3))))
        #expect(lost.1 == nil)
    }

    @Test func `stays aside in a later epoch too when the guard is lost`() {
        let headers = headers
        var lost = rule(nil, on: headers)
        #expect(lost.sign(headers[5]) == nil)
        let first = other(6, epoch: 1)
        lost.reach(first)
        #expect(lost.standing == .follows(.guardLost))
        #expect(lost.sign(first) == nil)
    }

    @Test func `takes nothing for carried behind the block on which an epoch began`() throws {
        let headers = headers
        let dropped = record(headers[5]) { $0.carriedThrough = Height(5) }
        let kept = MemoryGuard(dropped)
        try RecoveryGuards { _ in kept }.enter(
            1, at: headers[3], HostedMember(id: .alfa, nodeKey: key))
        #expect(kept.current()?.carriedThrough == Height(3))
        // Nor does whoever did not sign the record.
        var follows = rule(dropped, on: Array(headers[...3]))
        let first = other(4, epoch: 1)
        follows.reach(first)
        #expect(follows.sign(first)?.carriedThrough == Height(3))
    }

    @Test func `is not barred in a later epoch by what it signed before`() {
        let headers = headers
        var rule = rule(record(headers[5]), on: Array(headers[...3]))
        let first = other(4, epoch: 1)
        rule.reach(first)
        #expect(rule.standing == .attests)
        // Somebody carries what it signed under a block that is dropped.
        #expect(rule.see(attestation(headers[4]), isOfChain: false) == nil)
        #expect(rule.standing == .attests)
    }
}
