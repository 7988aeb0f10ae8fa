import ArgumentParser
import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write what happened as lines of JSON, for other programs.",
        subcommands: [Events.self])

    struct Events: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "events",
            abstract: "Write every event, one line each, in order.",
            discussion: """
                Each line names block, time, leaf and transaction, and holds the event in its
                JSON form (docs/formats/events.md).

                  koinon export events --output events.jsonl
                  koinon export events --from 1000

                Reading needs no running node.
                """)

        @Option(name: .long, help: "The first block.") var from: UInt64 = 0
        @Option(name: .long, help: "Where to write; standard output unless named.")
        var output: String?
        @OptionGroup var homeOption: HomeOption

        func run() async throws {
            try await ExitStatus.reporting {
                let home = homeOption.nodeHome
                _ = try home.genesis()
                let store = try LedgerStore(opening: home.directory, readOnly: true)
                let handle = try output.map { path in
                    try Data().write(to: URL(filePath: path))
                    return try FileHandle(forWritingTo: URL(filePath: path))
                }
                let written = try store.read { reader in
                    try write(reader, to: handle ?? .standardOutput)
                }
                try handle?.close()
                if let output { print("wrote \(Text.number(written)) events to \(output)") }
            }
        }

        private func write(_ reader: LedgerReader, to handle: FileHandle) throws -> Int {
            let last = try reader.tip().header.height.rawValue
            guard from <= last else {
                Terminal.writeError(
                    "the ledger goes up to block \(last): nothing from block \(from) on\n")
                return 0
            }
            let line = ProgressLine("exporting")
            defer { line.finish() }
            var written = 0
            for height in from...last {
                let lines = try reader.eventLines(ofBlock: Height(height))
                if !lines.isEmpty {
                    try handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
                }
                written += lines.count
                if output != nil { line.show(done: height, of: last) }
            }
            return written
        }
    }
}
