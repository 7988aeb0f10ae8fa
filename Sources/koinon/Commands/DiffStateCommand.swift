import ArgumentParser
import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

struct DiffStateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff-state",
        abstract: "Find where two ledgers of one alliance part.",
        discussion: """
            Names the first block that differs, its first entry and transaction, and the
            first state key; and which of both blocks this program itself would make. Nodes
            may run on the homes meanwhile.

              koinon diff-state harbour copy-of-another-home

            Exit status: 0 nothing differs, 1 they part, 2 a ledger cannot be read.
            """)

    @Argument(help: "A home.") var one: String
    @Argument(help: "Another home of the same alliance.") var other: String
    @Flag(name: .long, help: "Print the result as JSON.") var json = false

    func run() async throws {
        try await ExitStatus.reporting {
            let stores = try [one, other].map {
                try LedgerStore(opening: URL(filePath: $0), readOnly: true)
            }
            let difference = try LedgerDifference.find(stores[0], stores[1])
            let text = DifferenceText(difference, names: [one, other])
            print(json ? try Text.json(text) : text.text)
            if !difference.isNone { throw ExitStatus.no }
        }
    }
}

/// Where two ledgers part, for people and programs.
struct DifferenceText: Encodable {
    var common: UInt64
    var tips: [UInt64]
    var height: UInt64?
    var headerFields: [String]
    var entry: String?
    var transaction: String?
    var leaf: Int?
    var receipts: [String?]?
    var stateKey: String?
    var values: [String?]?
    var asComputed: [Bool?]
    private let names: [String]

    private enum CodingKeys: String, CodingKey {
        case common = "last_common_height"
        case tips
        case height = "first_differing_height"
        case headerFields = "header_fields"
        case entry = "first_differing_entry"
        case transaction = "first_differing_transaction"
        case leaf, receipts
        case stateKey = "first_differing_state_key"
        case values
        case asComputed = "as_this_program_computes"
    }

    init(_ difference: LedgerDifference, names: [String]) {
        common = difference.common.rawValue
        tips = difference.tips.map(\.rawValue)
        height = difference.height?.rawValue
        headerFields = difference.headerFields
        entry = difference.entry.map { entry in
            "entry \(entry.index): "
                + zip(names, entry.names).map { "\($1 ?? "none") in \($0)" }
                .joined(separator: ", ")
        }
        transaction = difference.result?.transaction?.hex
        leaf = difference.result?.leaf
        receipts = difference.result?.receipts
        stateKey = difference.row.map { Hex.encode($0.key) }
        values = difference.row.map { row in row.values.map { $0.map { Hex.encode($0) } } }
        asComputed = difference.isAsComputed
        self.names = names
    }

    var text: String {
        guard height != nil || stateKey != nil else {
            let ends = zip(names, tips).map { "\($0) at block \(Text.number($1))" }
            return
                "✓ nothing differs up to block \(Text.number(common)) (\(ends.joined(separator: ", ")))"
        }
        var rows = [["last common block", Text.number(common)]]
        if let height { rows.append(["first that differs", Text.number(height)]) }
        if !headerFields.isEmpty {
            rows.append(["in its header", headerFields.joined(separator: ", ")])
        }
        if let entry { rows.append(["first entry", entry]) }
        if let leaf {
            rows.append(["first transaction", transaction ?? "a timer"])
            rows.append(["at leaf", "\(leaf)"])
            for (name, receipt) in zip(names, receipts ?? []) {
                rows.append(["in \(name)", receipt ?? "none"])
            }
        }
        if let stateKey {
            rows.append(["first state key", stateKey])
            for (name, value) in zip(names, values ?? []) {
                rows.append(["in \(name)", value ?? "absent"])
            }
        }
        for (name, isSame) in zip(names, asComputed) {
            guard let isSame else { continue }
            rows.append([
                name, isSame ? "is what this program makes of its entries" : "is NOT what it makes",
            ])
        }
        return "✗ the ledgers part\n" + Text.table(rows) + "\n" + advice
    }

    private var advice: String {
        if height == nil {
            return
                "  The same blocks with other state: one home is damaged. `koinon verify` tells which."
        }
        if entry != nil {
            return "  The order differs: the engine showed two of them. See docs/recovery.md."
        }
        return
            "  The same entries led to two results. Verify both homes; replace the one that fails by a copy."
    }
}
