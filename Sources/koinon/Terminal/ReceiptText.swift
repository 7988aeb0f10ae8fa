import KoinonMachine
import KoinonProtocol

/// Receipts in words.
enum ReceiptText {
    /// "done", or which condition of which field was violated, and the remedy.
    static func outcome(_ receipt: Receipt) -> String {
        receipt.code == 0 ? "done" : "rejected: \(rejection(receipt))"
    }

    static func rejection(_ receipt: Receipt) -> String {
        let meaning = Modules.rejectionMeanings[receipt.code]
        let field = receipt.field.isEmpty ? "" : ", field \(receipt.field)"
        let detail = receipt.detail.isEmpty ? "" : ", \(receipt.detail)"
        let remedy = meaning.map { ": \($0.remedy)" } ?? ""
        return
            "\(meaning?.name ?? "code \(receipt.code)") (action \(receipt.actionIndex)\(field)\(detail))\(remedy)"
    }

    /// What happened, an event a line: its name, then its fields.
    static func events(_ receipt: Receipt) -> String {
        Text.table(receipt.events.map { row($0) })
    }

    private static func row(_ event: Event) -> [String] {
        // {"module":{"event_name":{"field":value,…}}}: the fields hold no objects.
        let parts = event.jsonForm(pretty: false).split(separator: "{", maxSplits: 3)
        guard parts.count == 3 else { return [event.jsonForm(pretty: false)] }
        func name(_ part: Substring) -> String {
            part.filter { $0 != "\"" && $0 != ":" }.replacing("_", with: " ")
        }
        let fields = parts[2].prefix { $0 != "}" }.split(separator: ",").map { field in
            field.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\"" } }
                .joined(separator: " ")
        }
        return [name(parts[1]), fields.joined(separator: ", ")]
    }
}
