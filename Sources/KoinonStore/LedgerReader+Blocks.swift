import KoinonLedger
import KoinonProtocol

/// A stored block without its result.
public struct StoredBlock: Sendable, Equatable {
    public var header: BlockHeader
    /// The header's hash.
    public var hash: Hash256
    /// The log entry that closed it; ``LogPosition/start`` for block 0.
    public var closedAt: LogPosition
}

/// Where an executed transaction stands.
public struct TransactionLocation: Sendable, Equatable {
    public var height: Height
    /// Index in the block's transactions tree, timers counted, and of its receipt.
    public var leaf: Int
}

extension LedgerReader {
    /// The last block.
    public func tip() throws -> StoredBlock {
        guard let tip = try tipIfAny() else {
            throw StoreFault.damaged(what: "block 0 is missing", height: .genesis, cause: nil)
        }
        return tip
    }

    /// Nil only while a ledger is being created.
    func tipIfAny() throws -> StoredBlock? {
        let query = try PreparedStatement(
            cached: Self.blockColumns + "ORDER BY height DESC LIMIT 1", db)
        defer { query.reset() }
        return try query.step() ? block(in: query) : nil
    }

    /// Nil above the tip.
    ///
    /// - Throws: ``StoreFault/notKept(height:base:)`` below the block that the ledger began with.
    public func block(at height: Height) throws -> StoredBlock? {
        let query = try PreparedStatement(cached: Self.blockColumns + "WHERE height = ?", db)
        defer { query.reset() }
        try query.bind(1, height)
        if try query.step() { return try block(in: query) }
        let base = try baseHeight()
        if height < base { throw StoreFault.notKept(height: height, base: base) }
        return nil
    }

    /// The blocks of a range, ascending, without a gap; fewer when the tip comes first, or the
    /// ledger began later.
    public func blocks(_ heights: ClosedRange<Height>) throws -> [StoredBlock] {
        let lowest = try max(heights.lowerBound, lowestHeader())
        let query = try PreparedStatement(
            cached: Self.blockColumns + "WHERE height BETWEEN ? AND ? ORDER BY height", db)
        defer { query.reset() }
        try query.bind(1, lowest)
        try query.bind(2, heights.upperBound)
        var blocks: [StoredBlock] = []
        var expected = lowest
        while try query.step() {
            let block = try block(in: query)
            try check(block.header.height, is: expected)
            blocks.append(block)
            expected = expected.next
        }
        return blocks
    }

    /// The blocks whose headers name another set of members for the next block, ascending.
    ///
    /// - Parameter known: only those above it are looked at; nil looks at all.
    public func heightsChangingMembers(after known: Height? = nil) throws -> [Height] {
        // Offsets of members_hash and next_members_hash in a header, counted from 1.
        let query = try PreparedStatement(
            cached: """
                SELECT height FROM blocks
                WHERE height > ? AND substr(header, 253, 32) <> substr(header, 285, 32)
                ORDER BY height
                """, db)
        defer { query.reset() }
        try query.bind(1, known.map { Int64(clamping: $0.rawValue) } ?? -1)
        var heights: [Height] = []
        while try query.step() { heights.append(Height(try query.unsigned(0))) }
        return heights
    }

    /// Hashes of headers 0 … height − 1, ascending: the leaves of the history tree
    /// that header `height` commits to. All of them when `height` is above the tip.
    ///
    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` naming the first that is missing.
    public func headerHashes(below height: Height) throws -> [Hash256] {
        let query = try PreparedStatement(
            cached: "SELECT height, hash FROM blocks WHERE height < ? ORDER BY height", db)
        defer { query.reset() }
        try query.bind(1, height)
        var hashes = try pastHashes(below: height)
        while try query.step() {
            let expected = Height(UInt64(hashes.count))
            try check(Height(try query.unsigned(0)), is: expected)
            try hashes.append(at(expected) { try query.hash(1) })
        }
        return hashes
    }

    /// Encoded `BlockResult`; nil above the tip.
    public func result(at height: Height) throws -> [UInt8]? {
        let query = try PreparedStatement(
            cached: "SELECT result FROM results WHERE height = ?", db)
        defer { query.reset() }
        try query.bind(1, height)
        if try query.step() { return try at(height) { try query.bytes(0) } }
        try checkKept(height)
        if try block(at: height) == nil { return nil }
        throw StoreFault.damaged(what: "its result is missing", height: height, cause: nil)
    }

    /// Timers and receipts of a block, decoded as they are asked for; none above the tip.
    public func storedResult(at height: Height) throws -> StoredResult {
        try StoredResult(try result(at: height) ?? [], at: height)
    }

    /// The block up to which ``stateRow(_:)``, ``forEachStateRow(prefix:_:)`` and
    /// ``forEachTransaction(_:)`` have every row; the tip's unless a node is under load, or
    /// ended without finishing.
    public func indexedHeight() throws -> Height { try StoreFormat.indexedHeight(db) }

    /// What a block executed, in order, and the leaf of the first, behind those of timers;
    /// none above the tip.
    public func executedTransactions(
        at height: Height
    ) throws -> (firstLeaf: Int, ids: [Hash256]) {
        let query = try PreparedStatement(
            cached: "SELECT first_leaf, executed FROM results WHERE height = ?", db)
        defer { query.reset() }
        try query.bind(1, height)
        guard try query.step() else {
            try checkKept(height)
            return (0, [])
        }
        let (first, bytes) = try at(height) { (try query.unsigned(0), try query.bytes(1)) }
        guard bytes.count.isMultiple(of: 32), let firstLeaf = Int(exactly: first) else {
            throw StoreFault.damaged(
                what: "its list of transactions is none", height: height, cause: nil)
        }
        let ids = bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 32).map {
                Hash256(storage: Storage32(reading: UnsafeRawBufferPointer(rebasing: bytes[$0...])))
            }
        }
        return (firstLeaf, ids)
    }

    /// How many leaves a block's transactions tree has, without reading the receipts where
    /// transactions were executed: they stand behind all timers. 0 above the tip.
    public func leafCount(at height: Height) throws -> Int {
        let query = try PreparedStatement(
            cached: "SELECT first_leaf, length(executed) FROM results WHERE height = ?", db)
        defer { query.reset() }
        try query.bind(1, height)
        guard try query.step() else {
            try checkKept(height)
            return 0
        }
        let executed = try Int(clamping: query.unsigned(1)) / Hash256.byteCount
        if executed > 0 { return try Int(clamping: query.unsigned(0)) + executed }
        return try storedResult(at: height).receiptCount
    }

    /// Nil when no block holds an executed transaction with this id (SHA-256 of its body).
    public func location(ofTransaction id: Hash256) throws -> TransactionLocation? {
        if let location = try indexedLocation(ofTransaction: id) { return location }
        // In the blocks whose rows are still to be written, the last first.
        let tip = try tip().header.height
        let indexed = try indexedHeight()
        guard tip > indexed else { return nil }
        for number in (indexed.rawValue + 1...tip.rawValue).reversed() {
            let height = Height(number)
            let (firstLeaf, ids) = try executedTransactions(at: height)
            if let index = ids.firstIndex(of: id) {
                return TransactionLocation(height: height, leaf: firstLeaf + index)
            }
        }
        return nil
    }

    private func indexedLocation(ofTransaction id: Hash256) throws -> TransactionLocation? {
        let query = try PreparedStatement(
            cached: "SELECT height, leaf FROM transactions WHERE id = ?", db)
        defer { query.reset() }
        try query.bind(1, id)
        guard try query.step() else { return nil }
        let height = Height(try query.unsigned(0))
        guard let leaf = Int(exactly: try query.unsigned(1)) else {
            throw StoreFault.damaged(
                what: "the leaf of transaction \(id) is out of range", height: height, cause: nil)
        }
        return TransactionLocation(height: height, leaf: leaf)
    }

    /// Calls `body` with each row of the transactions' table, ascending by id: those of the
    /// blocks up to ``indexedHeight()``.
    public func forEachTransaction(
        _ body: (_ id: Hash256, _ location: TransactionLocation) throws -> Void
    ) throws {
        let query = try PreparedStatement(
            "SELECT id, height, leaf FROM transactions ORDER BY id", db)
        defer { query.reset() }
        while try query.step() {
            let leaf = Int(clamping: try query.unsigned(2))
            try body(
                query.hash(0),
                TransactionLocation(height: Height(try query.unsigned(1)), leaf: leaf))
        }
    }

    private static let blockColumns = "SELECT height, hash, header, closed_at FROM blocks "

    private func block(in query: PreparedStatement) throws -> StoredBlock {
        let height = Height(try query.unsigned(0))
        return try at(height) {
            let header: BlockHeader
            do {
                header = try BlockHeader(encoded: query.bytes(2))
            } catch let fault as HeaderFault {
                throw StoreFault.damaged(what: fault.description, height: height, cause: nil)
            }
            let hash = try query.hash(1)
            guard header.height == height, header.hash == hash else {
                throw StoreFault.damaged(
                    what: "its header does not have the stored hash \(hash)", height: height,
                    cause: nil)
            }
            return StoredBlock(
                header: header, hash: hash, closedAt: LogPosition(try query.unsigned(3)))
        }
    }

    private func check(_ height: Height, is expected: Height) throws {
        if height != expected {
            throw StoreFault.damaged(what: "it is missing", height: expected, cause: nil)
        }
    }

    /// Names the height in faults that do not know it.
    func at<Value>(_ height: Height, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch StoreFault.damaged(let what, nil, let cause) {
            throw StoreFault.damaged(what: what, height: height, cause: cause)
        }
    }
}
