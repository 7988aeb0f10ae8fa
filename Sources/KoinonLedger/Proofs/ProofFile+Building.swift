import KoinonProtocol

extension ProofFile.TransactionProof {
    /// - Parameters:
    ///   - leaf: the transaction's place among the leaves; timers come first.
    ///   - transactionLeafHashes: of all leaves of the block's tree of transactions.
    ///   - receiptLeafHashes: of all leaves of its tree of receipts, as many.
    public init(
        transaction: Envelope, receipt: [UInt8], leaf: Int,
        transactionLeafHashes: [Hash256], receiptLeafHashes: [Hash256]
    ) {
        precondition(
            transactionLeafHashes.count == receiptLeafHashes.count,
            "each transaction and timer has one receipt")
        let transactions = MerkleTree.sidedPath(leafHashes: transactionLeafHashes, index: leaf)
        let receipts = MerkleTree.sidedPath(leafHashes: receiptLeafHashes, index: leaf)
        self.init(
            transaction: transaction, receipt: receipt,
            path: zip(transactions, receipts).map {
                Step(side: $0.side, transactions: $0.sibling, receipts: $1.sibling)
            })
    }
}

extension ProofFile.History {
    /// - Parameters:
    ///   - header: the older header.
    ///   - headerHashes: hashes of the headers 0 … height − 1 of the later one.
    public init(header: BlockHeader, headerHashes: [Hash256]) {
        self.init(
            header: header,
            path: MerkleTree.inclusionPath(
                leafHashes: headerHashes.map { MerkleTree.leafHash($0) },
                index: Int(header.height.rawValue)))
    }
}

extension ProofFile.Content {
    /// Shows the key's value, or that it has none, in the tree as it is.
    ///
    /// - Parameter value: nil when the tree has nothing there.
    public init(key: [UInt8], value: [UInt8]?, in tree: StateTree) {
        let proof = tree.prove(key: key)
        if let value {
            self = .state(key: key, value: value, siblings: proof.siblings)
        } else {
            self = .absent(key: key, proof: proof)
        }
    }
}

extension MerkleTree {
    /// The first byte of a leaf in a block's tree of transactions.
    public enum LeafKind: UInt8, Sendable {
        /// Then the encoded `TimerRecord`.
        case timer = 0
        /// Then the packed transaction.
        case transaction = 1
    }

    /// Leaf hash in a block's tree of transactions.
    public static func leafHash(_ kind: LeafKind, _ content: [UInt8]) -> Hash256 {
        leafHash([kind.rawValue] + content)
    }
}
