import KoinonLedger
import KoinonProtocol
import KoinonStore

extension LedgerReader {
    /// Timers and receipts of a stored block; empty above the tip.
    ///
    /// - Throws: `StoreFault.damaged` for bytes that do not decode.
    func decodedResult(at height: Height) throws -> BlockResult {
        let bytes = try result(at: height) ?? []
        do { return try BlockResult(strict: bytes) } catch {
            throw StoreFault.damaged(
                what: "its receipts do not decode: \(error)", height: height, cause: nil)
        }
    }

    /// What the entries of a stored block carry as transactions, in order.
    ///
    /// - Throws: `StoreFault.damaged` for bytes that do not decode.
    func carriedTransactions(at height: Height) throws -> [Envelope] {
        try entries(ofBlock: height).flatMap { envelope in
            do {
                return try EntryBody(strict: envelope.body).transactions.map { try Envelope($0) }
            } catch {
                throw StoreFault.damaged(
                    what: "an entry does not decode: \(error)", height: height, cause: nil)
            }
        }
    }
}
