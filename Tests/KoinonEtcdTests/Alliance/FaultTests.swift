import Foundation
import Glibc
import KoinonClient
import KoinonProtocol
import Testing

@testable import KoinonEtcd

/// Faults of real processes under constant load. `make faults` runs all of them on three
/// servers of etcd and prints how long each recovery took; `make test` runs the short ones.
@Suite("an alliance under load", .needsEtcd, .serialized, .timeLimit(.minutes(10)))
struct FaultTests {
    /// `make faults`.
    static let isLong = ProcessInfo.processInfo.environment["KOINON_FAULTS"] != nil

    @Test("outlives the kill of each node in turn, and of a server of etcd")
    func short() async throws {
        try await FaultRun.with(servers: 3) { run in
            try await run.fault("kill -9 of each node in turn") { alliance in
                for index in alliance.members.indices {
                    try await alliance.killNode(index)
                    try await run.goesOn(except: [index])
                    try await alliance.startNode(index)
                }
            }
            try await run.fault("the whole order trimmed while a node was away") { alliance in
                try await alliance.stopNode(3)
                try await run.goesOn(except: [3])
                await run.load.stop()
                try await alliance.trimEverything()
                run.load.start()
                try await alliance.startNode(3)
            }
            try await run.fault("kill -9 of the leader of etcd") { alliance in
                let leader = try await alliance.leader()
                try await alliance.killServer(leader)
                try await run.goesOn()
                try alliance.startServer(leader)
            }
        }
    }

    @Test("outlives what takes longer", .enabled(if: FaultTests.isLong, "run by `make faults`"))
    func long() async throws {
        try await FaultRun.with(servers: 3) { run in
            try await run.fault("kill -9 of two members of etcd, and back") { alliance in
                try await alliance.killServer(0)
                try await alliance.killServer(1)
                try await Task.sleep(for: .seconds(5))
                try alliance.startServer(0)
                try alliance.startServer(1)
            }
            try await run.fault("SIGSTOP of a node for 20 s") { alliance in
                alliance.signalNode(1, SIGSTOP)
                try await Task.sleep(for: .seconds(20))
                alliance.signalNode(1, SIGCONT)
            }
            try await run.fault("SIGSTOP of the leader of etcd for 20 s") { alliance in
                let leader = try await alliance.leader()
                alliance.signalServer(leader, SIGSTOP)
                try await run.goesOn()
                try await Task.sleep(for: .seconds(20))
                alliance.signalServer(leader, SIGCONT)
            }
            try await run.fault("history compacted under a stopped node") { alliance in
                alliance.signalNode(2, SIGSTOP)
                try await Task.sleep(for: .seconds(5))
                try await alliance.compact()
                alliance.signalNode(2, SIGCONT)
            }
            try await run.fault("data of one member of etcd deleted") { alliance in
                try await alliance.replaceServer(2)
            }
        }
    }
}

/// One alliance under load, and what became of it after each fault.
final class FaultRun: Sendable {
    let alliance: RunningAlliance
    let load: Load

    private static let limit = Duration.seconds(60)

    private init(_ alliance: RunningAlliance) throws {
        self.alliance = alliance
        load = try Load(alliance)
    }

    /// Founds an alliance and breaks it as `body` does. Afterwards all nodes stop as they
    /// should, and the load stops whatever happened, or it would keep the processes.
    static func with(
        servers: Int, isolated: Bool = false, _ body: (FaultRun) async throws -> Void
    ) async throws {
        let run = try FaultRun(
            try await RunningAlliance.start(servers: servers, isolated: isolated))
        run.load.start()
        do {
            try await run.goesOn()
            try await body(run)
        } catch {
            await run.load.stop()
            throw error
        }
        await run.load.stop()
        for index in run.alliance.members.indices {
            #expect(try await run.alliance.stopNode(index) == 0)
        }
    }

    /// Clients of all nodes, but for those named, are told that something new is final.
    func goesOn(
        except: Set<Int> = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let time = try await load.untilAllFinal(
            after: .now, within: Self.limit, except: except)
        try #require(
            time != nil, "\(alliance.members.map { alliance.log(of: $0) })",
            sourceLocation: sourceLocation)
    }

    /// Lets something go wrong and heal, prints how long it takes from then until every
    /// node's clients are told that something new is final, and looks at all ledgers.
    func fault(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (RunningAlliance) async throws -> Void
    ) async throws {
        try await body(alliance)
        let time = try await load.untilAllFinal(after: .now, within: Self.limit)
        let recovered = try #require(
            time, "\(name): no recovery. \(alliance.members.map { alliance.log(of: $0) })",
            sourceLocation: sourceLocation)
        let (seconds, atto) = recovered.components
        let milliseconds = seconds * 1_000 + atto / 1_000_000_000_000_000
        print("fault: \(name): recovered in \(milliseconds) ms")
        await load.stop()
        try await alliance.expectAgreement(load, sourceLocation: sourceLocation)
        load.start()
    }
}

extension RunningAlliance {
    private struct Status: Decodable {
        struct Body: Decodable {
            var header: [String: UInt64]
            var leader: UInt64
        }
        var endpoint: String
        var status: Body

        enum CodingKeys: String, CodingKey {
            case endpoint = "Endpoint"
            case status = "Status"
        }
    }

    private func statuses() async throws -> [Status] {
        let command = "\(try etcdctl()) endpoint status --write-out json 2>/dev/null || true"
        let output = try await shell(command)
        return try JSONDecoder().decode([Status].self, from: Data(output.output.utf8))
    }

    /// Which server leads.
    func leader() async throws -> Int {
        let statuses = try await statuses()
        let leader = try #require(
            statuses.first { $0.status.leader == $0.status.header["member_id"] })
        return try #require(
            servers.firstIndex {
                leader.endpoint.hasSuffix("\($0.host):\($0.clientPort)")
            })
    }

    /// Forgets all history up to now.
    func compact() async throws {
        let revision = try #require(
            await statuses().compactMap { $0.status.header["revision"] }.max())
        let command = "\(try etcdctl()) compact \(revision)"
        let run = try await shell(command)
        #expect(run.status == 0, "\(run.output)")
    }

    /// Forgets the whole order, as members' nodes do of old blocks.
    func trimEverything() async throws {
        let keys = EntryKeys(chain: genesis.chain)
        let entries = String(decoding: keys.entries, as: UTF8.self)
        let run = try await shell(
            """
            set -e
            # What is under way comes first.
            sleep 1
            ctl() { \(try etcdctl()) "$@"; }
            last=$(ctl get --prefix '\(entries)' --keys-only --sort-by CREATE --order DESCEND \\
                --limit 1 --write-out json | sed 's/.*"create_revision":\\([0-9]*\\).*/\\1/')
            ctl put '\(String(decoding: keys.trimmed, as: UTF8.self))' "$last"
            ctl del --prefix '\(entries)'
            """)
        #expect(run.status == 0, "\(run.output)")
    }

    /// Ends a server, deletes what it stored, and lets it join again as the runbook says.
    func replaceServer(_ index: Int) async throws {
        let name = AllianceFolder.serverName(index)
        try await killServer(index)
        let url = "https://\(servers[index].host):\(servers[index].peerPort)"
        let script = """
            set -e
            ctl() { \(try etcdctl()) "$@"; }
            # The others may have to choose a leader first.
            sleep 3
            id=$(ctl member list | grep ' \(name),' | cut -d, -f1)
            ctl member remove $id
            rm -rf etcd/data/\(name)
            ctl member add \(name) --peer-urls=\(url)
            sed -i '$a initial-cluster-state: existing' etcd/\(name).yaml
            """
        let run = try await shell(script)
        #expect(run.status == 0, "\(run.output)")
        try startServer(index)
    }
}
