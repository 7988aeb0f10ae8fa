import ArgumentParser
import Foundation
import KoinonEtcd
import KoinonLedger
import KoinonNode
import KoinonProtocol

struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Sign a certificate for a member's node or a server of etcd.",
        discussion: """
            For one that is new, and again before the one that is there ends: they are
            good for two years. NAME is the member's, the server's, or root for the one
            who runs etcd. FOLDER/authority signs.

              koinon alliance certificate member5 --folder alliance
              koinon alliance certificate root --folder alliance
              koinon alliance certificate etcd1 --folder alliance --server
              koinon alliance certificate etcd1 --server --host 10.0.0.5

            NAME.pem, NAME-key.pem and, where it is missing, ca.pem go where `koinon
            alliance init` puts them, or into --output. What was there before stays
            beside them, with the time in its name.
            """)

    @Argument(help: "Whose: a member's short name, root, or with --server a server's name.")
    var name: String
    @Option(name: .long, help: "The alliance's folder, with authority/ in it.")
    var folder = "koinon-alliance"
    @Flag(name: .long, help: "For a server of etcd, which others ask.")
    var server = false
    @Option(
        name: .long,
        help: "An address or name of the server; repeat for more. The same as before when left out."
    )
    var host: [String] = []
    @Option(name: .shortAndLong, help: "Another folder for the files.")
    var output: String?

    func validate() throws {
        guard server || host.isEmpty else {
            throw ValidationError("--host: only a server's certificate names any; add --server")
        }
    }

    func run() async throws {
        try await ExitStatus.reporting {
            let alliance = URL(filePath: folder, directoryHint: .isDirectory)
            let holder = try holder
            let now = Date()
            let certificates = try AllianceCertificates(in: alliance, at: now)
            let signed = try certificates.sign(
                for: holder, into: output.map { URL(filePath: $0, directoryHint: .isDirectory) },
                at: now)
            print("signed for \(name), \(signed.text)")
            print(try next(holder, signed, genesis: try? NodeHome(alliance).genesis()))
        }
    }

    private var holder: AllianceCertificates.Holder {
        get throws {
            if server { return .server(name, hosts: host) }
            if name == AllianceCertificates.operatorName { return .etcdOperator }
            guard let id = MemberID(rawValue: name) else {
                throw ValidationError(
                    "NAME: \"\(name)\": use 1 to 27 of a-z, 0-9, \"-\", \".\" and \"_\", beginning with a letter or digit"
                )
            }
            return .member(id)
        }
    }

    private func next(
        _ holder: AllianceCertificates.Holder, _ signed: AllianceCertificates.Signed,
        genesis: GenesisDocument?
    ) throws -> String {
        switch holder {
        case .etcdOperator:
            """
            next: give both to the one who runs etcd. Nothing warns before they end: note the
              day
            """
        case .server:
            """
            next: put both, if they run elsewhere, into etcd/certificates of the server's machine;
              etcd takes them for new connections. Members' nodes warn three weeks before
              they end
            """
        case .member(let id) where isNew(id, signed, genesis):
            """
            next: give the three files to \(id), for etcd/ in the home of its node, whose node.json
              names them in engine.etcd; and give it its role in etcd, if it has none yet:
            \(Self.roles(of: id, genesis))
            """
        case .member:
            """
            next: put both, if the node runs elsewhere, into etcd/ of its home;
              it takes them within 10 seconds and says so in its log
            """
        }
    }

    private func isNew(
        _ id: MemberID, _ signed: AllianceCertificates.Signed, _ genesis: GenesisDocument?
    ) -> Bool {
        signed.kept.isEmpty && genesis?.memberSet.members.contains { $0.id == id } != true
    }

    private static func roles(of id: MemberID, _ genesis: GenesisDocument?) -> String {
        guard let genesis else { return "    docs/operate.md, One more member" }
        return EtcdRoles.adding(id, chain: genesis.chain)
            .map { "    etcdctl \($0.joined(separator: " "))" }.joined(separator: "\n")
    }
}

extension AllianceCertificates.Signed {
    /// Until when it is good, and where everything lies.
    var text: String {
        var rows = [
            ["certificate", certificate.relativePath],
            ["key", "\(key.relativePath), for its owner alone"],
        ]
        if !hosts.isEmpty { rows.append(["answers at", hosts.joined(separator: ", ")]) }
        for file in kept { rows.append(["from before", file.relativePath]) }
        return "good until \(end.formatted(.iso8601.year().month().day()))\n" + Text.table(rows)
    }
}
