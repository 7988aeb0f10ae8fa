import ArgumentParser
import Foundation
import KoinonNode
import KoinonServer
import KoinonStore

struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Look after the file by which a node finds things.",
        subcommands: [Rebuild.self])

    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rebuild",
            abstract: "Make the index anew from the ledger.",
            discussion: """
                While a node runs on the home it goes on answering from the old index until
                the new one has everything; this command waits for that. Without a node the
                files are removed, and the next node makes them anew while it serves.

                  koinon index rebuild
                """)

        @OptionGroup var homeOption: HomeOption

        func run() async throws {
            try await ExitStatus.reporting {
                let home = homeOption.nodeHome
                _ = try home.genesis()
                let files = IndexFiles(home: home.directory)
                guard try isServed(home) else {
                    files.removeAll()
                    print("removed the index; the next `koinon node` makes it anew")
                    return
                }
                try files.requestRebuild()
                let line = ProgressLine("waiting for the node")
                let start = ContinuousClock.now
                while files.isRebuildRequested {
                    try await Task.sleep(for: .milliseconds(100))
                    line.show(done: 0, of: 1, detail: "the node makes it anew")
                }
                line.finish()
                let elapsed = start.duration(to: .now)
                print("the index is new, after \(Text.seconds(elapsed.inSeconds))")
            }
        }

        /// Whether a node has the ledger open for writing.
        private func isServed(_ home: NodeHome) throws -> Bool {
            do {
                try LedgerStore(opening: home.directory).close()
                return false
            } catch StoreFault.inUse {
                return true
            }
        }
    }
}
