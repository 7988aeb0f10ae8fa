import ArgumentParser
import Foundation
import KoinonEtcd
import KoinonMachine
import KoinonNode
import KoinonProtocol

struct AllianceInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Found an alliance: a home a member, an etcd, certificates, and what starts it.",
        discussion: """
            Everything goes into one folder, with configuration for this machine. Each home
            under FOLDER/members belongs to one member, and may be moved to its own
            machine, as each server of etcd may; addresses then change in node.json,
            server.yaml and etcd/*.yaml.

              koinon alliance init --members 4 --folder alliance
              alliance/start.sh

            docs/operate.md says how to run it.
            """)

    @Option(name: .long, help: "A new folder for everything.")
    var folder = "koinon-alliance"
    @Option(name: .long, help: "The alliance's name, for people; at most 64 bytes.")
    var name = "My alliance"
    @Option(name: .long, help: "How many members, named member1, member2 and so on.")
    var members = 4
    @Option(name: .long, help: "A member's short name instead; repeat for more.")
    var member: [String] = []
    @Option(name: .long, help: "Servers of etcd: 1, 3 or 5. A majority of them must run.")
    var etcd = 3
    @Option(name: .long, help: "The address at which everything answers.")
    var host = "127.0.0.1"
    @Option(name: .long, help: "The first node's port; the others take those that follow.")
    var httpPort = 8101
    @Option(name: .long, help: "The first port of etcd; each server takes two.")
    var etcdPort = 23790

    func validate() throws {
        guard (1...64).contains(members) else { throw ValidationError("--members: 1 to 64") }
        guard [1, 3, 5].contains(etcd) else { throw ValidationError("--etcd: 1, 3 or 5") }
        let ports = 1...65_000
        guard ports.contains(httpPort), ports.contains(etcdPort) else {
            throw ValidationError("--http-port and --etcd-port: 1 to 65000")
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            let names = member.isEmpty ? (1...members).map { "member\($0)" } : member
            let ids = try names.map { name in
                guard let id = MemberID(rawValue: name) else {
                    throw ValidationError(
                        "--member: \"\(name)\": use 1 to 27 of a-z, 0-9, \"-\", \".\" and \"_\", beginning with a letter or digit"
                    )
                }
                return id
            }
            let plan = AllianceFolder.Plan(
                name: name, members: ids,
                nodes: ids.indices.map { .init(host: host, port: httpPort + $0) },
                servers: (0..<etcd).map {
                    .init(
                        host: host, clientPort: etcdPort + 2 * $0, peerPort: etcdPort + 2 * $0 + 1)
                },
                time: SystemClock().now, processes: StandardProcesses.all)
            let genesis = try AllianceFolder.found(
                plan, in: URL(filePath: folder, directoryHint: .isDirectory).absoluteURL)
            print(
                """
                founded "\(name)" in \(folder)
                  chain    \(genesis.chain)
                  members  \(names.joined(separator: ", ")): each has its home under \(folder)/members
                  order    \(etcd) servers of etcd, for members' certificates only
                next: \(folder)/start.sh
                keep \(folder)/authority offline; docs/operate.md says what else matters
                """)
        }
    }
}
