import GRDB

/// A ledger as it stood at one moment, for work that reads it in many steps while a
/// node goes on.
///
/// One read at a time; further ones wait. The write-ahead log only grows until the
/// snapshot is gone.
public final class LedgerSnapshot: Sendable {
    private let snapshot: DatabaseSnapshot

    init(_ snapshot: DatabaseSnapshot) { self.snapshot = snapshot }

    /// As ``LedgerStore/read(_:)``, every time with the same view.
    public func read<Result>(_ body: (LedgerReader) throws -> Result) throws -> Result {
        do {
            return try snapshot.read { db in try body(LedgerReader(db)) }
        } catch {
            throw StoreFault(error) ?? error
        }
    }
}

extension LedgerStore {
    /// The ledger as it stands now, apart from all later commits.
    ///
    /// - Throws: ``StoreFault``
    public func snapshot() throws -> LedgerSnapshot {
        do {
            return LedgerSnapshot(try readers.makeSnapshot())
        } catch {
            throw StoreFault(wrapping: error)
        }
    }
}
