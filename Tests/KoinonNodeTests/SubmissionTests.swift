import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("A submitted transaction", .timeLimit(.minutes(30)))
struct SubmissionTests {
    @Test func `is executed once the answer comes, and durable by then`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
            let status = try await node.outcome(of: envelope)
            guard case .settled(let id, .executed(let height, let leaf, let receipt)) = status
            else {
                throw NotExecuted(status: status)
            }
            #expect(id == envelope.bodyHash)
            #expect(height == Height(1))
            #expect(leaf == 0)
            #expect(receipt.code == 0)
            // Read through a connection of its own: what it shows was committed.
            try await home.reading { store in
                let stored = try store.read { try $0.signedTransaction(id) }
                #expect(stored?.0 == envelope)
                #expect(stored?.1 == height)
            }
        }
    }

    @Test func `that the machine rejects is in a block with the reason, and changes nothing else`()
        async throws
    {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let before = node.replica.read {
                Money.balance(of: world.bea.account, unit: "usd", in: $0.state)
            }
            let receipt = try await world.bea.send(
                .transfer(unit: "usd", to: world.paul.account, amount: Amount(minor: 1)),
                .transfer(unit: "usd", to: world.paul.account, amount: Amount(minor: 100_000)),
                to: node)
            #expect(receipt.code == MoneyRejection.insufficientBalance.rawValue)
            #expect(receipt.actionIndex == 1)
            #expect(receipt.events.isEmpty)
            let after = node.replica.read {
                Money.balance(of: world.bea.account, unit: "usd", in: $0.state)
            }
            #expect(after == before)
        }
    }

    @Test func `sent again has the outcome of the first time, done or rejected`() async throws {
        let home = try TestHome()
        let alfa = home.member("alfa")
        let done = try alfa.sign(.registerKind("bike", title: "Bicycle"))
        let rejected = try alfa.sign(.registerKind("bike", title: "Bicycle again"))
        var places: [String] = []
        try await home.running { node in
            for envelope in [done, rejected] {
                let place = try #require(try await node.outcome(of: envelope).place)
                places.append(place)
                await node.untilIdle()
                let before = try node.position
                #expect(try await node.outcome(of: envelope).place == place)
                await node.untilIdle()
                #expect(try node.position == before, "it is not executed again")
            }
        }
        #expect(places[0].hasSuffix(" 0"))
        #expect(!places[1].hasSuffix(" 0"))
        try await home.running { (node) async throws in
            #expect(try await node.outcome(of: done).place == places[0])
            #expect(try await node.outcome(of: rejected).place == places[1])
        }
    }

    /// Copies meet the first one anywhere between the pool and the disk.
    @Test func `sent many times at once is executed once, and all are told so`() async throws {
        let home = try TestHome()
        try await home.running { node in
            for round in 0..<20 {
                let envelope = try home.member("alfa").sign(
                    .registerKind("kind-\(round)", title: "A kind"), nonce: UInt64(round) + 1)
                let statuses = await withTaskGroup { group in
                    for _ in 0..<16 {
                        group.addTask { await node.submit([envelope], waits: true) }
                    }
                    var statuses: [Node.SubmissionStatus] = []
                    for await status in group { statuses += status }
                    return statuses
                }
                let places = Set(statuses.map(\.place))
                #expect(places.count == 1, "\(statuses)")
                #expect(places.first??.hasSuffix(" 0 0") == true, "\(statuses)")
            }
        }
    }

    @Test func `that is executed and not yet on the disk is pending, and its copies wait`()
        async throws
    {
        let home = try TestHome()
        let node = try home.node()
        let alfa = home.member("alfa")
        let envelope = try alfa.sign(.registerKind("bike", title: "Bicycle"))
        let executed = try await node.execute([envelope])
        #expect(node.tip.height == Height(1))
        #expect(try node.store.read { try $0.tip().header.height } == .genesis)
        guard case .pending? = await node.submit([envelope], waits: false).first else {
            throw NotExecuted(status: await node.submit([envelope], waits: false)[0])
        }
        // Another transaction with the same nonce is none of these copies.
        let other = try alfa.sign(.registerKind("car", title: "Car"), nonce: 1)
        #expect(try await node.outcome(of: other).refusal == .ignored(.replayed))
        let copy = Task { await node.submit([envelope], waits: true) }
        let committed = Task { try await node.committer.run(executed) }
        #expect(await copy.value.first?.place == "\(envelope.bodyHash) 1 0 0")
        try await committed.value
        try node.store.close()
    }

    @Test func `may be sent without waiting and asked for later`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
            let status = try #require(await node.submit([envelope], waits: false).first)
            guard case .pending(let id) = status else { throw NotExecuted(status: status) }
            #expect(id == envelope.bodyHash)
            await node.untilIdle()
            #expect(try await node.outcome(of: envelope).place == "\(id) 1 0 0")
        }
    }

    @Test func `keeps its order among others of one call, each with its own status`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let alfa = home.member("alfa")
            var envelopes = try (0..<100).map {
                try alfa.sign(.registerKind("kind-\($0)", title: "A kind"))
            }
            envelopes[40] = envelopes[40].withOtherSignature
            let statuses = await node.submit(envelopes, waits: true)
            #expect(statuses.count == 100)
            var places: [(Height, Int)] = []
            for (index, status) in statuses.enumerated() {
                if index == 40 {
                    #expect(status.refusal == .fault(.badSignature))
                } else if case .settled(let id, .executed(let height, let leaf, _)) = status {
                    #expect(id == envelopes[index].bodyHash)
                    places.append((height, leaf))
                }
            }
            #expect(places.count == 99)
            // Each may depend on those before it.
            #expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func `that expires while it waits for its place is told so`() async throws {
        let home = try TestHome()
        let node = try home.node()
        let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
        let waiting = Task { await node.submit([envelope], waits: true) }
        while node.poolCount == 0 { await Task.yield() }
        home.clock.advance(3_600_001)
        let running = Task { try await node.run() }
        let status = try #require(await waiting.value.first)
        guard case .settled(_, .expired) = status else { throw NotExecuted(status: status) }
        node.stop()
        try await running.value
        #expect(node.tip.height == .genesis)
        try node.store.close()
    }

    @Test func `is unknown to a node that has stopped`() async throws {
        let home = try TestHome()
        let node = try home.node()
        node.stop()
        try await node.run()
        let envelope = try home.member("alfa").sign(.registerKind("bike", title: "Bicycle"))
        let status = try await node.outcome(of: envelope)
        guard case .unknown(let id) = status else { throw NotExecuted(status: status) }
        #expect(id == envelope.bodyHash)
        await #expect(throws: NodeStopped.self) {
            try await node.propose([ProposedBlock(time: node.now, transactions: [])])
        }
        try node.store.close()
    }
}

extension Envelope {
    /// The same body and key under a signature that does not fit.
    var withOtherSignature: Envelope {
        var bytes = packed
        bytes[40] ^= 1
        return try! Envelope(packed: bytes)
    }
}
