import KoinonLedger
import KoinonProtocol

/// The row of the state that a page is about, as it was when the page was made.
struct ShownRow: Sendable {
    let key: [UInt8]
    let value: [UInt8]?

    /// Where its proof is to be had, and the hash by which the reader's browser sees that the
    /// page shows what is proven; empty where nothing stands under the key.
    var proof: PageModel {
        [
            "proof_url": "/v1/proofs/state/\(Hex.encode(key))",
            "shown_row": ["hash": value.map { Hash256.sha256($0).hex } ?? ""] as PageModel,
        ]
    }
}

extension ViewReader {
    func row(under key: [UInt8]) -> ShownRow {
        ShownRow(key: key, value: state.value(for: key))
    }

    /// - Parameter key: in hexadecimal, as views have it.
    func row(under key: String) -> ShownRow { row(under: Hex.decode(key) ?? []) }
}
