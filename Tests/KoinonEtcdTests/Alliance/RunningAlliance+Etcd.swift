import Foundation
import KoinonProtocol
import Testing

@testable import KoinonEtcd

/// What the operator of etcd does, and what should not happen to etcd.
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

    /// Forgets all of the order but each author's newest entries, as members' nodes do of old
    /// blocks. Every member's mark names the last final block of those that run.
    func trim(keeping newest: Int = 20) async throws {
        let keys = EntryKeys(chain: genesis.chain, epoch: 0)
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        let final = try await Height(client(0).status().finalHeight)
        let commands = members.map { member in
            let lane = text(keys.lane(of: member))
            return """
                ctl put '\(text(keys.mark(of: member)))' '\(keys.mark(at: final))'
                first=$(ctl get --prefix '\(lane)' --keys-only | grep . | tail -n \(newest) | head -n 1)
                ctl del '\(lane)' "$first"
                """
        }
        let run = try await shell(
            """
            set -e
            ctl() { \(try etcdctl()) "$@"; }
            \(commands.joined(separator: "\n"))
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
            for _ in $(seq 180); do ctl member list >/dev/null 2>&1 && break; sleep 1; done
            id=$(ctl member list | grep ' \(name),' | cut -d, -f1)
            for _ in $(seq 30); do
                ctl member remove $id && break
                # What nobody answered may have been done all the same.
                members=$(ctl member list) && ! grep -q ' \(name),' <<<"$members" && break
                sleep 1
            done
            rm -rf etcd/data/\(name)
            # A new leader takes nobody in before it has been connected to the others for 5 s.
            for _ in $(seq 30); do ctl member add \(name) --peer-urls=\(url) && break; sleep 1; done
            sed -i '$a initial-cluster-state: existing' etcd/\(name).yaml
            """
        let run = try await shell(script)
        let logs = run.status == 0 ? "" : try await shell("tail -n 40 etcd*.log").output
        #expect(run.status == 0, "\(run.output)\n\(logs)")
        try startServer(index)
    }
}
