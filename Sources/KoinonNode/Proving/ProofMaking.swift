import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What a proof file cannot be made of, and what to do.
public enum ProofMakingFault: Error, Equatable, CustomStringConvertible {
    case unknownTransaction(Hash256)
    case notFinal(Height)
    case unknownBlock(Height)
    case present
    case absent

    public var description: String {
        switch self {
        case .unknownTransaction(let id):
            "transaction \(id): no block holds it; look its id up with `koinon query`"
        case .notFinal(let height):
            "block \(height): no quorum of members has signed it or a later block yet; try again when it is final"
        case .unknownBlock(let height):
            "block \(height): this ledger does not hold it, or not behind the other one; give heights up to its last, and two ascending"
        case .present: "this key is present; prove it with `koinon proof state KEY`"
        case .absent: "nothing stands under this key; prove that with `koinon proof absent KEY`"
        }
    }
}

extension LedgerStore {
    /// A proof file of an executed transaction and its receipt.
    ///
    /// - Throws: ``ProofMakingFault``, or the store's fault.
    public func prove(transaction id: Hash256, genesis: GenesisDocument) throws -> ProofFile {
        try prove(transaction: id) { try MemberHistory($0, genesis: genesis) }
    }

    fileprivate func prove(
        transaction id: Hash256, history: (LedgerReader) throws -> MemberHistory
    ) throws -> ProofFile {
        try read { reader in
            guard let location = try reader.location(ofTransaction: id) else {
                throw ProofMakingFault.unknownTransaction(id)
            }
            let parts = ProofParts(reader, history: try history(reader))
            let content = try parts.transaction(id, at: location)
            return try parts.file(content, about: location.height)
        }
    }

    /// A proof file of a block's place in the chain.
    ///
    /// - Throws: ``ProofMakingFault``, or the store's fault.
    public func prove(block height: Height, genesis: GenesisDocument) throws -> ProofFile {
        try prove(block: height) { try MemberHistory($0, genesis: genesis) }
    }

    fileprivate func prove(
        block height: Height, history: (LedgerReader) throws -> MemberHistory
    ) throws -> ProofFile {
        try read { reader in
            try ProofParts(reader, history: try history(reader)).file(.block, about: height)
        }
    }

    /// A proof file of what stands under a key in the state after the last block.
    ///
    /// - Parameter expectsValue: false to prove that nothing does.
    /// - Throws: ``ProofMakingFault``, or the store's fault.
    public func prove(
        stateKey key: [UInt8], expectsValue: Bool, genesis: GenesisDocument
    ) throws -> ProofFile {
        let replica = try loadReplica()
        let value = replica.state.value(for: key)
        guard (value != nil) == expectsValue else {
            throw value == nil ? ProofMakingFault.absent : ProofMakingFault.present
        }
        let content = ProofFile.Content(key: key, value: value, in: replica.tree)
        return try read { reader in
            let parts = ProofParts(reader, history: try MemberHistory(reader, genesis: genesis))
            return try parts.file(content, about: replica.header.height)
        }
    }
}

extension Node {
    /// A proof file of an executed transaction and its receipt, once its block is final.
    ///
    /// Takes milliseconds then: it reads and hashes the whole block.
    /// - Throws: ``ProofMakingFault``: `notFinal` when the block is not signed within the limit;
    ///   or the store's fault.
    public func prove(
        transaction id: Hash256, limit: Duration = .seconds(5)
    ) async throws -> ProofFile {
        try await untilStored(before: ContinuousClock.now.advanced(by: limit)) {
            [store, memberHistory] in
            try store.prove(transaction: id) { try memberHistory.current($0) }
        }
    }

    /// A proof file of a block's place in the chain, once it is final.
    ///
    /// - Throws: ``ProofMakingFault``: `notFinal` when the block is not signed within the limit;
    ///   `unknownBlock` above the last block; or the store's fault.
    public func prove(
        block height: Height, limit: Duration = .seconds(5)
    ) async throws -> ProofFile {
        guard height <= replica.read({ $0.header.height }) else {
            throw ProofMakingFault.unknownBlock(height)
        }
        return try await untilStored(before: ContinuousClock.now.advanced(by: limit)) {
            [store, memberHistory] in
            try store.prove(block: height) { try memberHistory.current($0) }
        }
    }

    /// Tries again while the signatures that make a block final are not there, or on their way
    /// to the disk.
    private func untilStored(
        before deadline: ContinuousClock.Instant,
        _ make: @escaping @Sendable () throws -> ProofFile
    ) async throws -> ProofFile {
        while true {
            do {
                return try await OwnThread.runInTurn(make)
            } catch let fault as ProofMakingFault {
                guard case .notFinal(let height) = fault, ContinuousClock.now < deadline,
                    try await progress.untilFinal(height, before: deadline)
                else { throw fault }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// A proof file of what stands under a key, or that nothing does, after the last block.
    ///
    /// - Parameter expectsValue: nil takes either.
    /// - Throws: ``ProofMakingFault``: `notFinal` when the block is not durable and signed
    ///   within the limit; or the store's fault.
    public func prove(
        stateKey key: [UInt8], expectsValue: Bool?, limit: Duration = .seconds(5)
    ) async throws -> ProofFile {
        let (content, height, isPresent) = try await OwnThread.run { [replica] in
            replica.readTree { replica, tree in
                let value = replica.state.value(for: key)
                return (
                    ProofFile.Content(key: key, value: value, in: tree), replica.header.height,
                    value != nil
                )
            }
        }
        if let expectsValue, expectsValue != isPresent {
            throw isPresent ? ProofMakingFault.present : ProofMakingFault.absent
        }
        let deadline = ContinuousClock.now.advanced(by: limit)
        guard try await progress.untilFinal(height, before: deadline) else {
            throw ProofMakingFault.notFinal(height)
        }
        return try await untilStored(before: deadline) { [store, memberHistory] in
            try store.read { reader in
                let parts = ProofParts(reader, history: try memberHistory.current(reader))
                return try parts.file(content, about: height)
            }
        }
    }
}

/// Collects headers, quorums and paths from one view of the store.
struct ProofParts {
    let reader: LedgerReader
    let history: MemberHistory

    init(_ reader: LedgerReader, history: MemberHistory) {
        self.reader = reader
        self.history = history
    }

    func transaction(
        _ id: Hash256, at location: TransactionLocation
    ) throws -> ProofFile.Content {
        let leaves = try StoredLeaves(reader, height: location.height)
        guard let envelope = leaves.transactions[location.leaf], envelope.bodyHash == id,
            leaves.receipts.count == leaves.transactionHashes.count
        else {
            throw StoreFault.damaged(
                what: "transaction \(id) is not at leaf \(location.leaf) of as many receipts",
                height: location.height, cause: nil)
        }
        let receiptHashes = leaves.receipts.map { MerkleTree.leafHash($0) }
        // Nothing else looks at the receipts of the others.
        guard
            MerkleTree.root(ofLeafHashes: receiptHashes)
                == (try stored(location.height)).receiptsRoot
        else {
            throw StoreFault.damaged(
                what: "its receipts are not those of its header", height: location.height,
                cause: nil)
        }
        return .transaction(
            ProofFile.TransactionProof(
                transaction: envelope, receipt: leaves.receipts[location.leaf],
                leaf: location.leaf, transactionLeafHashes: leaves.transactionHashes,
                receiptLeafHashes: receiptHashes))
    }

    /// The file, anchored in the block itself or in the first later one with a quorum.
    func file(_ content: ProofFile.Content, about height: Height) throws -> ProofFile {
        let tip = try reader.tip().header.height
        var anchor = height
        while anchor <= tip {
            if hasQuorum(try attestations(at: anchor), anchor) { break }
            anchor = anchor.next
        }
        guard anchor <= tip, anchor > .genesis else { throw ProofMakingFault.notFinal(height) }
        let header = try stored(anchor)
        var older: ProofFile.History?
        if anchor != height {
            older = ProofFile.History(
                header: try stored(height), headerHashes: try reader.headerHashes(below: anchor))
        }
        let records = try epochRecords(before: header)
        return ProofFile(
            header: header, attestations: try attestations(at: anchor),
            memberChanges: try changes(before: anchor, records), epochRecords: records,
            history: older, content: content)
    }

    /// Those before a height; without a quorum of its own only one on which an epoch began.
    func changes(
        before height: Height, _ records: [ProofFile.EpochRecord]
    ) throws -> [ProofFile.MemberChange] {
        try history.changes.filter { $0.height < height }.compactMap { change in
            let signed = try attestations(at: change.height)
            guard hasQuorum(signed, change.height) else {
                if records.contains(where: { $0.header.height == change.height }) { return nil }
                throw ProofMakingFault.notFinal(change.height)
            }
            return ProofFile.MemberChange(
                header: try stored(change.height), attestations: signed, members: change.members)
        }
    }

    func attestations(at height: Height) throws -> [ProofFile.Attestation] {
        try reader.attestations(at: height).map {
            ProofFile.Attestation(member: $0.member, envelope: $0.envelope)
        }
    }

    func hasQuorum(_ signed: [ProofFile.Attestation], _ height: Height) -> Bool {
        signed.count >= history.judges(of: height).quorum
    }

    func stored(_ height: Height) throws -> BlockHeader {
        guard let block = try reader.block(at: height) else {
            throw StoreFault.damaged(what: "it is missing", height: height, cause: nil)
        }
        return block.header
    }
}

extension LedgerReader {
    /// An executed transaction as it was signed, and its block; nil when no block holds it.
    public func signedTransaction(_ id: Hash256) throws -> (Envelope, Height)? {
        guard let location = try location(ofTransaction: id) else { return nil }
        let (firstLeaf, envelopes) = try executedEnvelopes(at: location.height)
        let place = location.leaf - firstLeaf
        return envelopes.indices.contains(place) ? (envelopes[place], location.height) : nil
    }
}

/// The leaves of a stored block's transactions and receipts trees.
struct StoredLeaves {
    var transactionHashes: [Hash256] = []
    var transactions: [Int: Envelope] = [:]
    var receipts: [[UInt8]]

    init(_ reader: LedgerReader, height: Height) throws {
        let result = try reader.storedResult(at: height)
        receipts = result.encodedReceipts
        transactionHashes = try result.decodedTimers().map {
            MerkleTree.leafHash(Leaf.timer($0))
        }
        for transaction in try reader.executedEnvelopes(at: height).1 {
            transactions[transactionHashes.count] = transaction
            transactionHashes.append(MerkleTree.leafHash(Leaf.transaction(transaction)))
        }
    }
}
