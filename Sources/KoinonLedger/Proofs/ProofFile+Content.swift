import KoinonProtocol

extension ProofFile {
    /// Whether the content stands in the block of ``contentHeader``.
    func checkContent() throws(ProofFault) -> CheckedProof.Content {
        switch content {
        case .block: return .block
        case .transaction(let proof):
            return try check(proof)
        case .state(let key, let value, let siblings):
            let proof = StateProof(siblings: siblings, otherLeaf: nil)
            guard proof.verifies(key: key, value: value, root: contentHeader.stateRoot) else {
                throw ProofFault(
                    path: "content", problem: "does not lead to the block's state root")
            }
            return .state(key: key, value: value)
        case .absent(let key, let proof):
            guard proof.verifies(key: key, value: nil, root: contentHeader.stateRoot) else {
                throw ProofFault(
                    path: "content", problem: "does not show the key absent from the state")
            }
            return .absent(key: key)
        }
    }

    private func check(_ proof: TransactionProof) throws(ProofFault) -> CheckedProof.Content {
        let body: TransactionBody
        do {
            body = try TransactionBody(strict: proof.transaction.body)
        } catch {
            throw ProofFault(path: "content.transaction", problem: "is none: \(error)")
        }
        guard ChainID(body.chain) == chain else {
            throw ProofFault(path: "content.transaction", problem: "is meant for another chain")
        }
        guard proof.transaction.isAuthentic(as: .transaction) else {
            throw ProofFault(
                path: "content.transaction", problem: "has a signature that is not its key's")
        }
        let transactionsRoot = MerkleTree.root(
            fromLeafHash: MerkleTree.leafHash(.transaction, proof.transaction.packed),
            steps: proof.path.map { .init(side: $0.side, sibling: $0.transactions) })
        guard transactionsRoot == contentHeader.transactionsRoot else {
            throw ProofFault(
                path: "content.path", problem: "does not lead to the block's transactions")
        }
        let receiptsRoot = MerkleTree.root(
            fromLeafHash: MerkleTree.leafHash(proof.receipt),
            steps: proof.path.map { .init(side: $0.side, sibling: $0.receipts) })
        guard receiptsRoot == contentHeader.receiptsRoot else {
            throw ProofFault(
                path: "content.receipt", problem: "does not lead to the block's receipts")
        }
        do {
            return .transaction(
                id: proof.transaction.bodyHash, envelope: proof.transaction, body: body,
                receipt: try Receipt(strict: proof.receipt))
        } catch {
            throw ProofFault(path: "content.receipt", problem: "is none: \(error)")
        }
    }
}
