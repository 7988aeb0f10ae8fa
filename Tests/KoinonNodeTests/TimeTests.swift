import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("Ledger time", .timeLimit(.minutes(30)))
struct TimeTests {
    private static let names = ["alfa", "bravo", "carol", "delta", "echo", "fox", "golf"]

    @Test func `lets a timer fall due without anybody sending`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.book(on: node)
            await node.untilIdle()
            let height = node.tip.height
            // 15 minutes are what a booking waits for its start.
            home.clock.advance(15 * LeaseWorld.minute)
            await node.untilHeight(height.next)
            // Executed by now; on the disk a moment later.
            await node.untilIdle()
            #expect(world.state(of: agreement, on: node) == "no_show")
            #expect(node.tip.time == TestHome.start + 15 * LeaseWorld.minute)
            let result = try BlockResult(
                strict: try node.store.read { try $0.result(at: height.next) } ?? [])
            #expect(
                result.timers.map(\.dueMs) == [
                    (TestHome.start + 15 * LeaseWorld.minute).milliseconds
                ])
            #expect(result.receipts.map(\.code) == [0])
        }
    }

    @Test func `fires more timers than one block takes in the blocks that follow`() async throws {
        var parameters = Parameters()
        parameters.timersPerBlock = 2
        parameters.votingPeriodMs = 60_000
        let home = try TestHome(parameters: parameters)
        try await home.running { node in
            let alfa = home.member("alfa")
            for index in 0..<5 {
                try await alfa.done(
                    .propose(
                        title: "Longer votes \(index)",
                        Action.setting(parameter: "voting_period_ms", to: 120_000)), to: node)
            }
            await node.untilIdle()
            let height = node.tip.height
            home.clock.advance(60_000)
            await node.untilIdle()
            #expect(node.tip.height == Height(height.rawValue + 3))
            let counts = try node.store.read { reader in
                try (1...3).map { offset in
                    try BlockResult(
                        strict: try reader.result(at: Height(height.rawValue + offset)) ?? []
                    )
                    .timers.count
                }
            }
            #expect(counts == [2, 2, 1])
            #expect(node.replica.read { $0.nextTimer } == nil)
        }
    }

    @Test(arguments: [1, 2, 3, 4]) func `never falls, whatever the clock does`(members: Int)
        async throws
    {
        let home = try TestHome(members: Array(Self.names.prefix(members)))
        try await home.running { node in
            let alfa = home.member("alfa")
            var times = [TestHome.start]
            // Up by 10 s, back by 1 s … and at last an hour back.
            for (index, clock) in [10_000, 9_000, 20_000, 0, 21_500, 5_000].enumerated() {
                home.clock.set(TestHome.start + UInt64(clock))
                try await alfa.done(.registerKind("kind-\(index)", title: "A kind"), to: node)
                times.append(node.tip.time)
            }
            home.clock.set(Timestamp(milliseconds: TestHome.start.milliseconds - 3_600_000))
            let last = try alfa.sign(
                .registerKind("last", title: "A kind"), now: TestHome.start + 21_500)
            #expect(try await node.receipt(of: last).code == 0)
            times.append(node.tip.time)
            #expect(times == times.sorted())
            // Not more than the tolerated second behind the highest clock.
            #expect(times[1].milliseconds >= (TestHome.start + 9_000).milliseconds)
            #expect(times[5].milliseconds >= (TestHome.start + 20_500).milliseconds)
            #expect(times[7].milliseconds <= (TestHome.start + 21_500).milliseconds)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 7])
    func `of proposed blocks is exactly what was proposed`(members: Int) async throws {
        let home = try TestHome(members: Array(Self.names.prefix(members)))
        var random = SeededRandom(seed: UInt64(members))
        try await home.running { node in
            let alfa = home.member("alfa")
            var time = TestHome.start
            var proposed: [Timestamp] = []
            var kinds = 0
            for _ in 0..<6 {
                var blocks: [ProposedBlock] = []
                for _ in 0..<5 {
                    // Equal, a millisecond, seconds, hours and days apart.
                    time = time + [0, 1, 999, 61_000, 7_200_000, 259_200_000][random.below(6)]
                    blocks.append(
                        ProposedBlock(
                            time: time,
                            transactions: try (0...random.below(3)).map { _ in
                                kinds += 1
                                let envelope = try alfa.sign(
                                    .registerKind("kind-\(kinds)", title: "A kind"), now: time)
                                return try CheckedTransaction(envelope, chain: home.chain)
                            }))
                }
                proposed += blocks.map(\.time)
                // Meanwhile the members' own clocks stand still.
                try await node.propose(blocks)
            }
            #expect(proposed.count == 30)
            let times = try node.store.read { reader in
                try (1...30).map { try #require(try reader.block(at: Height($0))).header.time }
            }
            #expect(times == proposed)
            #expect(node.tip.height == Height(30))
            #expect(node.replica.read { Resources.kinds.rows(in: $0.state).count } == kinds)
        }
        let report = try await home.reading {
            try await Verification.run($0, genesis: home.genesis)
        }
        #expect(report.finalHeight == Height(30))
    }

    /// Attestations go into entries of their own, so that when they were ready leaves no mark.
    @Test(arguments: [1, 3, 4])
    func `and everything else of proposed blocks is the same in every run`(members: Int)
        async throws
    {
        var chains: [[Hash256]] = []
        for _ in 0..<3 {
            let home = try TestHome(members: Array(Self.names.prefix(members)))
            let alfa = home.member("alfa")
            try await home.running { node in
                for part in 0..<4 {
                    let blocks = try (0..<10).map { index in
                        let time = TestHome.start + UInt64(part * 10 + index) * 60_000
                        let envelope = try alfa.sign(
                            .registerKind("kind-\(part)-\(index)", title: "A kind"), now: time)
                        return ProposedBlock(
                            time: time,
                            transactions: [try CheckedTransaction(envelope, chain: home.chain)])
                    }
                    try await node.propose(blocks)
                    #expect(node.finalHeight == Height(UInt64(part + 1) * 10))
                }
                #expect(try node.carriedAttestations().count == 40 * members)
            }
            chains.append(
                try await home.reading { try $0.read { try $0.headerHashes(below: Height(100)) } })
        }
        #expect(chains[0].count == 41)
        #expect(chains[1] == chains[0])
        #expect(chains[2] == chains[0])
    }

    @Test func `of proposed blocks may not fall, nor may a block be more than an entry takes`()
        async throws
    {
        let home = try TestHome()
        try await home.running { node in
            let alfa = home.member("alfa")
            func transaction(_ name: String) throws -> CheckedTransaction {
                try CheckedTransaction(
                    alfa.sign(.registerKind(name, title: "A kind")), chain: home.chain)
            }
            let one = try transaction("one")
            let two = try transaction("two")
            try await node.propose([ProposedBlock(time: home.clock.now + 10, transactions: [one])])
            await node.untilIdle()
            let before = try node.position
            let earlier = home.clock.now + 9
            await #expect(throws: ProposalFault.timeFalls(earlier, after: home.clock.now + 10)) {
                try await node.propose([ProposedBlock(time: earlier, transactions: [two])])
            }
            // Nothing of a run of blocks is taken when one of them cannot be.
            await #expect(
                throws: ProposalFault.timeFalls(home.clock.now + 20, after: home.clock.now + 30)
            ) {
                try await node.propose([
                    ProposedBlock(time: home.clock.now + 30, transactions: [two]),
                    ProposedBlock(time: home.clock.now + 20, transactions: []),
                ])
            }
            let later = home.clock.now + 40
            await #expect(throws: ProposalFault.sameTransactionTwice(time: later, two.id)) {
                try await node.propose([ProposedBlock(time: later, transactions: [two, two])])
            }
            let memo = String(repeating: "m", count: 140)
            let many = try (0..<5_000).map { index in
                try CheckedTransaction(
                    alfa.sign(
                        .registerKind("kind-\(index)", title: memo),
                        nonce: UInt64(3 + index % 1_000)),
                    chain: home.chain, signature: .doneBefore)
            }
            let bytes = many.reduce(0) { $0 + $1.envelope.body.count + 112 }
            await #expect(throws: ProposalFault.tooLarge(time: later, bytes: bytes)) {
                try await node.propose([ProposedBlock(time: later, transactions: many)])
            }
            await node.untilIdle()
            #expect(try node.position == before)
            try await node.propose([ProposedBlock(time: later, transactions: [two])])
            #expect(node.tip.time == later)
        }
    }
}
