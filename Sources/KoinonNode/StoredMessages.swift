import KoinonLedger
import KoinonProtocol
import KoinonStore

extension LedgerReader {
    /// Timers and receipts of a stored block; empty above the tip.
    ///
    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` for bytes that do not decode.
    public func decodedResult(at height: Height) throws -> BlockResult {
        let bytes = try result(at: height) ?? []
        do { return try BlockResult(strict: bytes) } catch {
            throw StoreFault.damaged(
                what: "its receipts do not decode: \(error)", height: height, cause: nil)
        }
    }

    /// What a stored block executed, in the order of its leaves, as it was signed.
    ///
    /// - Throws: `StoreFault.damaged` for bytes that do not decode.
    func executedEnvelopes(at height: Height) throws -> (firstLeaf: Int, [Envelope]) {
        let (firstLeaf, ids) = try executedTransactions(at: height)
        // Transactions that the block ignored stand in its entries, but have no leaf.
        var rest = ids[...]
        let envelopes = try carriedTransactions(at: height).filter { transaction in
            guard transaction.bodyHash == rest.first else { return false }
            rest.removeFirst()
            return true
        }
        return (firstLeaf, envelopes)
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
