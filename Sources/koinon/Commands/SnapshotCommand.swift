import ArgumentParser
import Foundation
import KoinonNode
import KoinonProtocol
import KoinonStore

struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Make, list and remove snapshots for nodes that join.",
        discussion: """
            A snapshot is the whole state after one final block, in parts that a new node
            fetches and checks one by one. A node serves what its home holds; making one
            does not hold it up.

              koinon snapshot make --home koinon-home
              koinon snapshot list --home koinon-home
              koinon snapshot remove 4711 --home koinon-home

            A node makes them by itself when snapshots.everyBlocks is set
            (docs/configuration.md).
            """,
        subcommands: [Make.self, List.self, Remove.self])

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a snapshot of the last state that is stored, once it is final.")

        @OptionGroup var homeOption: HomeOption
        @Option(name: .long, help: "Seconds that the block may take to become final.")
        var within = 60

        func run() async throws {
            try await ExitStatus.reporting {
                let home = homeOption.nodeHome
                let genesis = try home.genesis()
                let folder = SnapshotFolder(home: home)
                let store = try LedgerStore(opening: home.directory, readOnly: true)
                let start = ContinuousClock.now
                let height = try await folder.make(
                    of: store, genesis: genesis, limit: .seconds(within))
                try store.close()
                let seconds = start.duration(to: .now).inSeconds
                let size = try folder.size(at: height)
                print(
                    "snapshot of block \(height): \(Text.bytes(size)) in \(Text.seconds(seconds))")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the home's snapshots, the newest first.")

        @OptionGroup var homeOption: HomeOption

        func run() async throws {
            try await ExitStatus.reporting {
                _ = try homeOption.nodeHome.configuration()
                let folder = SnapshotFolder(home: homeOption.nodeHome)
                let rows = try folder.heights().map { height in
                    ["block \(height)", Text.bytes(try folder.size(at: height))]
                }
                print(
                    rows.isEmpty
                        ? "no snapshots; make one with `koinon snapshot make`"
                        : Text.table(rows, right: [1]))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a snapshot.")

        @Argument(help: "Its block.") var height: UInt64
        @OptionGroup var homeOption: HomeOption

        func run() async throws {
            try await ExitStatus.reporting {
                try SnapshotFolder(home: homeOption.nodeHome).remove(at: Height(height))
                print("the snapshot of block \(height) is gone")
            }
        }
    }
}
