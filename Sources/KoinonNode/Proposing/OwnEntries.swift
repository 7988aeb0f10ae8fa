import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// ``EntriesUnderWay`` between the proposer, which writes them, and the executor, which sees
/// them in the order.
final class OwnEntries: Sendable {
    private let entries = Mutex(EntriesUnderWay())

    func add(_ written: [CheckedEntry]) { entries.withLock { $0.add(written) } }

    /// The checked form of exactly these bytes, once.
    func take(_ envelope: Envelope) -> CheckedEntry? { entries.withLock { $0.take(envelope) } }

    /// An entry that was not written here has taken an author's sequence.
    ///
    /// - Returns: what can have no effect any more.
    func overtake(_ author: MemberID, at sequence: UInt64) -> [CheckedEntry] {
        entries.withLock { $0.overtake(author, at: sequence) }
    }
}
