import Foundation
import Glibc
import Testing

/// Faults of networks: cut, losing packets, slow.
extension FaultTests {
    @Test("outlives the partition of one node", .long, .needsNamespaces)
    func cutNode() async throws {
        try await FaultRun.with(ways: .isolated) { run in
            let network = try #require(run.alliance.network)
            try await run.fault("partition of one node for 10 s") { _ in
                try network.cut(0)
                try await run.goesOn(except: [0])
                try await run.expectStatus("does not answer", remedy: "is it running", of: 0)
                try await run.expectStatus(
                    "see that a majority of the servers run", remedy: "docs/operate.md", of: 0,
                    at: 0)
                try await Task.sleep(for: .seconds(5))
                try network.heal(0)
            }
        }
    }

    @Test("outlives the partition of two nodes", .long, .needsNamespaces)
    func cutTwoNodes() async throws {
        try await FaultRun.with(ways: .isolated) { run in
            let network = try #require(run.alliance.network)
            try await run.fault("partition of two nodes for 10 s") { alliance in
                try network.cut(0)
                try network.cut(1)
                try await run.expectStatus(
                    "2 of 4 members have signed block", remedy: "bring back 1 of alfa, bravo")
                // Two of four are no quorum. Clients may still be told of what was final before.
                let before = try await alliance.client(2).status().finalHeight
                try await Task.sleep(for: .seconds(3))
                #expect(try await alliance.client(2).status().finalHeight == before)
                try network.heal(0)
                try network.heal(1)
            }
        }
    }

    @Test("outlives the partition of the leader of etcd", .long, .needsNamespaces)
    func cutLeader() async throws {
        try await FaultRun.with(ways: .isolated) { run in
            let network = try #require(run.alliance.network)
            try await run.fault("partition of the leader of etcd for 10 s") { alliance in
                let leader = alliance.members.count + (try await alliance.leader())
                let begin = ContinuousClock.now
                try network.cut(leader)
                try await run.goesOn(since: begin)
                try await Task.sleep(for: .seconds(10))
                try await run.goesOn()
                try network.heal(leader)
            }
        }
    }

    @Test("outlives 5% of all packets lost", .long, .needsNamespaces)
    func lose() async throws {
        try await FaultRun.with(ways: .isolated) { run in
            let network = try #require(run.alliance.network)
            try await run.fault("5% of all packets lost for 15 s") { _ in
                for host in network.hosts { try network.lose(host, percent: 5) }
                try await run.goesOn()
                try await Task.sleep(for: .seconds(15))
                try await run.goesOn()
                for host in network.hosts { try network.keepAll(host) }
            }
        }
    }

    @Test("outlives 200 ms of delay on every connection, each way", .long)
    func delay() async throws {
        try await FaultRun.with(ways: .relayed) { run in
            try await run.fault("200 ms of delay on every connection for 20 s") { alliance in
                alliance.delay(.milliseconds(200))
                try await goesOn(run, for: .seconds(20))
                alliance.delay(.zero)
            }
        }
    }

    /// Lost are packets from a relay to a process, on the way of each connection's both ends.
    @Test("outlives 5% of all packets lost and 200 ms of delay at once", .long, .needsNamespaces)
    func loseAndDelay() async throws {
        try await FaultRun.with(ways: [.isolated, .relayed]) { run in
            let network = try #require(run.alliance.network)
            try await run.fault("5% of all packets lost and 200 ms of delay for 20 s") { alliance in
                for host in network.hosts { try network.lose(host, percent: 5) }
                alliance.delay(.milliseconds(200))
                try await goesOn(run, for: .seconds(20))
                for host in network.hosts { #expect(try network.lost(host) > 0) }
                alliance.delay(.zero)
                for host in network.hosts { try network.keepAll(host) }
            }
        }
    }

    private func goesOn(_ run: FaultRun, for time: Duration) async throws {
        let begin = ContinuousClock.now
        var rounds = 0
        while begin.duration(to: .now) < time {
            try await run.goesOn()
            rounds += 1
        }
        print("delay: \(rounds) rounds")
    }
}

extension Trait where Self == ConditionTrait {
    static var needsNamespaces: Self {
        .enabled(
            if: TestNetwork.isAvailable, "needs root, network namespaces, a bridge and nftables")
    }
}
