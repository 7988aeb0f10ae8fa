import KoinonNode
import Synchronization

/// A member's guard on a disk that may stop at a write, lose the last ones, or be taken away.
final class SimulatedGuard: AttestationGuard {
    /// The process ended at this write.
    struct Stopped: Error {}

    private struct State {
        /// All that were raised, in order; nothing once it is lost.
        var records: [GuardRecord]
        var stop: Stop?
    }

    /// At which moment of its next write the process ends.
    enum Stop: String, CaseIterable, Sendable {
        case before
        /// Durable, and nobody knows.
        case after
    }

    private let state: Mutex<State>

    init(_ first: GuardRecord) { state = Mutex(State(records: [first])) }

    func current() -> GuardRecord? { state.withLock { $0.records.last } }

    func raise(to record: GuardRecord) throws {
        try state.withLock { state in
            let stop = state.stop
            state.stop = nil
            if stop != .before { state.records.append(record) }
            if stop != nil { throw Stopped() }
        }
    }

    func arm(_ stop: Stop?) { state.withLock { $0.stop = stop } }

    /// It is gone.
    func lose() { state.withLock { $0.records = [] } }

    /// The disk had not kept the last ones, though it said so.
    func forget(_ count: Int) {
        state.withLock { $0.records.removeLast(min(count, max(0, $0.records.count - 1))) }
    }
}
