import ArgumentParser
import Foundation
import KoinonNode

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a home into a folder, while its node runs.",
        discussion: """
            Copies the ledger as it stands after one block, with genesis.json, settings and
            content. Keys, the certificate for etcd and sealed reviews are left out unless
            asked for: keep a copy of them apart, offline.

              koinon backup --home koinon-home --to backups/monday
              koinon restore --from backups/monday --home restored-home
            """)

    @OptionGroup var homeOption: HomeOption
    @Option(name: .long, help: "The folder to make.") var to: String
    @Flag(name: .long, help: "Copy keys, etcd/ and sealed reviews too.") var withKeys = false

    func run() async throws {
        try await ExitStatus.reporting {
            let height = try Backup.make(
                of: homeOption.nodeHome, to: URL(filePath: to, directoryHint: .isDirectory),
                withKeys: withKeys)
            print("\(to): the home as of block \(height), \(withKeys ? "with" : "without") keys")
        }
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a home of a backup.",
        discussion: """
            The home must hold no ledger. Put HOME/keys and HOME/etcd there afterwards if
            the backup does not have them. What the home's members signed after the backup
            is not in it, so a node of an alliance only follows there until its member has
            a new node key: docs/operate.md says how.

              koinon restore --from backups/monday --home restored-home
            """)

    @Option(name: .long, help: "The backup's folder.") var from: String
    @OptionGroup var homeOption: HomeOption

    func run() async throws {
        try await ExitStatus.reporting {
            let height = try Backup.restore(
                URL(filePath: from, directoryHint: .isDirectory), to: homeOption.nodeHome)
            print("\(homeOption.home): restored as of block \(height)")
            let hosts = try homeOption.nodeHome.configuration().hosts
            if try !hosts.isEmpty && homeOption.nodeHome.keyRing.names().isEmpty {
                print("  without keys: put those of \(hosts.joined(separator: ", ")) into keys/")
            }
            print(
                """
                next: koinon verify --home \(homeOption.home), then koinon node --home \(homeOption.home)
                """)
        }
    }
}
