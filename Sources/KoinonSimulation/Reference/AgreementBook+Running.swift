import Foundation
import KoinonProtocol

private enum Code {
    static let resourceGone: UInt32 = 619
    static let tooManyBookings: UInt32 = 620
    static let resourceInUse: UInt32 = 621
    static let capacityExceeded: UInt32 = 622
}

/// What a transition does.
extension ReferenceLedger {
    /// The value of each effect's expression, from what was before the transition; 0 where
    /// an effect has none. Below zero counts as zero.
    func amounts(
        of transition: TransitionDefinition, _ id: AgreementID, _ row: AgreementBook.Row
    ) throws -> [UInt64] {
        guard let process = deals.processes[row.process] else { throw Unsure() }
        let values = try ReferenceValues(id, row, at: now, in: self)
        return try transition.effects.map { effect in
            let text: String
            switch effect.effect {
            case .collect(let effect): text = effect.amount
            case .pay(let effect): text = effect.amount
            // Only whether it is zero matters.
            case .recordSettled(let effect):
                return try process.formula(effect.late).value(values.value) == 0 ? 0 : 1
            case .moveCustody: return 0
            default: throw Unsure()
            }
            return UInt64(max(0, try process.formula(text).value(values.value)))
        }
    }

    mutating func enter(
        by transition: TransitionDefinition, _ id: AgreementID, _ before: AgreementBook.Row
    ) throws {
        guard let process = deals.processes[before.process] else { throw Unsure() }
        let amounts = try amounts(of: transition, id, before)
        var row = before
        timers.cancelAll(module: 6, subject: id.bytes)
        try occupy(
            &row, id, from: process.occupancy(before.state), to: process.occupancy(transition.to))
        row.state = transition.to
        row.enteredAt = now
        deals.rows[id] = row
        for (effect, amount) in zip(transition.effects, amounts) {
            try perform(effect, amount, id, row, process)
        }
        if let to = row.parties[transition.remainderTo] {
            pay(money.held(id, row.unit), row.unit, outOf: id, to: to, .remainder)
        }
        try arm(id, row, process)
    }

    private mutating func perform(
        _ effect: Effect, _ amount: UInt64, _ id: AgreementID, _ row: AgreementBook.Row,
        _ process: ReferenceProcess
    ) throws {
        switch effect.effect {
        case .collect(let effect):
            guard let from = row.parties[effect.from] else { throw Unsure() }
            try collect(amount, row.unit, from: from, into: id)
        case .pay(let effect):
            guard let to = row.parties[effect.to] else { throw Unsure() }
            let isFee = effect.to == process.role(.platform)
            pay(amount, row.unit, outOf: id, to: to, isFee ? .platformFee : .payment)
        case .moveCustody:
            things.rows[row.thing]?.custodySteps += 1
        case .recordSettled(let effect):
            guard let account = row.parties[effect.role] else { throw Unsure() }
            var record = deals.records[account] ?? AgreementBook.Record()
            record.settled += 1
            record.late += amount
            record.sinceLate = amount == 0 ? record.sinceLate + 1 : 0
            deals.records[account] = record
        default: throw Unsure()
        }
    }

    /// Keeps the calendar; refuses what does not fit into it.
    private mutating func occupy(
        _ row: inout AgreementBook.Row, _ id: AgreementID, from old: Occupancy, to new: Occupancy
    ) throws {
        guard old != new else { return }
        guard let thing = things.rows[row.thing], let offer = market.offers[row.offer] else {
            throw Unsure()
        }
        if old == .none {
            guard !thing.retired, thing.owner == offer.provider else {
                throw Refusal(Code.resourceGone)
            }
            guard UInt64(thing.bookings.count) < alliance.parameters.bookingsPerResource else {
                throw Refusal(Code.tooManyBookings)
            }
        }
        let capacity = UInt64(thing.capacity)
        let quantity = UInt64(row.quantity)
        if new == .inUse, thing.quantityInUse + quantity > capacity {
            throw Refusal(Code.resourceInUse)
        }
        if new != .none, old != .inUse {
            let first = new == .inUse ? min(now, row.start) : row.start
            let last = old == .none ? row.end : row.start
            // A use beyond its agreed end lasts until now at least.
            let now = now
            let taken = thing.peak(from: first, until: last) {
                $0.inUse ? max($0.until, now + 1) : $0.until
            }
            if first < last, taken + quantity > capacity { throw Refusal(Code.capacityExceeded) }
        }
        if old == .inUse { row.usedUntil = now }
        if new == .inUse {
            row.usedFrom = now
            row.usedUntil = 0
        }
        things.rows[row.thing]?.bookings[id] =
            new == .none
            ? nil
            : ResourceBook.BookingRow(
                from: new == .inUse ? min(row.start, now) : row.start, until: row.end,
                quantity: row.quantity, inUse: new == .inUse)
    }

    private mutating func arm(
        _ id: AgreementID, _ row: AgreementBook.Row, _ process: ReferenceProcess
    ) throws {
        if try process.state(row.state).final { return }
        let values = try ReferenceValues(id, row, at: row.enteredAt, in: self)
        for (index, transition) in process.definition.transitions.enumerated()
        where transition.hasTimer && transition.from == row.state {
            timers.set(
                ReferenceTimer(
                    due: try due(transition.timer, row, values, process), module: 6,
                    kind: UInt32(index), subject: id.bytes, name: transition.name))
        }
    }

    private func due(
        _ timer: TimerDefinition, _ row: AgreementBook.Row, _ values: ReferenceValues,
        _ process: ReferenceProcess
    ) throws -> UInt64 {
        let base: UInt64
        switch timer.base {
        case .entered: base = row.enteredAt
        case .start: base = row.start
        case .end: base = row.end
        default: throw Unsure()
        }
        do {
            let offset = try process.formula(timer.offsetMs).value(values.value)
            let (sum, overflow) = Int64(clamping: base).addingReportingOverflow(offset)
            let due = overflow ? (offset > 0 ? Bounds.endOfTime : 0) : UInt64(max(0, sum))
            return max(row.enteredAt, min(due, Bounds.endOfTime))
        } catch is Refusal {
            return row.enteredAt
        }
    }
}
