import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Synchronization

/// What became of a transaction.
public enum TransactionOutcome: Sendable {
    /// In a block, executed; the receipt's code is 0 or that of the rejection.
    case executed(Height, leaf: Int, Receipt)
    /// In an entry only, without effect.
    case ignored(Height, IgnoredReason)
    /// Expired before it found a place in a block.
    case expired
}

extension LedgerReader {
    /// What became of an executed transaction; nil when no block holds it.
    public func outcome(of id: Hash256) throws -> TransactionOutcome? {
        guard let location = try location(ofTransaction: id) else { return nil }
        let result = try decodedResult(at: location.height)
        guard result.receipts.indices.contains(location.leaf) else {
            throw StoreFault.damaged(
                what: "the receipt of transaction \(id) is missing", height: location.height,
                cause: nil)
        }
        return .executed(location.height, leaf: location.leaf, result.receipts[location.leaf])
    }
}

/// Tells those who wait for transactions once the outcome is durable.
///
/// A ticket is drawn before the transaction can be executed, so that no outcome is
/// missed, and redeemed once or given back.
final class OutcomeBoard: Sendable {
    struct Ticket: Hashable, Sendable {
        fileprivate var id: Hash256
        fileprivate var number: UInt64
    }

    private enum Slot {
        case drawn
        case waiting(CheckedContinuation<TransactionOutcome?, Never>)
        /// Nil when nothing will come of it here.
        case known(TransactionOutcome?)
    }

    private struct State {
        var slots: [Hash256: [UInt64: Slot]] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false

        mutating func remove(_ ticket: Ticket) {
            slots[ticket.id]?[ticket.number] = nil
            if slots[ticket.id]?.isEmpty == true { slots[ticket.id] = nil }
        }
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.slots.isEmpty } }

    func draw(for id: Hash256) -> Ticket {
        state.withLock { state in
            state.nextNumber += 1
            state.slots[id, default: [:]][state.nextNumber] = .drawn
            return Ticket(id: id, number: state.nextNumber)
        }
    }

    /// Gives a ticket back that nobody will redeem.
    func discard(_ ticket: Ticket) {
        state.withLock { $0.remove(ticket) }
    }

    /// Waits for the outcome; nil when the node stops first, or gave the transaction up.
    func redeem(_ ticket: Ticket) async -> TransactionOutcome? {
        await withCheckedContinuation { waiter in
            let known = state.withLock { state -> TransactionOutcome?? in
                if case .known(let outcome)? = state.slots[ticket.id]?[ticket.number] {
                    state.remove(ticket)
                    return .some(outcome)
                }
                if state.isClosed { return .some(nil) }
                state.slots[ticket.id, default: [:]][ticket.number] = .waiting(waiter)
                return nil
            }
            if let known { waiter.resume(returning: known) }
        }
    }

    func post(_ outcomes: [(Hash256, TransactionOutcome)]) {
        for (id, outcome) in outcomes { post(id, outcome) }
    }

    /// Nothing will come of these transactions here.
    func giveUp(_ ids: [Hash256]) {
        for id in ids { post(id, nil) }
    }

    /// The first outcome counts: that of a copy that comes to a block later is none.
    private func post(_ id: Hash256, _ outcome: TransactionOutcome?) {
        let waiting = state.withLock { state in
            var waiting: [CheckedContinuation<TransactionOutcome?, Never>] = []
            for (number, slot) in state.slots[id] ?? [:] {
                switch slot {
                case .drawn: state.slots[id]?[number] = .known(outcome)
                case .waiting(let waiter):
                    waiting.append(waiter)
                    state.remove(Ticket(id: id, number: number))
                case .known: break
                }
            }
            return waiting
        }
        for waiter in waiting { waiter.resume(returning: outcome) }
    }

    /// Tells everyone, and all who come later, that nothing more comes.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            var waiting: [CheckedContinuation<TransactionOutcome?, Never>] = []
            for (id, slots) in state.slots {
                for case (let number, .waiting(let waiter)) in slots {
                    waiting.append(waiter)
                    state.remove(Ticket(id: id, number: number))
                }
            }
            return waiting
        }
        for waiter in waiting { waiter.resume(returning: nil) }
    }
}
