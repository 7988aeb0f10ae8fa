import Synchronization

/// A guard that lasts as long as the process: for simulations and tests, which may take it
/// away or put an older record in its place.
public final class MemoryGuard: AttestationGuard {
    private let record: Mutex<GuardRecord?>

    public init(_ record: GuardRecord?) {
        self.record = Mutex(record)
    }

    public func current() -> GuardRecord? { record.withLock { $0 } }

    public func raise(to record: GuardRecord) { replace(with: record) }

    /// What happens to a guard that should not happen to it: it is lost (nil), or older.
    public func replace(with record: GuardRecord?) {
        self.record.withLock { $0 = record }
    }
}
