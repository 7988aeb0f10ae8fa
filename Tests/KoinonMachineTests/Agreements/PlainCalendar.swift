import KoinonProtocol

@testable import KoinonMachine

/// A plain calendar of one resource, for comparison: it keeps every booking as a pair of
/// times and looks at every moment at which anything changes.
struct PlainCalendar {
    enum Phase { case booked, using, over }
    struct Line {
        var from: UInt64
        var to: UInt64
        var count: Int
        var phase: Phase
    }

    let capacity: Int
    var lines: [AgreementID: Line] = [:]

    func promised(at moment: UInt64) -> Int {
        lines.values.filter { $0.phase != .over && $0.from <= moment && moment < $0.to }
            .map(\.count).reduce(0, +)
    }

    var used: Int { lines.values.filter { $0.phase == .using }.map(\.count).reduce(0, +) }

    /// Promises and, at the present moment only, uses that are past their end.
    private func busy(at moment: UInt64, now: UInt64) -> Int {
        let overdue = lines.values.filter { $0.phase == .using && $0.to <= moment }
        return promised(at: moment) + (moment == now ? overdue.map(\.count).reduce(0, +) : 0)
    }

    func canBook(_ count: Int, from: UInt64, to: UInt64, now: UInt64) -> Bool {
        let changes = lines.values.flatMap { [$0.from, $0.to] } + [from, now]
        return changes.filter { from <= $0 && $0 < to }.allSatisfy {
            busy(at: $0, now: now) + count <= capacity
        }
    }

    func canStart(_ count: Int) -> Bool { used + count <= capacity }

    /// Never more promised than there is, looked at in every tick.
    func isSound(over ticks: ClosedRange<UInt64>) -> Bool {
        used <= capacity && ticks.allSatisfy { promised(at: $0) <= capacity }
    }
}
