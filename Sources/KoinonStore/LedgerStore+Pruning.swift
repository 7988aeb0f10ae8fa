import Foundation
import GRDB
import KoinonLedger
import KoinonProtocol

extension LedgerStore {
    /// Blocks given up in one transaction.
    private static let blocksPerStep: UInt64 = 256

    /// Gives up entries, receipts and the list of transactions of all blocks up to one. Headers
    /// and attestations stay, so that proofs of later blocks hold.
    ///
    /// In steps, each a transaction, with commits between them; an interruption leaves fewer
    /// blocks given up. What was freed is used by later blocks; ``compact()`` gives it back to
    /// the file system.
    ///
    /// - Parameters:
    ///   - changes: of the members, up to that block: the events that made them are given up.
    ///   - progress: called with the block up to which it is done.
    /// - Throws: ``StoreFault/notContinuous(_:)`` for the last block and those above, and those
    ///   whose rows by key are not written; the store's fault.
    public func prune(
        through height: Height, changes: [StoredMemberChange],
        progress: (Height) -> Void = { _ in }
    ) throws {
        var base = try read { try $0.baseHeight() }
        while base < height {
            let next = min(height, Height(base.rawValue + Self.blocksPerStep))
            let steps = changes.filter { $0.header.height > base && $0.header.height <= next }
            try change { db in try Self.prune(after: base, through: next, steps, db) }
            base = next
            progress(base)
        }
    }

    private static func prune(
        after base: Height, through height: Height, _ changes: [StoredMemberChange],
        _ db: Database
    ) throws {
        let reader = LedgerReader(db)
        guard try reader.tip().header.height > height, try reader.indexedHeight() >= height,
            let last = try reader.block(at: height)
        else {
            throw StoreFault.notContinuous(
                "block \(height) is the last one or not wholly written, and stays")
        }
        let forget = try PreparedStatement("DELETE FROM transactions WHERE id = ?", db)
        for number in base.rawValue + 1...height.rawValue {
            for id in try reader.executedTransactions(at: Height(number)).ids {
                try forget.bind(1, id)
                try forget.run()
            }
        }
        for change in changes { try StoreFormat.put(change, db) }
        let results = try PreparedStatement(
            "DELETE FROM results WHERE height > 0 AND height <= ?", db)
        try results.bind(1, height)
        try results.run()
        let log = try PreparedStatement("DELETE FROM log WHERE position <= ?", db)
        try log.bind(1, last.closedAt)
        try log.run()
        try StoreFormat.setBase(height, db)
    }

    /// Rewrites the file without what was given up, as one transaction of SQLite: a crash
    /// leaves it as it was. Needs as much free space as the ledger has.
    ///
    /// - Throws: the store's fault.
    public func compact() throws {
        guard let writer else { throw StoreFault.readOnly }
        do {
            try writer.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM")
                try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        } catch {
            throw StoreFault(wrapping: error)
        }
    }

    /// Copies the ledger as one consistent view into a new file, beside whoever writes. What it
    /// holds is durable on return; its name is once its directory is synced.
    ///
    /// - Throws: the store's fault.
    public func copy(to path: String) throws {
        try copyPages(to: path)
        try DurableFiles.synchronize(path)
    }

    private func copyPages(to path: String) throws {
        do {
            let copy = try DatabaseQueue(path: path)
            try readers.backup(to: copy)
            try copy.close()
        } catch {
            throw StoreFault(wrapping: error)
        }
    }

    /// The same into a home, on the file system that the options name.
    package func copy(into home: URL, options: StoreOptions) throws {
        try copyPages(to: options.path(HomeDirectory(home)))
    }
}
