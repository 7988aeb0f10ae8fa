import KoinonLedger
import KoinonProtocol

/// The leaves of a block's transactions and receipts trees, timers first.
///
/// Each is encoded once: the same bytes are hashed and stored.
struct BlockLeaves: Sendable {
    /// Encoded `BlockResult`: its timers, then its receipts.
    private(set) var encodedResult: [UInt8] = []
    private(set) var receipts: [Receipt] = []
    private(set) var transactions: [(id: Hash256, leaf: Int)] = []
    private(set) var transactionHashes: [Hash256] = []
    private(set) var receiptHashes: [Hash256] = []
    private var encodedReceipts: [UInt8] = []

    mutating func append(_ timer: TimerRecord, _ receipt: Receipt) {
        precondition(transactions.isEmpty, "timers stand before transactions")
        let encoded = timer.encoded
        encodedResult.append(field: 1, encoded)
        transactionHashes.append(MerkleTree.leafHash([0] + encoded))
        append(receipt)
    }

    mutating func append(_ transaction: CheckedTransaction, _ receipt: Receipt) {
        transactions.append((transaction.id, transactionHashes.count))
        transactionHashes.append(Leaf.hash(transaction.envelope))
        append(receipt)
    }

    private mutating func append(_ receipt: Receipt) {
        let encoded = receipt.encoded
        receipts.append(receipt)
        receiptHashes.append(MerkleTree.leafHash(encoded))
        encodedReceipts.append(field: 2, encoded)
    }

    /// No more leaves follow.
    mutating func finish() {
        encodedResult += encodedReceipts
        encodedReceipts = []
    }
}
