import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import TestSeeds
import Testing

@testable import KoinonNode
@testable import TestNodes

private let vote = BaseVote.with {
    $0.awaitedFromMs = 1_000_000
    $0.awaitedUntilMs = 2_000_000
}

/// Votes in worlds in which it is known what was final.
@Suite("The rule about votes on a base")
struct VoteRuleTests {
    @Test(arguments: Seeds.of([31, 32] as [UInt64], casesEach: 15))
    func `takes a vote in a conflict alone, on one of its blocks`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var conflicts = 0
        for number in 0..<4_000 where conflicts < 15 {
            let world = RecoveryWorld(
                sizes: ([4, 5, 6, 7][random.below(4)], 4), changes: false, depth: 2, &random)
            let stating = world.stating(&random)
            let recovery = world.recovery(closing: 0, stating: stating, &random)
            let set = world.first
            guard recovery.convictions.count <= set.members.count - set.quorum else { continue }
            let shown = recovery.finals.compactMap { final in
                world.blocks.firstIndex { $0.header.hash == final.block.hash }
            }
            let top = shown.max { world.path(to: $0).count < world.path(to: $1).count }
            let possible = world.blocks.indices.filter { block in
                guard let top, world.isAncestor(block, of: top) || world.isAncestor(top, of: block)
                else { return false }
                return shown.contains(block)
                    || world.isFinalSomehow(block, recovery, stating: stating)
            }
            let tops = possible.filter { block in
                !possible.contains { $0 != block && world.isAncestor(block, of: $0) }
            }
            if tops.count > 1 { conflicts += 1 }
            let decision = MayBeFinalRule().decide(recovery)
            for block in world.blocks.indices {
                let taken = try? VotedBase(
                    vote, on: world.blocks[block].header, decision, recovery.tree)
                let place = "seed \(seed), world \(number), block \(block)"
                #expect((taken != nil) == (tops.count > 1 && tops.contains(block)), "\(place)")
                guard let taken else { continue }
                let lost = tops.filter { $0 != block }.map { top in
                    world.path(to: top).filter { !world.isAncestor($0, of: block) }.reversed()
                        .map { world.blocks[$0].header }
                }
                #expect(Set(taken.lost.map(\.blocks)) == Set(lost), "\(place)")
            }
        }
        #expect(conflicts == 15)
    }

    struct Tally {
        var votes = 0
        var decided = 0
        var undone = 0
        var example = ""
    }

    /// Ceremonies after ceremonies in which some bases were voted on, and may have their quorum
    /// or not.
    ///
    /// - Parameter knowsVotes: whether the rule is told which bases were voted on.
    private func run(seed: UInt64, knowsVotes: Bool) -> Tally {
        var random = SeededRandom(seed: seed)
        var tally = Tally()
        for number in 0..<8_000 where tally.votes < 200 {
            let changes = random.below(3) == 0
            let sizes = [(4, 4), (4, 7), (7, 4), (5, 5)][random.below(4)]
            var world = RecoveryWorld(
                sizes: changes ? sizes : (sizes.0, sizes.0), changes: changes,
                depth: 1 + random.below(2), &random)
            var bases: [Int] = []
            var voted: Set<Int> = []
            for _ in 0..<4 {
                let recovery = world.recovery(
                    closing: 0, stating: world.stating(&random), &random)
                let decision = MayBeFinalRule().decide(recovery)
                switch decision.outcome {
                case .base(let header): bases += world.index(of: header).map { [$0] } ?? []
                case .conflict(let tops, _):
                    let header = tops[random.below(tops.count)]
                    guard let base = world.index(of: header),
                        (try? VotedBase(vote, on: header, decision, recovery.tree)) != nil
                    else { continue }
                    bases.append(base)
                    voted.insert(base)
                case .tooFew, .brokenPromise: continue
                }
            }
            guard !voted.isEmpty else { continue }
            tally.votes += 1
            world.begin(on: bases, &random)
            var recovery = world.recovery(
                closing: 1, stating: world.stating(&random), bases: bases, &random)
            if knowsVotes { recovery.voted[1] = Set(voted.map { world.blocks[$0].header.hash }) }
            judge(MayBeFinalRule().decide(recovery).outcome, world, voted, &tally)
            if tally.undone > 0, tally.example.isEmpty {
                tally.example = "seed \(seed), world \(number)"
            }
        }
        return tally
    }

    /// Only a vote that has its quorum gives up what is final, and only off the base that it
    /// chose.
    private func judge(
        _ outcome: BaseDecision.Outcome, _ world: RecoveryWorld, _ voted: Set<Int>,
        _ tally: inout Tally
    ) {
        switch outcome {
        case .base(let header):
            tally.decided += 1
            guard let base = world.index(of: header) else { return }
            let passed = voted.filter {
                world.beginsEpoch(on: $0) && world.isAncestor($0, of: base)
            }
            for final in world.everFinal where !world.isAncestor(final.block, of: base) {
                let isGivenUp =
                    final.epoch == 0
                    && passed.contains { !world.isAncestor(final.block, of: $0) }
                if !isGivenUp { tally.undone += 1 }
            }
        case .brokenPromise: tally.undone += 1
        case .tooFew, .conflict: break
        }
    }

    @Test(arguments: Seeds.of([41, 42, 43] as [UInt64], casesEach: 200))
    func `undoes no final block without a vote that has its quorum`(seed: UInt64) {
        let tally = run(seed: seed, knowsVotes: true)
        #expect(tally.undone == 0, "\(tally)")
        #expect(tally.votes == 200 && tally.decided > 40, "\(tally)")
    }

    @Test func `would undo some if a proposed vote counted like a base of the rule`() {
        let undone = (41...46).reduce(0) { $0 + run(seed: $1, knowsVotes: false).undone }
        #expect(undone > 0)
    }
}

/// Ceremonies in which the base is voted on, on real homes.
@Suite("A vote on a base", .timeLimit(.minutes(30)))
struct VotedBaseTests {
    private func statements(
        _ alliance: ForkedAlliance, of names: [String]
    ) throws -> [Signed] {
        try names.map { name in
            try #require(try alliance.home(name).state(closing: nil).first).statement
        }
    }

    @Test func `begins the epoch once a quorum has accepted the conflict`() async throws {
        let alliance = try ForkedAlliance.split()
        let (base, other) = (alliance.tip("bravo"), alliance.tip("delta"))
        let dropped = try alliance.block(on: ["bravo"])
        try alliance.close()
        let bravo = try alliance.home("bravo")
        let ceremony = try bravo.ceremony(
            closing: nil, statements: try statements(alliance, of: ["bravo", "carol", "delta"]))
        #expect(throws: RecoveryFault.self) {
            try bravo.check(ceremony.record(on: base, earlier: []))
        }
        let proposal = ceremony.record(on: base, earlier: [], vote: vote)
        let checked = try #require(try bravo.check(proposal).vote)
        #expect(checked.base == base)
        #expect(checked.lost == [VotedBase.Lost(top: other, blocks: [other])])
        #expect(checked.settling.missing == [.alfa])
        #expect(checked.awaited.lowerBound == Timestamp(milliseconds: 1_000_000))
        var record = proposal
        for name in ["bravo", "carol", "delta"] {
            let home = try alliance.home(name)
            #expect {
                try home.sign(proposal)
            } throws: {
                ($0 as? RecoveryFault)?.remedy.contains("--accept-conflict") == true
            }
            #expect(try RecoveryFiles(alliance.site(name).home.home).record(of: 1) == nil)
            #expect(throws: RecoveryFault.self) { try bravo.begin(record, engineIsNew: false) }
            let signed = try home.sign(proposal, acceptsConflict: true)
            try record.addSignatures(of: signed.message, from: name)
        }
        // A copy that says something else about the wait is another proposal.
        var altered = record
        altered.vote.awaitedUntilMs += 1
        #expect(throws: RecoveryFault.self) {
            try record.addSignatures(of: altered, from: "altered")
        }
        let begun = try bravo.begin(record, engineIsNew: false)
        #expect(begun.base == base && begun.returned == 1)
        try await goOn(alliance.site("bravo").home, from: base, with: dropped)
    }

    /// The node, `verify`, a follower and a proof take the voted base like another.
    private func goOn(
        _ home: TestHome, from base: BlockHeader, with dropped: Envelope
    ) async throws {
        try await home.reading { store in
            let report = try await Verification.run(store, genesis: home.genesis)
            #expect(report.finalHeight == base.height)
        }
        try home.host(ForkedAlliance.names)
        try await home.running { node in
            #expect(node.tip == base)
            await node.untilHeight(base.height.next)
            await node.untilIdle()
            #expect(node.tip.epoch == 1 && node.finalHeight == node.tip.height)
        }
        try await home.expectProven(dropped, behind: 1)
    }

    @Test func `is refused by whoever is final elsewhere, and void once that quorum is shown`()
        throws
    {
        let alliance = try ForkedAlliance.split()
        let (final, other) = (alliance.tip("alfa"), alliance.tip("delta"))
        try alliance.close()
        let three = try statements(alliance, of: ["bravo", "carol", "delta"])
        _ = try statements(alliance, of: ["alfa"])
        let (alfa, bravo) = (try alliance.home("alfa"), try alliance.home("bravo"))
        let ceremony = try bravo.ceremony(closing: nil, statements: three)
        let proposal = ceremony.record(on: other, earlier: [], vote: vote)
        do {
            _ = try alfa.sign(proposal, acceptsConflict: true)
            Issue.record("alfa voted for what undoes its final block")
        } catch let refusal as RecoveryHome.FinalElsewhere {
            #expect(refusal.header == final && refusal.voids)
            let settled = try bravo.ceremony(
                closing: nil, statements: three, quorums: [refusal.final], sets: refusal.sets)
            #expect(settled.decision.outcome == .base(final))
            for base in [final, other] {
                #expect(throws: RecoveryFault.self) {
                    try bravo.check(settled.record(on: base, earlier: [], vote: vote))
                }
            }
        }
        // Where nobody shows it in time, the vote of a quorum decides; alfa does not follow.
        var record = proposal
        for name in ["bravo", "carol", "delta"] {
            let signed = try alliance.home(name).sign(proposal, acceptsConflict: true)
            try record.addSignatures(of: signed.message, from: name)
        }
        #expect(try alliance.home("delta").begin(record, engineIsNew: false).base == other)
        #expect {
            try alfa.begin(record, engineIsNew: false)
        } throws: {
            ($0 as? RecoveryHome.FinalElsewhere)?.voids == false
        }
    }

    @Test func `is taken only where the statements in the record conflict`() throws {
        let alliance = try ForkedAlliance.split()
        let (final, other) = (alliance.tip("alfa"), alliance.tip("delta"))
        let store = alliance.site("alfa").store
        let below = try #require(try store.read { try $0.block(at: Height(2)) }).header
        try alliance.close()
        let all = try statements(alliance, of: ["alfa", "bravo", "carol", "delta"])
        let bravo = try alliance.home("bravo")
        // All statements find the base, two are too few.
        for statements in [all, Array(all.suffix(2))] {
            let ceremony = try bravo.ceremony(closing: nil, statements: statements)
            for base in [final, other, below] {
                #expect(throws: RecoveryFault.self) {
                    try bravo.check(ceremony.record(on: base, earlier: [], vote: vote))
                }
            }
        }
        let ceremony = try bravo.ceremony(closing: nil, statements: Array(all.suffix(3)))
        for base in [final, other] {
            let record = ceremony.record(on: base, earlier: [], vote: vote)
            #expect(try bravo.check(record).vote?.base == base)
            var altered = record
            altered.clearVote()
            #expect(throws: RecoveryFault.self) { try bravo.check(altered) }
            // A statement more settles it: what was in conflict is no longer to be voted on.
            altered = record
            altered.statements.append(all[0])
            #expect(throws: RecoveryFault.self) { try bravo.check(altered) }
            for (from, until) in [(0, 5), (6, 5), (1, UInt64.max)] as [(UInt64, UInt64)] {
                altered = record
                altered.vote.awaitedFromMs = from
                altered.vote.awaitedUntilMs = until
                #expect(throws: RecoveryFault.self) { try bravo.check(altered) }
            }
        }
        #expect(throws: RecoveryFault.self) {
            try bravo.check(ceremony.record(on: below, earlier: [], vote: vote))
        }
    }

    /// Else one member alone could have a base chosen that the others did not vote for.
    @Test func `decides nothing in a later ceremony when it has no quorum`() throws {
        let alliance = try ForkedAlliance.split()
        let (final, other) = (alliance.tip("alfa"), alliance.tip("delta"))
        try alliance.close()
        let three = try statements(alliance, of: ["bravo", "carol", "delta"])
        let (bravo, delta) = (try alliance.home("bravo"), try alliance.home("delta"))
        let proposal = try bravo.ceremony(closing: nil, statements: three)
            .record(on: other, earlier: [], vote: vote)
        let signed = try delta.sign(proposal, acceptsConflict: true).message
        let later = try ["bravo", "carol", "delta", "alfa"].map { name in
            try #require(try alliance.home(name).state(closing: 1).first).statement
        }
        // By its signature and alfa's silence, the voted base may have its quorum in epoch 1.
        let again = try bravo.ceremony(
            closing: nil, statements: Array(later.prefix(3)), records: [signed])
        guard case .conflict(let tops, _) = again.decision.outcome else {
            Issue.record("\(again.decision.outcome)")
            return
        }
        #expect(Set(tops) == [final, other])
        let second = again.record(on: final, earlier: [signed], vote: vote)
        #expect(try bravo.check(second).vote?.lost.map(\.isShown) == [false])
        // A quorum that is shown does not tell either; whoever signs is told of it.
        let shown = try #require(try alliance.home("alfa").finalQuorum())
        let known = try bravo.ceremony(
            closing: nil, statements: Array(later.prefix(3)), quorums: shown.quorums,
            sets: shown.sets, records: [signed])
        for (base, isShown) in [(other, true), (final, false)] {
            let record = known.record(on: base, earlier: [signed], vote: vote)
            #expect(try bravo.check(record).vote?.lost.map(\.isShown) == [isShown])
        }
        #expect(try bravo.sign(second, acceptsConflict: true).epoch == 2)
        let settled = try bravo.ceremony(closing: nil, statements: later, records: [signed])
        #expect(settled.decision.outcome == .base(final))
    }
}
