import KoinonLedger
import KoinonProtocol
import Synchronization

/// What the order, the committer and the proposer's own patience ask of the proposer.
final class OrderNews: Sendable {
    private struct State {
        var wantsClock = false
        var waitsUntil: UInt64?
        var missing: [MemberID: UInt64] = [:]
        var contradictions: [PublicKey: Notice] = [:]
    }

    private struct Notice {
        var contradiction: Contradiction
        var isUnderWay = false
        var attempts = 0
    }

    /// An entry that shows a contradiction may be lost; one that shows it to nobody's
    /// satisfaction is not repeated for ever.
    private static let attemptsMaximum = 4

    private let state = Mutex(State())

    /// An entry that is not bare came from a member hosted elsewhere.
    func wantClock() { state.withLock { $0.wantsClock = true } }

    /// Whether one came since this was asked last.
    func takeWish() -> Bool {
        state.withLock { state in
            defer { state.wantsClock = false }
            return state.wantsClock
        }
    }

    /// Until which uptime the proposer waits for others' clocks; nil when it does not.
    var waitsUntil: UInt64? {
        get { state.withLock { $0.waitsUntil } }
        set { state.withLock { $0.waitsUntil = newValue } }
    }

    /// Of each author the sequence of the first entry written here that the order has lost: none
    /// behind it has effect. The signatures that those carry count all the same; transactions
    /// would go from one into the next without end. Only a next start begins where the gap is.
    var missing: [MemberID: UInt64] { state.withLock { $0.missing } }

    func miss(_ slot: EntrySlot) { state.withLock { $0.missing[slot.author] = slot.sequence } }

    // MARK: Contradictions to be shown

    func add(_ contradictions: [Contradiction]) {
        state.withLock { state in
            for found in contradictions where state.contradictions[found.publicKey] == nil {
                state.contradictions[found.publicKey] = Notice(contradiction: found)
            }
        }
    }

    var contradictors: [PublicKey] { state.withLock { $0.contradictions.keys.sorted() } }

    /// The order has shown it, or the key is nobody's.
    func settle(_ keys: [PublicKey]) {
        state.withLock { state in for key in keys { state.contradictions[key] = nil } }
    }

    /// - Parameter isIdle: nothing is under way, so what was taken and not settled is lost.
    func hasContradictions(isIdle: Bool) -> Bool {
        state.withLock { state in
            if isIdle {
                for key in state.contradictions.keys {
                    state.contradictions[key]?.isUnderWay = false
                }
                state.contradictions = state.contradictions.filter {
                    $0.value.attempts < Self.attemptsMaximum
                }
            }
            return state.contradictions.contains { !$0.value.isUnderWay }
        }
    }

    func takeContradictions(limit: Int) -> [Contradiction] {
        state.withLock { state in
            let taken = state.contradictions.filter { !$0.value.isUnderWay }
                .sorted { $0.key < $1.key }.prefix(limit)
            for (key, _) in taken {
                state.contradictions[key]?.isUnderWay = true
                state.contradictions[key]?.attempts += 1
            }
            return taken.map(\.value.contradiction)
        }
    }
}
