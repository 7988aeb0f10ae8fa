import ArgumentParser
import Foundation
import KoinonNode
import KoinonProtocol
import KoinonStore

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Give up old blocks of a home, and give their space back.",
        discussion: """
            Gives up entries, receipts and lists of transactions of final blocks but the
            last ones. Headers, members' signatures and the state stay: later transactions
            and the state can still be proven. Those of the blocks given up cannot, not
            here. There is no way back but another member's copy.

              koinon prune --home koinon-home --keep-blocks 100000

            No node may run on the home. A node prunes by itself when prune.keepBlocks is
            set (docs/configuration.md); the space is then used again, not given back.
            """)

    @OptionGroup var homeOption: HomeOption
    @Option(name: .long, help: "How many of the last blocks to keep, at least 1.")
    var keepBlocks: UInt64

    func run() async throws {
        try await ExitStatus.reporting {
            guard keepBlocks > 0 else {
                throw ValidationError("--keep-blocks: keep at least one block")
            }
            let home = homeOption.nodeHome
            let genesis = try home.genesis()
            let store = try LedgerStore(opening: home.directory)
            // The rows that a node which ended by a crash left behind.
            _ = try store.resumeReplica()
            let before = try store.read { try ($0.baseHeight(), $0.bytes()) }
            let finalHeight = try Pruning.finalHeight(of: store, genesis: genesis)
            guard
                let height = try Pruning.highest(
                    in: store, keeping: keepBlocks, finalHeight: finalHeight)
            else {
                try store.close()
                print("nothing to give up: whole blocks from \(before.0.next) on")
                return
            }
            let line = ProgressLine("pruning")
            try Pruning.run(store, genesis: genesis, through: height) { done in
                line.show(done: done.rawValue, of: height.rawValue)
            }
            line.finish()
            try store.compact()
            let after = try store.read { try $0.bytes() }
            try store.close()
            print(
                "gave up blocks \(before.0.next) to \(height): \(Text.bytes(before.1)) became \(Text.bytes(after))"
            )
        }
    }
}
