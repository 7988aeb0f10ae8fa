import Foundation
import KoinonProtocol

private enum Code {
    static let resourceGone: UInt32 = 619
    static let tooManyBookings: UInt32 = 620
    static let resourceInUse: UInt32 = 621
    static let capacityExceeded: UInt32 = 622
    static let resourceStolen: UInt32 = 625
    static let wholeOnly: UInt32 = 626
    static let resourceDisputed: UInt32 = 628
    static let takenByOthers: UInt32 = 627
    static let takenAsWhole: UInt32 = 629
}

/// From a state to the next, with the amounts reckoned.
struct AgreementWay {
    var to: String
    var remainderTo: String
    var effects: [(effect: Effect, amount: UInt64)] = []
    /// It counts as settled, whatever the effects say.
    var settles = false

    init(to: String, remainderTo: String) {
        self.to = to
        self.remainderTo = remainderTo
    }

    mutating func add(_ effect: Effect, _ amount: UInt64) { effects.append((effect, amount)) }
}

/// What a transition does.
extension ReferenceLedger {
    /// The value of each effect's expression, from what was before the transition; 0 where
    /// an effect has none. Below zero counts as zero.
    func amounts(
        of effects: [Effect], _ id: AgreementID, _ row: AgreementBook.Row
    ) throws -> [UInt64] {
        guard let process = deals.processes[row.process] else { throw Unsure() }
        let values = try ReferenceValues(id, row, at: now, in: self)
        return try effects.map { effect in
            let text: String
            switch effect.effect {
            case .collect(let effect): text = effect.amount
            case .pay(let effect): text = effect.amount
            // Only whether it is zero matters.
            case .recordSettled(let effect):
                return try process.formula(effect.late).value(values.value) == 0 ? 0 : 1
            case .countUse(let effect): text = effect.times
            case .moveCustody, .transferOwnership: return 0
            default: throw Unsure()
            }
            return UInt64(max(0, try process.formula(text).value(values.value)))
        }
    }

    mutating func enter(
        _ way: AgreementWay, _ id: AgreementID, _ before: AgreementBook.Row
    ) throws {
        guard let process = deals.processes[before.process] else { throw Unsure() }
        var row = before
        timers.cancelAll(module: 6, subject: id.bytes)
        try occupy(
            &row, id, from: process.occupancy(before.state), to: process.occupancy(way.to))
        row.state = way.to
        row.enteredAt = now
        row.frozenMs = 0
        row.resale = nil
        deals.rows[id] = row
        let opener = process.role(.opener).flatMap { row.parties[$0] }
        let paidBefore = moneyEvents.count
        for (effect, amount) in way.effects { try perform(effect, amount, id, row, process) }
        if let to = row.parties[way.remainderTo] {
            pay(money.held(id, row.unit), row.unit, outOf: id, to: to, .remainder)
        }
        let isRecorded = way.effects.contains { effect, _ in
            if case .recordSettled = effect.effect { true } else { false }
        }
        if isRecorded || way.settles {
            let paid = moneyEvents[paidBefore...].reduce(UInt64(0)) { sum, event in
                let isToOther = AccountID(event.holdPaid.to) != opener
                return sum + (isToOther ? event.holdPaid.amountMinor : 0)
            }
            if row.settledAt == 0 { deals.rows[id]?.settledAt = now }
            deals.rows[id]?.settledMinor = row.settledMinor &+ paid
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
            for share in row.shares { things.rows[share.thing]?.custodySteps += 1 }
        case .recordSettled(let effect):
            guard let account = row.parties[effect.role] else { throw Unsure() }
            var record = deals.records[account] ?? AgreementBook.Record()
            record.settled += 1
            record.late += amount
            record.sinceLate = amount == 0 ? record.sinceLate + 1 : 0
            deals.records[account] = record
        case .transferOwnership(let effect):
            guard let to = row.parties[effect.to] else { throw Unsure() }
            for share in row.shares {
                withdrawAll(on: share.thing)
                things.rows[share.thing]?.owner = to
                things.rows[share.thing]?.custodySteps += 1
            }
        case .countUse:
            deals.rows[id]?.uses = row.uses + amount
        default: throw Unsure()
        }
    }

    /// Agreements about the thing that are frozen.
    func openDisputes(about thing: ResourceID) -> Int {
        deals.rows.values.count { row in
            row.isDisputed && row.shares.contains { $0.thing == thing }
        }
    }

    /// Keeps the calendars; refuses what does not fit into one of them.
    private mutating func occupy(
        _ row: inout AgreementBook.Row, _ id: AgreementID, from old: Occupancy, to new: Occupancy
    ) throws {
        guard old != new else { return }
        for share in row.shares { try checkRoom(share, row, from: old, to: new) }
        if old == .inUse { row.usedUntil = now - row.frozenMs }
        if new == .inUse {
            row.usedFrom = now
            row.usedUntil = 0
        }
        for share in row.shares {
            var booking: ResourceBook.BookingRow?
            switch new {
            case .promised, .inUse:
                booking = ResourceBook.BookingRow(
                    from: new == .inUse ? min(row.start, now) : row.start, until: row.end,
                    quantity: share.quantity, inUse: new == .inUse)
            case .exclusive:
                booking = ResourceBook.BookingRow(
                    from: 0, until: Bounds.endOfTime, quantity: share.quantity, inUse: false,
                    isWhole: true)
            default: break
            }
            things.rows[share.thing]?.bookings[id] = booking
            things.rows[share.thing]?.counted[id] = new == .counted ? share.quantity : nil
        }
    }

    private func checkRoom(
        _ share: AgreementBook.Share, _ row: AgreementBook.Row, from old: Occupancy,
        to new: Occupancy
    ) throws {
        guard let thing = things.rows[share.thing], new != .none else { return }
        if old == .none { try checkTaking(share, thing, row, new) }
        if new == .exclusive { return }
        if new == .counted {
            guard thing.needed + thing.quantityCounted + share.quantity <= UInt64(thing.capacity)
            else { throw Refusal(Code.capacityExceeded) }
            return
        }
        // What is counted takes its part at every moment.
        let taken = thing.quantityCounted + share.quantity
        if new == .inUse, thing.quantityInUse + taken > UInt64(thing.capacity) {
            throw Refusal(Code.resourceInUse)
        }
        if old == .inUse { return }
        let first = new == .inUse ? min(now, row.start) : row.start
        let last = old == .none ? row.end : row.start
        // A use beyond its agreed end lasts until now at least.
        let peak = thing.peak(from: first, until: last) {
            $0.inUse ? max($0.until, now + 1) : $0.until
        }
        if first < last, peak + taken > UInt64(thing.capacity) {
            throw Refusal(Code.capacityExceeded)
        }
    }

    private func checkTaking(
        _ share: AgreementBook.Share, _ thing: ResourceBook.Row, _ row: AgreementBook.Row,
        _ new: Occupancy
    ) throws {
        guard !thing.retired, thing.owner == market.offers[row.offer]?.provider else {
            throw Refusal(Code.resourceGone)
        }
        guard thing.reporter == nil else { throw Refusal(Code.resourceStolen) }
        if new == .exclusive {
            guard share.quantity == UInt64(thing.capacity) else { throw Refusal(Code.wholeOnly) }
            guard thing.bookings.isEmpty, thing.counted.isEmpty else {
                throw Refusal(Code.takenByOthers)
            }
            guard openDisputes(about: share.thing) == 0 else {
                throw Refusal(Code.resourceDisputed)
            }
            return
        }
        guard !thing.isTakenWhole else { throw Refusal(Code.takenAsWhole) }
        guard new != .counted else { return }
        guard UInt64(thing.bookings.count) < alliance.parameters.bookingsPerResource else {
            throw Refusal(Code.tooManyBookings)
        }
    }

    mutating func arm(
        _ id: AgreementID, _ row: AgreementBook.Row, _ process: ReferenceProcess
    ) throws {
        if try process.state(row.state).final || row.isDisputed { return }
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
            return min(
                max(row.enteredAt, min(due, Bounds.endOfTime)) + row.frozenMs, Bounds.endOfTime)
        } catch is Refusal {
            return min(row.enteredAt + row.frozenMs, Bounds.endOfTime)
        }
    }
}
