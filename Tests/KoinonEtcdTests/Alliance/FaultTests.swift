import Foundation
import Glibc
import Testing

/// Faults of real processes under constant load, each by itself. `make faults` runs all of
/// them and prints how long each recovery took; `make test` runs the short ones.
@Suite("an alliance under load", .needsEtcd, .serialized, .timeLimit(.minutes(30)))
struct FaultTests {
    /// `make faults`.
    static let isLong = ProcessInfo.processInfo.environment["KOINON_FAULTS"] != nil

    @Test("outlives kill -9 of each node in turn")
    func killNodes() async throws {
        try await FaultRun.with { run in
            for index in run.alliance.members.indices {
                try await run.fault("kill -9 of a node") { alliance in
                    try await alliance.killNode(index)
                    try await run.goesOn(except: [index])
                    try await run.expectStatus(
                        "does not answer (nobody listens there)",
                        remedy: "Start it with `koinon node", of: index)
                    let begin = ContinuousClock.now
                    try await alliance.startNode(index)
                    try await run.goesOn(since: begin)
                }
            }
        }
    }

    @Test("outlives that all but the newest of the order is trimmed while a node is away")
    func trim() async throws {
        try await FaultRun.with { run in
            try await run.fault("the order trimmed while a node was away") { alliance in
                try await alliance.stopNode(3)
                try await run.goesOn(except: [3])
                await run.load.stop()
                try await alliance.settle(except: [3])
                try await alliance.trim()
                run.load.start()
                let begin = ContinuousClock.now
                try await alliance.startNode(3)
                try await run.goesOn(since: begin)
            }
        }
    }

    @Test("outlives kill -9 of the leader of etcd")
    func killLeader() async throws {
        try await FaultRun.with { run in
            try await run.fault("kill -9 of the leader of etcd") { alliance in
                let leader = try await alliance.leader()
                let begin = ContinuousClock.now
                try await alliance.killServer(leader)
                try await run.goesOn(since: begin)
                try alliance.startServer(leader)
            }
        }
    }

    @Test("outlives kill -9 of two members of etcd", .long)
    func killServers() async throws {
        try await FaultRun.with { run in
            try await run.fault("kill -9 of two members of etcd, and back") { alliance in
                for server in 0...1 { try await alliance.killServer(server) }
                try await run.expectStatus(
                    "see that a majority of the servers run", remedy: "docs/operate.md", of: 2)
                try await run.expectStatus(
                    "transactions wait, and no block has closed for",
                    remedy: "look at its servers")
                for server in 0...1 { try alliance.startServer(server) }
            }
        }
    }

    @Test("outlives SIGSTOP of a node for 20 s", .long)
    func stopNode() async throws {
        try await FaultRun.with { run in
            try await run.fault("SIGSTOP of a node for 20 s") { alliance in
                alliance.signalNode(1, SIGSTOP)
                try await run.goesOn(except: [1])
                try await run.expectStatus(
                    "does not answer (no answer in 3 s)", remedy: "read its log", of: 1)
                try await Task.sleep(for: .seconds(16))
                // Since that block, or none of the last: by how many blocks came meanwhile.
                try await run.expectStatus(
                    "has signed no",
                    remedy: "one more, and nothing becomes final", of: 1)
                alliance.signalNode(1, SIGCONT)
            }
        }
    }

    @Test("outlives SIGSTOP of the leader of etcd for 20 s", .long)
    func stopLeader() async throws {
        try await FaultRun.with { run in
            try await run.fault("SIGSTOP of the leader of etcd for 20 s") { alliance in
                let leader = try await alliance.leader()
                let begin = ContinuousClock.now
                alliance.signalServer(leader, SIGSTOP)
                try await run.goesOn(since: begin)
                try await Task.sleep(for: .seconds(20))
                try await run.goesOn()
                alliance.signalServer(leader, SIGCONT)
            }
        }
    }

    @Test("outlives that history is compacted under a stopped node", .long)
    func compact() async throws {
        try await FaultRun.with { run in
            try await run.fault("history compacted under a stopped node") { alliance in
                alliance.signalNode(2, SIGSTOP)
                try await run.goesOn(except: [2])
                try await Task.sleep(for: .seconds(5))
                try await alliance.compact()
                alliance.signalNode(2, SIGCONT)
            }
        }
    }

    @Test("outlives that the data of one member of etcd is deleted", .long)
    func deleteData() async throws {
        try await FaultRun.with { run in
            try await run.fault("data of one member of etcd deleted") { alliance in
                let begin = ContinuousClock.now
                try await alliance.replaceServer(2)
                try await run.goesOn(since: begin)
            }
        }
    }

    @Test("outlives one clock a day ahead, and goes by the others", .long)
    func clock() async throws {
        try await FaultRun.with { run in
            let ahead = try await run.alliance.clock(ahead: 86_400)
            try await run.fault("a clock one day ahead") { alliance in
                try await alliance.stopNode(3)
                try await alliance.startNode(3, wrapper: ahead)
                try await run.goesOn(except: [3])
                let status = try await alliance.client(0).status()
                let wrong = try await alliance.client(3).status()
                #expect(wrong.now.ms > status.now.ms + 80_000_000)
                try await run.expectStatus("ahead", remedy: "by NTP", of: 3)
                try await run.goesOn(except: [3])
                let later = try await alliance.client(0).status()
                #expect(later.time.ms < later.now.ms + 1_000)
                try await alliance.stopNode(3)
                let begin = ContinuousClock.now
                try await alliance.startNode(3)
                try await run.goesOn(since: begin)
            }
        }
    }

    @Test("outlives a full disk", .long, .enabled(if: getuid() == 0, "needs root for a small disk"))
    func disk() async throws {
        try await FaultRun.with { run in
            try await run.fault("a full disk, and room again") { alliance in
                try await alliance.stopNode(3)
                try await alliance.mount(3, megabytes: 32)
                try await alliance.startNode(3)
                try await run.goesOn()
                try await run.expectStatus(
                    "MiB are free on its disk", remedy: "a node whose disk is full stops", of: 3)
                let filler = alliance.home(3).appending(path: "filler").path
                _ = try await alliance.shell("dd if=/dev/zero of='\(filler)' bs=64k 2>/dev/null")
                // It stops rather than acknowledge what it cannot store.
                try await alliance.untilEnded(3)
                let log = alliance.log(of: alliance.members[3])
                // Of the ledger, or of what its member signs.
                #expect(log.contains("disk is full") || log.contains("No space left on device"))
                try await run.goesOn(except: [3])
                try await run.expectStatus("does not answer", remedy: "read its log", of: 3)
                try await run.expectStatus(
                    "no node runs on this home", remedy: "read its log", at: 3)
                _ = try await alliance.shell("rm '\(filler)'")
                try await alliance.unmount(3)
                let begin = ContinuousClock.now
                try await alliance.startNode(3)
                try await run.goesOn(since: begin)
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Not in `make test`.
    static var long: Self { .enabled(if: FaultTests.isLong, "run by `make faults`") }
}
