import ArgumentParser
import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute a whole ledger from its genesis and compare every stored byte.",
        discussion: """
            Checks every signature, executes every entry again and compares headers,
            receipts, attestations, lists and state. Names the first bad height and what
            differs.

              koinon verify --home koinon-home
              koinon verify --home koinon-home --json
              koinon verify --home koinon-home --headers headers.txt

            The file of headers has a line for each block, its height and the hash of its
            recomputed header, to be compared with another member's.

            Exit status: 0 all is as it must be, 1 something differs, 2 the ledger cannot be read.
            """)

    @OptionGroup var homeOption: HomeOption
    @Flag(name: .long, help: "Print the result as JSON.")
    var json = false

    @Option(
        name: .long,
        help: ArgumentHelp("Write every recomputed header's hash to this file.", valueName: "file"))
    var headers: String?

    func run() async throws {
        try await ExitStatus.reporting {
            let home = homeOption.nodeHome
            let list = try headers.map { try HeaderList(path: $0) }
            let genesis = try home.genesis()
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            let line = ProgressLine("verifying")
            let result: Result<Verification.Report, Verification.Finding>
            let start = ContinuousClock.now
            do {
                let report = try await Verification.run(
                    store, genesis: genesis,
                    progress: { height, tip in
                        line.show(
                            done: height.rawValue, of: tip.rawValue,
                            detail: "height \(height) of \(tip)")
                    }, headers: { try list?.add($0) })
                result = .success(report)
            } catch let finding as Verification.Finding {
                result = .failure(finding)
            }
            line.finish()
            try list?.finish()
            let outcome = VerificationOutcome(result, elapsed: start.duration(to: .now))
            print(json ? try outcome.json() : outcome.text)
            if !outcome.isSound { throw ExitStatus.no }
        }
    }
}

/// A text file with a line for each header: its height and its hash.
private final class HeaderList {
    private let file: FileHandle
    private var text = ""

    init(path: String) throws {
        try Data().write(to: URL(filePath: path))
        file = try FileHandle(forWritingTo: URL(filePath: path))
    }

    func add(_ header: BlockHeader) throws {
        text += "\(header.height) \(header.hash.hex)\n"
        if text.utf8.count > 65_536 { try flush() }
    }

    func finish() throws {
        try flush()
        try file.close()
    }

    private func flush() throws {
        try file.write(contentsOf: Data(text.utf8))
        text = ""
    }
}

/// What `verify` found, for people and programs.
struct VerificationOutcome: Encodable {
    var isSound: Bool
    /// The first bad height, if one can be told.
    var height: UInt64?
    var difference: String?
    var blocks: UInt64?
    var transactions: UInt64?
    var signatures: UInt64?
    var stateRows: UInt64?
    var finalHeight: UInt64?
    var stateRoot: String?
    var base: UInt64?
    var seconds: Double

    private enum CodingKeys: String, CodingKey {
        case isSound = "sound"
        case height = "first_bad_height"
        case difference, blocks, transactions, signatures
        case stateRows = "state_rows"
        case finalHeight = "final_height"
        case stateRoot = "state_root"
        case base = "blocks_not_kept_up_to"
        case seconds
    }

    init(_ result: Result<Verification.Report, Verification.Finding>, elapsed: Duration) {
        seconds = elapsed.inSeconds
        switch result {
        case .success(let report):
            isSound = true
            blocks = report.blocks
            transactions = report.transactions
            signatures = report.signatures
            stateRows = report.stateRows
            finalHeight = report.finalHeight.rawValue
            stateRoot = report.tip?.stateRoot.hex
            base = report.base?.rawValue
        case .failure(let finding):
            isSound = false
            height = finding.height?.rawValue
            difference = finding.what
        }
    }

    var text: String {
        guard isSound else {
            let place = height.map { "height \($0): " } ?? ""
            return """
                ✗ not as it must be: \(place)\(difference ?? "")
                  Stop the node, keep this folder as evidence and restore a backup or another member's copy.
                """
        }
        return """
            ✓ all is as it must be
              blocks        \(Text.number(blocks ?? 0)), final up to \(Text.number(finalHeight ?? 0))
              transactions  \(Text.number(transactions ?? 0))
              signatures    \(Text.number(signatures ?? 0)) checked
              state         \(Text.number(stateRows ?? 0)) rows, root \(stateRoot ?? "")
              took          \(Text.seconds(seconds))\(limits)
            """
    }

    /// What could not be checked.
    private var limits: String {
        guard let base else { return "" }
        return """

              not checked   blocks 1 to \(Text.number(base)), which are not kept but for headers or their
                            hashes; and what later blocks did to the state, which is
                            believed because a quorum signed it. A full copy, or
                            `koinon verify` at a member that keeps all, checks that too.
            """
    }

    func json() throws -> String { try Text.json(self) }
}
