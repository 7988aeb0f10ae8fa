import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// The replica behind a lock: the executor applies entries, everyone else reads
/// between two of them.
public final class SharedReplica: Sendable {
    private let replica: Mutex<Replica>

    public init(_ replica: sending Replica) {
        self.replica = Mutex(replica)
    }

    /// Reads at one height. Keep it short: the executor waits meanwhile.
    public func read<Result: Sendable>(_ body: (borrowing Replica) throws -> Result) rethrows -> Result {
        try replica.withLock { replica in try body(replica) }
    }

    /// Takes the next entry of the order.
    func apply(_ entry: CheckedEntry) -> (outcome: Replica.Outcome, judges: MemberSet) {
        replica.withLock { replica in
            let judges = replica.members
            return (replica.apply(entry), judges)
        }
    }
}
