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
        let result = try storedResult(at: location.height)
        guard location.leaf < result.receiptCount else {
            throw StoreFault.damaged(
                what: "the receipt of transaction \(id) is missing", height: location.height,
                cause: nil)
        }
        return .executed(
            location.height, leaf: location.leaf, try result.receipt(at: location.leaf))
    }
}

/// Tells those who wait for transactions once the outcomes are durable.
///
/// A ticket is drawn before its transactions can be executed, so that no outcome is
/// missed, and redeemed once or given back.
final class OutcomeBoard: Sendable {
    /// For some transactions that were submitted together.
    struct Ticket: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    /// What a ticket says of one of its transactions.
    enum Settlement: Sendable {
        case outcome(TransactionOutcome)
        /// None so far.
        case open
        /// None will come here.
        case nothing
    }

    /// Told once, by whoever settles the last of a ticket's transactions; must not wait.
    typealias Waiter = @Sendable ([Settlement]) -> Void

    /// One transaction of a ticket.
    private struct Place {
        var ticket: UInt64
        var index: Int
    }

    /// An object, so that a change in the dictionary moves nothing; only touched while the
    /// state is locked.
    private final class Waiting {
        let ids: [Hash256]
        /// Nil also when nothing will come of the transaction here.
        var outcomes: [TransactionOutcome?]
        var isOpen: [Bool]
        var openCount: Int
        var waiter: Waiter?

        var settlements: [Settlement] {
            zip(outcomes, isOpen).map { outcome, isOpen in
                isOpen ? .open : outcome.map { .outcome($0) } ?? .nothing
            }
        }

        init(ids: [Hash256]) {
            self.ids = ids
            outcomes = Array(repeating: nil, count: ids.count)
            isOpen = Array(repeating: true, count: ids.count)
            openCount = ids.count
        }

        /// Nothing more comes for what is open.
        func closeAll() {
            isOpen = Array(repeating: false, count: ids.count)
            openCount = 0
        }

        /// False when it was settled or discarded before.
        func close(_ index: Int, _ outcome: TransactionOutcome?) -> Bool {
            guard isOpen[index] else { return false }
            isOpen[index] = false
            outcomes[index] = outcome
            openCount -= 1
            return true
        }
    }

    private struct State {
        var places: [Hash256: Place] = [:]
        /// Further places of transactions that were submitted more than once.
        var morePlaces: [Hash256: [Place]] = [:]
        var tickets: [UInt64: Waiting] = [:]
        /// Those whose waiting ends in a slot of time.
        var dueTickets: [Int64: [UInt64]] = [:]
        var nextNumber: UInt64 = 0
        /// Nobody waits longer.
        var lastEnd: ContinuousClock.Instant?
        var isClosed = false

        /// Settles every place of a transaction; gives whoever then has all outcomes.
        mutating func settle(_ id: Hash256, _ outcome: TransactionOutcome?) -> [Answer] {
            guard let first = places.removeValue(forKey: id) else { return [] }
            let more = morePlaces.isEmpty ? [] : morePlaces.removeValue(forKey: id) ?? []
            return ([first] + more).compactMap { settle($0, outcome) }
        }

        private mutating func settle(_ place: Place, _ outcome: TransactionOutcome?) -> Answer? {
            guard let ticket = tickets[place.ticket], ticket.close(place.index, outcome),
                ticket.openCount == 0
            else { return nil }
            return answer(place.ticket)
        }

        /// What a waiter gets, if it waits and nothing is open.
        mutating func answer(_ number: UInt64) -> Answer? {
            guard let ticket = tickets[number], ticket.openCount == 0, let waiter = ticket.waiter
            else { return nil }
            tickets[number] = nil
            return Answer(waiter: waiter, settlements: ticket.settlements)
        }

        mutating func remove(_ place: Place, of id: Hash256) {
            func isIt(_ other: Place) -> Bool {
                other.ticket == place.ticket && other.index == place.index
            }
            morePlaces[id]?.removeAll(where: isIt)
            guard places[id].map(isIt) == true else { return }
            places[id] = morePlaces[id]?.popLast()
            if morePlaces[id]?.isEmpty == true { morePlaces[id] = nil }
        }
    }

    private struct Answer {
        var waiter: Waiter
        var settlements: [Settlement]

        func give() { waiter(settlements) }
    }

    private let state = Mutex(State())
    private let begun = ContinuousClock.now
    /// Of those that blocks ignored, or that expired.
    let recent = RecentOutcomes()

    var isEmpty: Bool { state.withLock { $0.places.isEmpty } }

    func draw(for ids: [Hash256]) -> Ticket {
        state.withLock { state in
            state.nextNumber += 1
            let number = state.nextNumber
            state.tickets[number] = Waiting(ids: ids)
            for (index, id) in ids.enumerated() {
                let place = Place(ticket: number, index: index)
                if state.places[id] == nil {
                    state.places[id] = place
                } else {
                    state.morePlaces[id, default: []].append(place)
                }
            }
            return Ticket(number: number)
        }
    }

    /// Nobody waits for this transaction of the ticket any more.
    func discard(_ ticket: Ticket, at index: Int) {
        state.withLock { state in
            guard let waiting = state.tickets[ticket.number], waiting.close(index, nil) else {
                return
            }
            state.remove(Place(ticket: ticket.number, index: index), of: waiting.ids[index])
        }
    }

    /// Gives a ticket back that nobody will redeem.
    func discard(_ ticket: Ticket) {
        state.withLock { state in
            guard let waiting = state.tickets.removeValue(forKey: ticket.number) else { return }
            for (index, id) in waiting.ids.enumerated() where waiting.isOpen[index] {
                state.remove(Place(ticket: ticket.number, index: index), of: id)
            }
        }
    }

    /// Waits for the outcomes, in the order of the ids.
    ///
    /// - Parameter limit: what is open after that stays so; nil waits until nothing is.
    func redeem(_ ticket: Ticket, within limit: Duration? = nil) async -> [Settlement] {
        await withCheckedContinuation { continuation in
            redeem(ticket, within: limit) { continuation.resume(returning: $0) }
        }
    }

    /// As ``redeem(_:within:)-async``, without a task that waits; tells at once what is known.
    func redeem(_ ticket: Ticket, within limit: Duration?, _ waiter: @escaping Waiter) {
        let (answer, lastEnd) = state.withLock { state in
            state.tickets[ticket.number]?.waiter = waiter
            if state.isClosed { state.tickets[ticket.number]?.closeAll() }
            return (state.answer(ticket.number), state.lastEnd)
        }
        if let answer { return answer.give() }
        // Now that there is a waiter to be told.
        let end = limit.map { ContinuousClock.now.advanced(by: $0) }
        if let end = lastEnd.map({ min($0, end ?? $0) }) ?? end {
            giveUpWaiting(ticket.number, at: end)
        }
    }

    /// Whoever waits is given within so long what is there then, and whoever comes later.
    func endWaiting(within limit: Duration) {
        let end = ContinuousClock.now.advanced(by: limit)
        let waiting = state.withLock { state in
            state.lastEnd = min(state.lastEnd ?? end, end)
            return state.tickets.filter { $0.value.waiter != nil }.map(\.key)
        }
        for number in waiting { giveUpWaiting(number, at: end) }
    }

    /// How finely the ends of waiting are told apart: one task sleeps for all that are due
    /// within it, since most tickets are settled long before.
    private static let grain: Int64 = 16

    /// Gives the waiter of the ticket what is there when its time is over.
    private func giveUpWaiting(_ number: UInt64, at end: ContinuousClock.Instant) {
        let milliseconds = Int64(begun.duration(to: end) / .milliseconds(1))
        let slot = milliseconds / Self.grain + 1
        let isFirst = state.withLock { state in
            state.dueTickets[slot, default: []].append(number)
            return state.dueTickets[slot]?.count == 1
        }
        guard isFirst else { return }
        let wake = begun.advanced(by: .milliseconds(slot * Self.grain))
        Task {
            // Nobody cancels it.
            try? await Task.sleep(until: wake)
            self.giveUpWaiting(slot: slot)
        }
    }

    private func giveUpWaiting(slot: Int64) {
        let answers = state.withLock { state in
            (state.dueTickets.removeValue(forKey: slot) ?? []).compactMap { number -> Answer? in
                guard let waiting = state.tickets.removeValue(forKey: number),
                    let waiter = waiting.waiter
                else { return nil }
                for (index, id) in waiting.ids.enumerated() where waiting.isOpen[index] {
                    state.remove(Place(ticket: number, index: index), of: id)
                }
                return Answer(waiter: waiter, settlements: waiting.settlements)
            }
        }
        for answer in answers { answer.give() }
    }

    /// The first outcome counts: that of a copy that comes to a block later is none.
    func post(_ outcomes: [(Hash256, TransactionOutcome)]) {
        recent.add(outcomes)
        settle(outcomes.map { ($0, $1) })
    }

    /// Nothing will come of these transactions here.
    func giveUp(_ ids: [Hash256]) {
        settle(ids.map { ($0, nil) })
    }

    private func settle(_ outcomes: [(Hash256, TransactionOutcome?)]) {
        let answers = state.withLock { state in
            outcomes.flatMap { state.settle($0, $1) }
        }
        for answer in answers { answer.give() }
    }

    /// Tells everyone, and all who come later, that nothing more comes.
    func close() {
        let answers = state.withLock { state in
            state.isClosed = true
            state.places = [:]
            state.morePlaces = [:]
            var answers: [Answer] = []
            for number in Array(state.tickets.keys) where state.tickets[number]?.waiter != nil {
                state.tickets[number]?.closeAll()
                if let answer = state.answer(number) { answers.append(answer) }
            }
            return answers
        }
        for answer in answers { answer.give() }
    }
}
