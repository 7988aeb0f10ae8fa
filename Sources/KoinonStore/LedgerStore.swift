import Foundation
import GRDB
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// The ledger of one node: `ledger.sqlite` in its home directory
/// (docs/formats/storage.md).
///
/// ``commit(_:)`` makes whole blocks durable, ``read(_:)`` sees whole blocks only.
/// One store at a time may write; any number may read beside it, from other
/// processes too. All calls block on the disk and are safe from any thread.
public final class LedgerStore: Sendable {
    /// The document that the chain began with, byte for byte.
    public let genesis: [UInt8]
    public let isReadOnly: Bool

    private let home: HomeDirectory
    private let lock: HomeLock?
    /// Nil when the store only reads.
    let writer: DatabaseQueue?
    let readers: DatabasePool
    /// Set by a commit after which nobody knows what the disk holds.
    private let failure = Mutex<StoreFault.Cause?>(nil)
    /// Stored blocks whose rows by key are not, in order, and how many transactions they hold.
    private let deferred = Mutex<(blocks: [ExecutedBlock], transactions: Int)>(([], 0))
    /// One commit after the other.
    private let turn = Mutex<Void>(())

    /// Creates a ledger that holds block 0, and opens it for writing.
    ///
    /// A creation that was interrupted leaves nothing that stands in the way of the
    /// next one.
    ///
    /// - Parameter block: height 0, without entries; its state comes from `genesis`.
    /// - Throws: ``StoreFault/ledgerExists(home:)``, ``StoreFault/inUse(home:processID:)``,
    ///   ``StoreFault/notContinuous(_:)`` when the block is none to begin with.
    public static func create(
        home url: URL, genesis: [UInt8], block: ExecutedBlock,
        options: StoreOptions = StoreOptions()
    ) throws -> LedgerStore {
        let home = HomeDirectory(url)
        try home.create()
        let lock = try HomeLock(home)
        if options.fileSystem == nil { try home.createLedgerFile() }
        do {
            let writer = try DatabaseQueue(path: options.path(home), configuration: options.writer)
            try writer.write { db in
                if try StoreFormat.version(db) != nil {
                    throw StoreFault.ledgerExists(home: home.path)
                }
                try StoreFormat.current.create(genesis: genesis, db)
                let first = CommitBatch(blocks: [ClosedBlock(block, closedAt: .start)])
                try BatchWriter(db).write(first, rows: IndexedRows(blocks: [block]))
            }
            if options.fileSystem == nil { try home.synchronize() }
            return try LedgerStore(
                home: home, lock: lock, writer: writer, options: options, format: .current)
        } catch {
            throw StoreFault(wrapping: error)
        }
    }

    /// Opens the ledger in a home directory; for writing it is brought to this
    /// program's format first.
    ///
    /// - Parameter readOnly: takes no lock, so a node may run meanwhile, and changes
    ///   nothing.
    /// - Throws: ``StoreFault/noLedger(home:)``, ``StoreFault/inUse(home:processID:)``,
    ///   ``StoreFault/newerFormat(found:known:)``,
    ///   ``StoreFault/olderFormat(found:known:canMigrate:)``, or what is wrong with the file.
    public convenience init(
        opening url: URL, readOnly: Bool = false, options: StoreOptions = StoreOptions()
    ) throws {
        try self.init(opening: url, readOnly: readOnly, options: options, format: .current)
    }

    convenience init(
        opening url: URL, readOnly: Bool, options: StoreOptions, format: StoreFormat
    ) throws {
        let home = HomeDirectory(url)
        let isThere =
            FileManager.default.fileExists(atPath: home.ledger)
            || (options.fileSystem != nil && FileManager.default.fileExists(atPath: home.path))
        guard isThere else { throw StoreFault.noLedger(home: home.path) }
        do {
            let lock = readOnly ? nil : try HomeLock(home)
            let writer =
                readOnly
                ? nil
                : try DatabaseQueue(path: options.path(home), configuration: options.writer)
            try self.init(
                home: home, lock: lock, writer: writer, options: options, format: format)
        } catch {
            throw StoreFault(wrapping: error)
        }
    }

    private init(
        home: HomeDirectory, lock: HomeLock?, writer: DatabaseQueue?, options: StoreOptions,
        format: StoreFormat
    ) throws {
        try writer?.write { db in
            guard let found = try StoreFormat.version(db) else {
                throw StoreFault.noLedger(home: home.path)
            }
            try format.migrate(db, from: found)
        }
        try writer?.write { db in try format.secure(db) }
        let readers = try DatabasePool(
            path: options.path(home), configuration: options.readers)
        genesis = try readers.read { db in
            guard let found = try StoreFormat.version(db) else {
                throw StoreFault.noLedger(home: home.path)
            }
            if found > format.version {
                throw StoreFault.newerFormat(found: found, known: format.version)
            }
            if found < format.version {
                throw StoreFault.olderFormat(
                    found: found, known: format.version,
                    canMigrate: format.steps.contains { $0.from == found })
            }
            return try StoreFormat.genesis(db)
        }
        isReadOnly = writer == nil
        self.home = home
        self.lock = lock
        self.writer = writer
        self.readers = readers
    }

    /// Makes a batch durable: when it returns, a crash of the process or the loss
    /// of power loses nothing of it; when it throws, nothing of it is there to read.
    ///
    /// After a fault of the disk itself (not a full one, which changed nothing) the
    /// store takes no more batches, since a disk that failed to write may have kept
    /// any part; the next opening finds whole blocks.
    ///
    /// - Parameter defersRows: whether the tables `state` and `transactions` may stay behind:
    ///   the next commit that does not defer writes what is missing, all at once, which
    ///   touches each page of them once. After a crash the blocks that they lack have to be
    ///   executed again.
    /// - Throws: ``StoreFault``; ``StoreFault/notContinuous(_:)`` when heights, parents, positions or
    ///   entries do not continue what is stored.
    public func commit(_ batch: CommitBatch, defersRows: Bool = false) throws {
        try turn.withLock { _ in
            let new = batch.blocks.map(\.executed)
            guard !defersRows else {
                try write(batch, rows: IndexedRows(blocks: []))
                return deferred.withLock { deferred in
                    deferred.blocks += new
                    deferred.transactions += new.reduce(0) { $0 + $1.transactions.count }
                }
            }
            try write(batch, rows: IndexedRows(blocks: deferred.withLock { $0.blocks } + new))
            deferred.withLock { $0 = ([], 0) }
        }
    }

    /// Writes deferred rows of the oldest blocks that have any, and leaves the others: what one
    /// call would do at once, and block commits with, is done in parts.
    ///
    /// - Parameter transactions: blocks with so many, but one block at least.
    /// - Throws: ``StoreFault``.
    public func writeDeferredRows(ofAtMost transactions: Int) throws {
        try turn.withLock { _ in
            let (part, count) = deferred.withLock { deferred in
                var count = 0
                let part = deferred.blocks.prefix { block in
                    defer { count += block.transactions.count }
                    return count == 0 || count + block.transactions.count <= transactions
                }
                return (
                    Array(part), part.reduce(0) { $0 + $1.transactions.count }
                )
            }
            guard !part.isEmpty else { return }
            try write(CommitBatch(), rows: IndexedRows(blocks: part))
            deferred.withLock { deferred in
                deferred.blocks.removeFirst(part.count)
                deferred.transactions -= count
            }
        }
    }

    /// How many transactions stored blocks hold whose rows are deferred.
    public var deferredTransactions: Int {
        deferred.withLock { $0.transactions }
    }

    /// Stored blocks whose rows are deferred, in order.
    var deferredBlocks: [ExecutedBlock] { deferred.withLock { $0.blocks } }

    /// Writes the rows of blocks that were stored, and whose rows were deferred, by a process
    /// that ended before it wrote them.
    ///
    /// - Parameter blocks: those above `LedgerReader.indexedHeight()`, in order, up to the tip,
    ///   executed again.
    public func completeRows(with blocks: [ExecutedBlock]) throws {
        guard !blocks.isEmpty else { return }
        try turn.withLock { _ in
            let before = try read { try $0.indexedHeight() }
            guard blocks.map(\.header.height).first == before.next else {
                throw StoreFault.notContinuous("rows after block \(before) are missing")
            }
            try write(CommitBatch(), rows: IndexedRows(blocks: blocks))
        }
    }

    /// Changes the tables in one transaction, between two commits.
    func change(_ body: (Database) throws -> Void) throws {
        try turn.withLock { _ in try write(body) }
    }

    private func write(_ batch: CommitBatch, rows: IndexedRows) throws {
        try write { db in try BatchWriter(db).write(batch, rows: rows) }
    }

    /// Changes the ledger in one transaction, while nothing else does and no rows wait.
    func exclusively(_ body: (Database) throws -> Void) throws {
        try turn.withLock { _ in
            guard deferredTransactions == 0 else {
                throw StoreFault.notContinuous("rows of stored blocks wait to be written")
            }
            try write(body)
        }
    }

    private func write(_ body: (Database) throws -> Void) throws {
        guard let writer else { throw StoreFault.readOnly }
        if let cause = failure.withLock({ $0 }) { throw StoreFault.stopped(cause: cause) }
        do {
            try writer.write { db in try body(db) }
        } catch {
            let fault = StoreFault(wrapping: error)
            switch fault {
            case .inputOutput(_, let cause), .damaged(_, _, let cause?):
                failure.withLock { $0 = cause }
            default: break
            }
            throw fault
        }
    }

    /// Calls `body` with one consistent view: the blocks committed so far, and none
    /// of those that follow meanwhile.
    ///
    /// Not inside another `read` of the same store, which would trap: use the reader at
    /// hand. A view held for long keeps the write-ahead log growing. Errors that `body`
    /// throws pass through; what SQLite reports becomes a ``StoreFault``.
    public func read<Result>(_ body: (LedgerReader) throws -> Result) throws -> Result {
        do {
            return try readers.read { db in try body(LedgerReader(db)) }
        } catch {
            throw StoreFault(error) ?? error
        }
    }

    /// Closes the database, after which every call throws, and gives the lock back.
    public func close() throws {
        do {
            // The writer last: it moves the write-ahead log into the database.
            try readers.close()
            try writer?.close()
        } catch {
            throw StoreFault(wrapping: error)
        }
        lock?.release()
    }
}
