import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonEtcd

/// One more member, as docs/operate.md says.
@Suite("a fifth member of an alliance on etcd", .needsEtcd, .timeLimit(.minutes(30)))
struct AdmissionTests {
    @Test("is admitted, certified and given its role, and its node takes transactions and signs")
    func admission() async throws {
        let alliance = try await RunningAlliance.start(later: 1)
        let echo = try #require(MemberID(rawValue: "echo"))
        var builder = try alliance.builder(of: 3)
        func done(_ kind: String, at index: Int) async throws -> UInt64 {
            let client = try alliance.client(index)
            let built = try builder.build(
                [.registerKind(kind, title: "A kind")], now: try await client.status().ledgerNow)
            let answer = try await client.submit(
                built.envelope, wait: .final, limit: RunningAlliance.patience)
            #expect(answer.status == .done && answer.final == true, "\(answer)")
            return try #require(answer.height)
        }
        _ = try await done("before", at: 3)

        let koinon = "'\(BuiltCommand.koinon.path)'"
        try await alliance.succeed(
            """
            \(koinon) join --genesis genesis.json --home members/echo --member echo \\
                --peer http://\(alliance.nodes[0].host):\(alliance.nodes[0].port)
            """)
        let keys = KeyRing(home: alliance.home(4).path)
        try await alliance.decide(
            "In",
            Action.admission(
                of: echo, name: "Echo", nodeKey: keys.key(named: "echo.node").publicKey,
                accountKey: keys.key(named: "echo").publicKey))
        let signed = try await alliance.shell("\(koinon) alliance certificate echo --folder .")
        #expect(signed.status == 0, "\(signed.output)")
        let commands = try Self.commands(for: echo, chain: alliance.genesis.chain)
        for command in commands { #expect(signed.output.contains(command)) }
        try await alliance.succeed(
            """
            set -e
            ctl() { \(try alliance.etcdctl()) "$@"; }
            \(commands.map { $0.replacing("etcdctl ", with: "ctl ") }.joined(separator: "\n"))
            """)
        try alliance.configureNode(4)
        try await alliance.startNode(4)

        let height = try await alliance.client(0).status().finalHeight
        try await until("its node has what the others have", of: alliance) {
            try await alliance.client(4).status().finalHeight >= height
        }
        let last = try await done("after", at: 4)
        try await until("it has signed", of: alliance) {
            let members = try await alliance.client(0).status().memberStates ?? []
            return members.contains { $0.id == "echo" && ($0.attested ?? 0) >= last }
        }
        #expect(try await alliance.client(0).members().count == 5)
        for index in alliance.members.indices { #expect(try await alliance.stopNode(index) == 0) }
    }

    private func until(
        _ what: String, of alliance: RunningAlliance, _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + RunningAlliance.patience
        while true {
            // A node that starts does not answer yet.
            if (try? await condition()) == true { return }
            try #require(
                ContinuousClock.now < deadline, "\(what): \(alliance.log(of: "echo"))")
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Those of the page, which are those that the code knows.
    private static func commands(for member: MemberID, chain: ChainID) throws -> [String] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/operate.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let block = try #require(page.firstMatch(of: /```sh\n(etcdctl role add NAME\n[^`]*)```/))
        let commands = block.output.1.split(separator: "\n").map {
            $0.replacing("NAME", with: member.rawValue)
                .replacing("CHAIN", with: Hex.encode(chain.bytes))
        }
        #expect(
            commands
                == EtcdRoles.adding(member, chain: chain)
                .map { "etcdctl \($0.joined(separator: " "))" })
        return commands.map { String($0) }
    }
}

extension RunningAlliance {
    /// Tells the home of a member that joined where etcd is and where its node answers, as the
    /// first member's home does.
    fileprivate func configureNode(_ index: Int) throws {
        let home = NodeHome(home(index))
        var address = try address(of: 0)
        address.certificate = "etcd/\(members[index]).pem"
        address.key = "etcd/\(members[index])-key.pem"
        var configuration = try home.configuration()
        configuration.engine = .etcd(address)
        try home.write(configuration)
        let settings = "http:\n  host: \(nodes[index].host)\n  port: \(nodes[index].port)\n"
        try Data(settings.utf8).write(to: home.directory.appending(path: "server.yaml"))
    }
}
