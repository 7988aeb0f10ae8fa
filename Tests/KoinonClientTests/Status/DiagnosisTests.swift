import Foundation
import Testing

@testable import KoinonClient

/// What is said about each way in which an alliance may stand still, and what to do.
@Suite("The diagnosis of an alliance")
struct DiagnosisTests {
    private static let now: UInt64 = 1_772_409_600_000

    private static func time(_ ms: UInt64) -> AnsweredTime {
        AnsweredTime(ms: ms, text: "at \(ms)")
    }

    /// One of four nodes of an alliance in which all is well at block 1,000.
    private static func node(_ member: String) -> NodeStatus {
        NodeStatus(
            chain: "c0", alliance: "Harbour", height: 1_000, finalHeight: 999,
            time: time(now - 500), now: time(now), hosts: [member], pool: 3, poolLimit: 1_000,
            poolPercent: 1,
            blockHash: "b1000", finalHash: "b999", members: 4, quorum: 3,
            memberStates: ["alfa", "bravo", "carol", "delta"].map {
                NodeStatus.MemberState(
                    id: $0, attested: 999, hasSignedNext: $0 == member, sequence: 70,
                    clock: time(now - 600), silent: nil)
            },
            openSince: time(now - 500), openChange: nil,
            engine: .init(name: "etcd", faults: []),
            disk: .init(freeBytes: 50 << 30, ledgerBytes: 1 << 30),
            certificateEnds: time(now + 90 * 86_400_000), baseHeight: 0)
    }

    private static func alliance(
        _ change: (inout [String: NodeStatus]) -> Void = { _ in }, silent: [String] = []
    ) -> Diagnosis {
        var nodes: [String: NodeStatus] = [:]
        for name in ["alfa", "bravo", "carol", "delta"] { nodes[name] = node(name) }
        change(&nodes)
        return Diagnosis(
            nodes.sorted { $0.key < $1.key }.map { name, status in
                NodeObservation(
                    address: "http://\(name)",
                    status: silent.contains(name)
                        ? .failure(NodeSilence(reason: "nobody listens there")) : .success(status))
            })
    }

    private static func all(
        _ nodes: inout [String: NodeStatus], _ change: (inout NodeStatus) -> Void
    ) {
        for name in nodes.keys.sorted() { change(&nodes[name]!) }
    }

    /// Blocks since 900 are not final, signed by these.
    private static func stalled(
        _ nodes: inout [String: NodeStatus], at final: UInt64 = 900, signedBy: [String]
    ) {
        all(&nodes) { status in
            status.finalHeight = final
            status.finalHash = "b\(final)"
            status.openSince = time(now - 60_000)
            for index in status.memberStates!.indices {
                let has = signedBy.contains(status.memberStates![index].id)
                status.memberStates![index].hasSignedNext = has
                status.memberStates![index].attested = has ? status.height : final
            }
        }
    }

    @Test func `is silent when all is well`() {
        let diagnosis = Self.alliance()
        #expect(diagnosis.findings == [] && diagnosis.isWell && diagnosis.worst == nil)
    }

    @Test func `names a node that does not answer, and that nothing stands still`() {
        let diagnosis = Self.alliance(silent: ["carol"])
        #expect(diagnosis.findings.map(\.code) == ["nodeSilent"])
        #expect(diagnosis.findings[0].subject == "http://carol")
        #expect(diagnosis.findings[0].what.contains("nobody listens there"))
        #expect(diagnosis.findings[0].remedy.contains("koinon node"))
        #expect(diagnosis.worst == .warning)
    }

    @Test func `says how many are missing for a quorum, and who`() {
        let diagnosis = Self.alliance({ Self.stalled(&$0, signedBy: ["alfa", "delta"]) })
        let finding = diagnosis.findings.first { $0.code == "quorumMissing" }
        #expect(finding?.severity == .stall)
        #expect(
            finding?.what.contains("2 of 4 members have signed block 901, 3 are needed") == true)
        #expect(finding?.what.contains("100 blocks wait to become final, for 60 s") == true)
        #expect(finding?.remedy == "bring back 1 of bravo, carol")
        #expect(diagnosis.findings.contains { $0.code == "transactionsPause" })
        #expect(diagnosis.worst == .stall)
    }

    @Test func `sends to the engine first when the missing members' nodes run without it`() {
        let diagnosis = Self.alliance({ nodes in
            Self.stalled(&nodes, signedBy: ["alfa", "delta"])
            nodes["bravo"]!.engine!.faults = ["etcd: none of them answers"]
            nodes["carol"]!.engine!.faults = ["etcd: none of them answers"]
        })
        let finding = diagnosis.findings.first { $0.code == "quorumMissing" }
        #expect(finding?.remedy.contains("nodes of bravo, carol run") == true)
        // One of them would do, and the other is simply away.
        let other = Self.alliance({ nodes in
            Self.stalled(&nodes, signedBy: ["alfa", "delta"])
            nodes["bravo"]!.engine!.faults = ["etcd: none of them answers"]
        })
        let away = other.findings.first { $0.code == "quorumMissing" }
        #expect(away?.remedy == "bring back 1 of bravo, carol")
    }

    @Test func `says that a change of members needs the old set`() {
        let diagnosis = Self.alliance({
            Self.stalled(&$0, at: 995, signedBy: ["alfa"])
            Self.all(&$0) { $0.openChange = 996 }
        })
        let finding = diagnosis.findings.first { $0.code == "changeNotFinal" }
        #expect(finding?.what.contains("block 996 changes the members") == true)
        #expect(finding?.remedy.contains("bravo, carol, delta") == true)
        #expect(!diagnosis.findings.contains { $0.code == "transactionsPause" })
    }

    @Test func `tells slow finality from missing members`() {
        let diagnosis = Self.alliance({
            Self.stalled(&$0, at: 970, signedBy: ["alfa", "bravo", "carol", "delta"])
        })
        #expect(diagnosis.findings.map(\.code) == ["finalityLate"])
    }

    @Test func `names a member that is silent while others go on, and what may still fail`() {
        let diagnosis = Self.alliance({ nodes in
            Self.all(&nodes) { $0.memberStates![1].attested = 700 }
        })
        #expect(diagnosis.findings.map(\.code) == ["memberSilent"])
        #expect(diagnosis.findings[0].subject == "bravo")
        #expect(diagnosis.findings[0].what.contains("since block 700"))
        #expect(diagnosis.findings[0].remedy.contains("one more, and nothing becomes final"))
    }

    @Test func `says why a member only follows`() {
        let diagnosis = Self.alliance({ nodes in
            Self.all(&nodes) { $0.memberStates![2].attested = 700 }
            nodes["carol"]!.memberStates![2].silent = "its guard file is missing"
        })
        #expect(diagnosis.findings.map(\.code) == ["memberFollows"])
        #expect(diagnosis.findings[0].what.contains("guard file is missing"))
        #expect(diagnosis.findings[0].remedy.contains("new node key"))
        #expect(diagnosis.findings[0].remedy.contains("next epoch"))
    }

    @Test func `names nodes that do not know the protocol version that is coming`() {
        let coming = NodeStatus.ProtocolState.Coming(version: 2, fromHeight: 1_100)
        let diagnosis = Self.alliance({ nodes in
            Self.all(&nodes) { $0.protocolState = .init(version: 1, known: 2, coming: coming) }
            nodes["carol"]!.protocolState!.known = 1
        })
        #expect(diagnosis.findings.map(\.code) == ["protocolUnknown"])
        #expect(diagnosis.findings[0].subject == "http://carol")
        #expect(
            diagnosis.findings[0].what
                == "knows protocol version 1, and version 2 begins at block 1100, in 100 blocks")
        #expect(diagnosis.findings[0].remedy.contains("install a koinon that knows it"))
    }

    @Test func `names a clock that is ahead`() {
        let diagnosis = Self.alliance({ nodes in
            Self.all(&nodes) { $0.memberStates![3].clock = Self.time(Self.now + 86_400_000) }
        })
        #expect(diagnosis.findings.map(\.code) == ["clockAhead"])
        #expect(diagnosis.findings[0].subject == "delta")
        #expect(diagnosis.findings[0].what.contains("24 h ahead"))
        #expect(diagnosis.findings[0].remedy.contains("NTP"))
    }

    @Test func `goes by the clock in the middle when the node that is furthest has a wrong one`() {
        let diagnosis = Self.alliance({ nodes in
            Self.all(&nodes) { $0.memberStates![3].clock = Self.time(Self.now + 86_400_000) }
            nodes["delta"]!.now = Self.time(Self.now + 86_400_000)
            nodes["delta"]!.height = 1_001
        })
        #expect(diagnosis.findings.map(\.code) == ["clockAhead"])
    }

    @Test func `names a node that is behind`() {
        let diagnosis = Self.alliance({ nodes in
            nodes["bravo"]!.height = 200
            nodes["bravo"]!.finalHeight = 199
        })
        #expect(diagnosis.findings.map(\.code) == ["nodeBehind"])
        #expect(diagnosis.findings[0].what == "is at block 200, 800 behind")
    }

    @Test func `puts what may never happen first`() {
        let diagnosis = Self.alliance(
            { nodes in nodes["delta"]!.finalHash = "other" }, silent: ["alfa"])
        #expect(diagnosis.findings.first?.code == "twoFinalBlocks")
        #expect(diagnosis.worst == .danger)
        #expect(diagnosis.findings.first?.remedy.contains("diff-state") == true)
        let two = Self.alliance({ nodes in nodes["delta"]!.blockHash = "other" })
        #expect(Set(two.findings.map(\.code)) == ["twoBlocks"])
        let other = Self.alliance({ nodes in nodes["delta"]!.chain = "c1" })
        #expect(other.findings.map(\.code) == ["otherAlliance"])
    }

    @Test func `repeats what an engine says of itself`() {
        let diagnosis = Self.alliance({ nodes in
            nodes["alfa"]!.engine!.faults = ["its space is used up (NOSPACE)"]
        })
        #expect(diagnosis.findings.map(\.code) == ["engineFault"])
        #expect(diagnosis.findings[0].what.contains("NOSPACE"))
    }

    /// An entry of bravo that the nodes named say is missing, each in its words.
    private static func misses(
        _ sequence: UInt64, at names: [String], _ nodes: inout [String: NodeStatus]
    ) {
        for name in names {
            nodes[name]!.engine!.faults.append(
                name == "bravo"
                    ? "entry \(sequence) of bravo, which this node wrote, is not in the order: what"
                    : "etcd: entry \(sequence) of bravo is missing though later ones are there: etcd"
            )
            nodes[name]!.memberStates![1].sequence = sequence - 1
        }
    }

    @Test func `tells an entry that is hidden from a node from one that all lack`() throws {
        let all = ["alfa", "bravo", "carol", "delta"]
        let lost = Self.alliance({ Self.misses(71, at: all, &$0) })
        #expect(lost.findings.map(\.code) == Array(repeating: "engineFault", count: 4))
        #expect(lost.findings.allSatisfy { $0.what.contains("entry 71 of bravo") })
        for name in ["bravo", "carol"] {
            let hidden = Self.alliance({ nodes in
                Self.misses(70, at: [name], &nodes)
                nodes[name]!.height = 998
                nodes[name]!.finalHeight = 998
            })
            #expect(hidden.findings.map(\.code) == ["otherOrder"])
            let finding = try #require(hidden.findings.first)
            #expect(finding.severity == .danger && finding.subject == "http://\(name)")
            #expect(
                finding.what
                    == "is shown another order than the others: it lacks entry 70 of bravo, which http://alfa has executed"
            )
            #expect(finding.remedy.contains("delete nothing"))
            #expect(!finding.remedy.contains("etcdctl"))
            #expect(finding.remedy.contains("A node was shown another order"))
        }
    }

    @Test func `says so once of a node, however many it lacks, and keeps its other faults`() {
        let diagnosis = Self.alliance({ nodes in
            Self.misses(70, at: ["carol"], &nodes)
            nodes["carol"]!.engine!.faults += [
                "entry 70 of carol, which this node wrote, is not in the order: what",
                "etcd: entry 70 of carol is missing though", "its space is used up (NOSPACE)",
            ]
            nodes["carol"]!.memberStates![2].sequence = 69
        })
        #expect(diagnosis.findings.map(\.code) == ["otherOrder", "engineFault"])
        #expect(diagnosis.findings[0].what.hasSuffix("has executed; 1 more like it"))
        #expect(diagnosis.findings[1].what.contains("NOSPACE"))
    }

    /// Its author has appended it anew, and the fault is from before; or nobody else answers.
    @Test func `takes no node for misled that has come to the entry, or that is alone`() {
        let come = Self.alliance({ nodes in
            Self.misses(70, at: ["carol"], &nodes)
            nodes["carol"]!.memberStates![1].sequence = 70
        })
        #expect(come.findings.map(\.code) == ["engineFault"])
        let alone = Self.alliance(
            { Self.misses(70, at: ["carol"], &$0) }, silent: ["alfa", "bravo", "delta"])
        #expect(!alone.findings.contains { $0.code == "otherOrder" })
        let other = Self.alliance({ nodes in
            Self.misses(70, at: ["carol"], &nodes)
            for name in ["alfa", "bravo", "delta"] { nodes[name]!.chain = "c1" }
        })
        #expect(!other.findings.contains { $0.code == "otherOrder" })
    }

    @Test func `tells transactions that find no block from a pool that is full`() {
        let none = Self.alliance({ nodes in nodes["alfa"]!.time = Self.time(Self.now - 30_000) })
        #expect(none.findings.map(\.code) == ["noBlocks"])
        #expect(none.findings[0].severity == .stall)
        #expect(none.findings[0].what.contains("no block has closed for 30 s"))
        let full = Self.alliance({ nodes in nodes["alfa"]!.poolPercent = 95 })
        #expect(full.findings.map(\.code) == ["poolFull"])
        #expect(full.findings[0].what.contains("95% full"))
        #expect(full.findings[0].remedy.contains("slow down"))
        // Those that are on their way into a block need no room any more.
        #expect(Self.alliance({ nodes in nodes["alfa"]!.pool = 1_200 }).isWell)
    }

    @Test func `warns of a disk that fills and of certificates that end`() {
        let low = Self.alliance({ nodes in nodes["alfa"]!.disk!.freeBytes = 1 << 30 })
        #expect(low.findings.map(\.code) == ["diskFull"])
        #expect(low.findings[0].severity == .warning)
        #expect(low.findings[0].what.contains("1024 MiB"))
        let empty = Self.alliance({ nodes in nodes["alfa"]!.disk!.freeBytes = 10 << 20 })
        #expect(empty.findings[0].severity == .stall)
        let ends = Self.alliance({ nodes in
            nodes["alfa"]!.certificateEnds = Self.time(Self.now + 10 * 86_400_000)
            nodes["bravo"]!.certificateEnds = Self.time(Self.now - 1)
        })
        #expect(ends.findings.map(\.code) == ["certificateEnded", "certificateEnds"])
        #expect(ends.findings[1].what.contains("10 days"))
        let refused = Self.alliance({ nodes in nodes["alfa"]!.newCertificateRefused = true })
        #expect(refused.findings.map(\.code) == ["newCertificateRefused"])
    }

    @Test func `bears answers of nodes that say less`() {
        var old = Self.node("alfa")
        (old.memberStates, old.quorum, old.engine, old.disk) = (nil, nil, nil, nil)
        (old.certificateEnds, old.openSince, old.finalHash) = (nil, nil, nil)
        (old.poolLimit, old.poolPercent) = (nil, nil)
        let diagnosis = Diagnosis([NodeObservation(address: "http://old", status: .success(old))])
        #expect(diagnosis.isWell)
        let nobody = Diagnosis([
            NodeObservation(address: "http://a", status: .failure(NodeSilence(reason: "no")))
        ])
        #expect(nobody.findings.map(\.code) == ["nodeSilent"])
        #expect(Diagnosis([]).isWell)
    }
}
