import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonClient

/// A node that shows a chain, or what it likes.
private struct Source: TrustSource {
    struct Silence: Error {}

    var name: String
    var chain: SignedChain
    var isSilent = false
    var hidesHistory = false
    var alter: @Sendable (inout TrustDocument) -> Void = { _ in }
    var raw: [UInt8]?

    func trust(from: Height, epoch: UInt64) async throws -> [UInt8] {
        if isSilent { throw Silence() }
        if let raw { return raw }
        var document = chain.trust(from: from, epoch: epoch)
        alter(&document)
        return Array(document.json.utf8)
    }

    func history(of height: Height, in later: Height) async throws -> [UInt8] {
        guard !hidesHistory, later.rawValue < UInt64(chain.headers.count) else { throw Silence() }
        return Array(
            chain.ancestry(of: Int(height.rawValue), in: Int(later.rawValue)).json.utf8)
    }
}

@Suite("A follower of several nodes")
struct FollowerTests {
    private let base: SignedChain

    init() throws {
        var chain = try SignedChain()
        chain.blocks(5)
        chain.change(to: ["ant", "bee", "cat", "eel", "fly"])
        chain.blocks(5)
        base = chain
    }

    private func round(
        _ sources: [Source], from trusted: TrustedChain? = nil, tolerance: UInt64 = 3
    ) async -> Follower.Round {
        await Follower(sources, lagTolerance: tolerance)
            .round(from: trusted ?? TrustedChain(genesis: base.genesis))
    }

    @Test func `trusts the highest that a quorum signed, and names who is late`() async throws {
        var ahead = base
        ahead.blocks(2)
        var far = base
        far.blocks(40)
        let round = await round([
            Source(name: "a", chain: base), Source(name: "b", chain: ahead),
            Source(name: "c", chain: far),
        ])
        #expect(round.chain.header == far.tip)
        #expect(
            round.nodes.map(\.verdict) == [
                .lags(base.tip.height, by: 40), .lags(ahead.tip.height, by: 38),
                .agrees(far.tip.height),
            ])
        // The next round begins there, and nobody shows more.
        let again = await self.round([Source(name: "a", chain: base)], from: round.chain)
        #expect(again.chain == round.chain)
        #expect(again.nodes[0].verdict == .lags(base.tip.height, by: 40))
        #expect(!again.hasFork)
    }

    @Test func `names a node that lies, and believes nothing of it`() async throws {
        let lies: [(String, @Sendable (inout TrustDocument) -> Void)] = [
            ("too few signatures", { $0.attestations.removeLast() }),
            ("one signature twice", { $0.attestations[1] = $0.attestations[0] }),
            ("another header", { $0.header.stateRoot = .zero }),
            ("a change left out", { $0.memberChanges = [] }),
            (
                "other members",
                {
                    $0.memberChanges[0].members = SignedChain.set(["eel", "fly", "gnu"])
                }
            ),
            ("another chain", { $0.chain = ChainID([UInt8](repeating: 1, count: 32))! }),
        ]
        for (name, lie) in lies {
            var higher = base
            higher.blocks(3)
            let round = await round([
                Source(name: "liar", chain: higher, alter: lie), Source(name: "b", chain: base),
            ])
            guard case .wrong = round.nodes[0].verdict else {
                Issue.record("\(name): \(round.nodes[0].verdict)")
                continue
            }
            #expect(round.nodes[1].verdict == .agrees(base.tip.height), "\(name)")
            #expect(round.chain.header == base.tip, "\(name)")
        }
    }

    @Test func `names a node that is silent or talks nonsense`() async throws {
        let large = [UInt8](repeating: 0x20, count: TrustDocument.bytesMaximum + 1)
        let round = await round([
            Source(name: "silent", chain: base, isSilent: true), Source(name: "b", chain: base),
            Source(name: "nonsense", chain: base, raw: Array("{]".utf8)),
            Source(name: "too much", chain: base, raw: large),
        ])
        guard case .silent = round.nodes[0].verdict, case .wrong = round.nodes[2].verdict,
            case .wrong = round.nodes[3].verdict
        else {
            Issue.record("\(round.nodes)")
            return
        }
        #expect(round.chain.header == base.tip)
    }

    @Test func `stands still when two headers with quorums contradict each other`() async throws {
        let trusted = await round([Source(name: "a", chain: base)]).chain
        var one = base
        one.blocks(2)
        var other = base
        other.block(mark: 1)
        for blocks in [0, 1, 4] {
            var other = other
            other.blocks(blocks)
            let round = await round(
                [
                    Source(name: "a", chain: one), Source(name: "b", chain: other),
                    Source(name: "c", chain: base),
                ], from: trusted, tolerance: 10)
            #expect(round.chain == trusted)
            #expect(round.hasFork)
            #expect(round.nodes[0].verdict == .forks(one.tip))
            #expect(round.nodes[1].verdict == .forks(other.tip))
            #expect(round.nodes[2].verdict == .agrees(base.tip.height))
            #expect(Set(round.evidence.map(\.document.header)) == [one.tip, other.tip])
        }
        // Off what was trusted before.
        var off = try SignedChain()
        off.blocks(4)
        off.block(mark: 9)
        off.change(to: ["ant", "bee", "cat", "eel", "fly"])
        off.blocks(9)
        let round = await round(
            [Source(name: "a", chain: one), Source(name: "b", chain: off)], from: trusted)
        #expect(round.nodes[1].verdict == .forks(off.tip))
        #expect(round.chain == trusted)
    }

    @Test func `leaves out a node that cannot show its own history`() async throws {
        let trusted = await round([Source(name: "a", chain: base)]).chain
        var one = base
        one.blocks(2)
        var two = base
        two.blocks(4)
        let round = await round(
            [
                Source(name: "a", chain: one),
                Source(name: "b", chain: two, hidesHistory: true),
            ], from: trusted)
        guard case .wrong = round.nodes[1].verdict else {
            Issue.record("\(round.nodes)")
            return
        }
        #expect(round.chain.header == one.tip)
    }

    @Test func `takes more changes of members than one answer holds`() async throws {
        var chain = try SignedChain()
        for index in 0..<150 {
            chain.change(to: ["ant", "bee", "cat"] + (index.isMultiple(of: 2) ? [] : ["dog"]))
        }
        chain.blocks(2)
        let round = await Follower([Source(name: "a", chain: chain)])
            .round(from: TrustedChain(genesis: chain.genesis))
        #expect(round.chain.header == chain.tip)
        #expect(round.chain.sets.memberChanges == 150)
    }

    @Test func `proves an old claim by the history of what it trusts`() async throws {
        var early = try SignedChain()
        early.blocks(3)
        var chain = early
        chain.change(to: ["eel", "fly", "gnu"])
        chain.blocks(3)
        let source = Source(name: "a", chain: chain)
        let follower = Follower([
            Source(name: "silent", chain: chain, isSilent: true, hidesHistory: true), source,
        ])
        let trusted = await follower.round(from: TrustedChain(genesis: chain.genesis)).chain
        let checked = try await follower.check(early.proof(), by: trusted)
        #expect(checked.header == early.tip)
        var forged = try SignedChain()
        forged.blocks(2)
        forged.block(mark: 3)
        await #expect(throws: ProofFault.self) {
            try await follower.check(forged.proof(), by: trusted)
        }
        // The right block with a value that is not in it.
        var wrong = early.proof()
        wrong.content = .state(key: [3], value: [9], siblings: [])
        await #expect(throws: ProofFault.self) {
            try await follower.check(wrong, by: trusted)
        }
    }
}
