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
}
