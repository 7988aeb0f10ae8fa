import GRDB
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// Writes one batch inside the caller's transaction, after checking that it
/// continues what is stored.
struct BatchWriter {
    private let db: Database

    init(_ db: Database) { self.db = db }

    /// - Parameter rows: blocks, of this batch or stored before, whose rows by key are to be
    ///   written now; in order, and beginning after those written last.
    func write(_ batch: CommitBatch, rows: IndexedRows) throws {
        let reader = LedgerReader(db)
        let lastPosition = try reader.lastPosition()
        let tip = try reader.tipIfAny()
        try checkPositions(of: batch.log, after: lastPosition)
        try checkEntries(of: batch, tip: tip, lastPosition: lastPosition)
        try writeLog(batch.log)
        if batch.leavesOrder { try StoreFormat.forgetOrderedThrough(db) }
        if let ordered = batch.orderedThrough { try StoreFormat.setOrderedThrough(ordered, db) }
        try writeBlocks(batch.blocks, after: tip)
        if batch.endsWithLastBlock { try endLog() }
        try write(rows)
        try writeAttestations(batch.attestations)
    }

    private func checkPositions(of log: [LogEntry], after last: LogPosition) throws {
        var last = last
        for entry in log {
            guard entry.position == last.next else {
                throw StoreFault.notContinuous(
                    "log position \(entry.position) follows \(last)")
            }
            last = entry.position
        }
    }

    /// Holds the log and the blocks together: a block's entries are those with
    /// effect after the block before, up to the entry that closed it.
    private func checkEntries(
        of batch: CommitBatch, tip: StoredBlock?, lastPosition: LogPosition
    ) throws {
        if batch.blocks.isEmpty { return }
        var closedAt = tip?.closedAt ?? .start
        var waiting: [LogEntry] = []
        if closedAt < lastPosition {
            try LedgerReader(db).forEachLogEntry(from: closedAt.next) { waiting.append($0) }
        }
        waiting += batch.log
        var rest = waiting[...]
        for block in batch.blocks {
            let height = block.executed.header.height
            // Nothing is before block 0, which no entry closed.
            guard block.closedAt > closedAt || tip == nil else {
                throw StoreFault.notContinuous(
                    "block \(height) closes at \(block.closedAt), the one before at \(closedAt)")
            }
            let own = rest.prefix { $0.position <= block.closedAt }
            let last = own.last?.position ?? .start
            guard last == block.closedAt,
                own.lazy.filter(\.hasEffect).map(\.envelope).elementsEqual(block.executed.entries)
            else {
                throw StoreFault.notContinuous(
                    "the log up to \(block.closedAt) has other entries than block \(height)")
            }
            rest = rest.dropFirst(own.count)
            closedAt = block.closedAt
        }
    }

    private func writeLog(_ log: [LogEntry]) throws {
        let insert = try PreparedStatement(
            cached: "INSERT INTO log (position, effect, packed) VALUES (?, ?, ?)", db)
        for entry in log {
            try insert.bind(1, entry.position)
            try insert.bind(2, entry.hasEffect ? 1 : 0 as Int64)
            try insert.bind(3, entry.envelope.packed)
            try insert.run()
        }
    }

    /// The entries that have closed no block are read again.
    private func endLog() throws {
        let entries = try PreparedStatement("DELETE FROM log WHERE position > ?", db)
        try entries.bind(1, LedgerReader(db).tip().closedAt)
        try entries.run()
        try StoreFormat.forgetOrderedThrough(db)
    }

    private func writeBlocks(_ blocks: [ClosedBlock], after tip: StoredBlock?) throws {
        let insertBlock = try PreparedStatement(
            cached: "INSERT INTO blocks (height, hash, header, closed_at) VALUES (?, ?, ?, ?)", db)
        let insertResult = try PreparedStatement(
            cached: """
                INSERT INTO results (height, first_leaf, executed, result) VALUES (?, ?, ?, ?)
                """, db)
        var previous = tip.map { (header: $0.header, hash: $0.hash) }
        for block in blocks {
            let header = block.executed.header
            try check(header, follows: previous)
            let hash = header.hash
            try insertBlock.bind(1, header.height)
            try insertBlock.bind(2, hash)
            try insertBlock.bind(3, header.encoded)
            try insertBlock.bind(4, block.closedAt)
            try insertBlock.run()
            try insertResult.bind(1, header.height)
            try insertResult.bind(2, Int64(block.executed.transactions.first?.leaf ?? 0))
            try insertResult.bind(3, Self.ids(of: block.executed))
            try insertResult.bind(4, block.executed.result)
            try insertResult.run()
            previous = (header, hash)
        }
    }

    private static func ids(of block: ExecutedBlock) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 * block.transactions.count)
        for transaction in block.transactions {
            transaction.id.storage.withBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    private func check(
        _ header: BlockHeader, follows previous: (header: BlockHeader, hash: Hash256)?
    ) throws {
        guard let previous else {
            guard header.height == .genesis, header.parent == .zero else {
                throw StoreFault.notContinuous("a ledger begins with block 0")
            }
            return
        }
        guard header.height == previous.header.height.next else {
            throw StoreFault.notContinuous(
                "block \(header.height) follows \(previous.header.height)")
        }
        guard header.parent == previous.hash else {
            throw StoreFault.notContinuous(
                "the parent of block \(header.height) is not block \(previous.header.height)")
        }
        guard header.chain == previous.header.chain else {
            throw StoreFault.notContinuous("block \(header.height) is of another chain")
        }
    }

    private func write(_ rows: IndexedRows) throws {
        guard let last = rows.blocks.last else { return }
        let insert = try PreparedStatement(
            cached: "INSERT INTO transactions (id, height, leaf) VALUES (?, ?, ?)", db)
        for transaction in rows.transactions() {
            try insert.bind(1, transaction.id)
            try insert.bind(2, transaction.height)
            try insert.bind(3, Int64(transaction.leaf))
            try insert.run()
        }
        let put = try PreparedStatement(
            cached: "INSERT OR REPLACE INTO state (key, value, height) VALUES (?, ?, ?)", db)
        let remove = try PreparedStatement(cached: "DELETE FROM state WHERE key = ?", db)
        for (change, height) in rows.coalescedChanges() {
            if let value = change.value {
                try put.bind(1, change.key)
                try put.bind(2, value)
                try put.bind(3, height)
                try put.run()
            } else {
                try remove.bind(1, change.key)
                try remove.run()
            }
        }
        try StoreFormat.setIndexedHeight(last.header.height, db)
    }

    func writeAttestations(_ attestations: [StoredAttestation]) throws {
        let insert = try PreparedStatement(
            cached: """
                INSERT INTO attestations (height, member, packed) VALUES (?, ?, ?)
                ON CONFLICT (height, member) DO NOTHING
                """, db)
        for attestation in attestations {
            try insert.bind(1, attestation.height)
            try insert.bind(2, text: attestation.member.rawValue)
            try insert.bind(3, attestation.envelope.packed)
            try insert.run()
        }
    }
}
