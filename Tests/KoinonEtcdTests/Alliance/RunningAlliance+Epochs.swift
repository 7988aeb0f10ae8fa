import Foundation
import KoinonNode
import KoinonStore
import Testing

@testable import KoinonEtcd
@testable import TestNodes

/// A planned change of the log, as docs/operate.md says.
extension RunningAlliance {
    /// Each member in turn states what it attested; its node runs on, and attests no more.
    func closeEpoch() async throws {
        for (index, name) in members.enumerated() {
            #expect(try await stopNode(index) == 0)
            try await recover("state --home members/\(name) --output \(name).statement")
            try await startNode(index)
        }
    }

    /// Stops all nodes, and begins the next epoch on every home.
    ///
    /// - Parameter changing: what changes while none runs.
    func beginEpoch(_ changing: () async throws -> Void = {}) async throws {
        for index in members.indices { #expect(try await stopNode(index) == 0) }
        try await recover(
            "propose --home members/\(members[0]) --output epoch.record *.statement")
        for name in members {
            try await recover("sign --home members/\(name) epoch.record --output \(name).record")
        }
        try await changing()
        let copies = members.map { "\($0).record" }.joined(separator: " ")
        for name in members { try await recover("begin --home members/\(name) \(copies)") }
        for index in members.indices { try await startNode(index) }
    }

    private func recover(_ arguments: String) async throws {
        try await succeed("'\(BuiltCommand.koinon.path)' alliance recover \(arguments)")
    }

    /// Ends the servers of etcd, begins others elsewhere that hold nothing, and names them to
    /// the nodes, none of which runs.
    func moveServers() async throws {
        let ports = try FreePorts.take(2 * servers.count)
        var moves = [("etcd/data/", "etcd/moved/"), ("initial-cluster-token: ", "$0moved-")]
        for (index, server) in servers.enumerated() {
            try await killServer(index)
            moves.append((server.client, "\(server.host):\(ports[2 * index])"))
            moves.append((server.peer, "\(server.host):\(ports[2 * index + 1])"))
        }
        let files =
            ["etcd/roles.sh"] + members.map { "members/\($0)/node.json" }
            + servers.indices.map { "etcd/\(AllianceFolder.serverName($0)).yaml" }
        for file in files.map({ folder.appending(path: $0) }) {
            var text = try String(contentsOf: file, encoding: .utf8)
            for (old, new) in moves {
                text = text.replacing(old, with: new.replacing("$0", with: old))
            }
            try Data(text.utf8).write(to: file)
        }
        for index in servers.indices { try startServer(index) }
        try await OwnThread.run { try self.untilHealthy() }
        try await succeed("etcd/roles.sh")
    }

    /// The epoch of a member's last block.
    func epoch(_ index: Int) throws -> UInt64 {
        let store = try LedgerStore(opening: home(index), readOnly: true)
        defer { try? store.close() }
        return try store.read { try $0.tip().header.epoch }
    }
}
