import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random bookings, starts, finishes, cancellations and waits, in any order: the machine
/// says yes and no exactly as the plain calendar does.
@Suite struct CapacityPropertyTests {
    @Test(arguments: Seeds.of(1...12, casesEach: 60))
    func `the machine agrees with a plain calendar`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let capacity = [1, 1, 2, 5][random.below(4)]
        let tick: UInt64 = 60_000
        let scene = try LeaseScene(
            capacity: UInt32(capacity),
            terms: ["no_show_after_ms": Int64(3 * tick), "overdue_ms": Int64(6 * tick)]
        ) {
            $0.depositMinor = 0
            $0.tariff.priceMinor = 0
        }
        var calendar = PlainCalendar(capacity: capacity)
        var now: UInt64 = 0
        func open(_ phase: PlainCalendar.Phase) -> [AgreementID] {
            calendar.lines.filter { $0.value.phase == phase }.map(\.key).sorted()
        }
        for step in 0..<60 {
            let comment = Comment("seed \(seed), step \(step), capacity \(capacity)")
            switch random.below(10) {
            case 0..<4:
                let from = now + UInt64(random.below(8))
                let to = from + UInt64(1 + random.below(5))
                let count = 1 + random.below(capacity)
                let receipt = try scene.tryBooking(
                    start: scene.at(from * tick), for: (to - from) * tick, quantity: UInt32(count))
                let expected = calendar.canBook(count, from: from, to: to, now: now)
                #expect((receipt.code == 0) == expected, comment)
                guard let id = receipt.events.firstAgreement else { continue }
                calendar.lines[id] = .init(from: from, to: to, count: count, phase: .booked)
            case 4..<6:
                guard let id = open(.booked).first, let line = calendar.lines[id] else { continue }
                let receipt = try scene.tryTaking("start", id)
                let due = line.from <= now && now < min(line.from + 3, line.to)
                #expect((receipt.code == 0) == (due && calendar.canStart(line.count)), comment)
                if receipt.code == 0 { calendar.lines[id]?.phase = .using }
            case 6:
                guard let id = open(.using).last else { continue }
                try scene.take("finish", id)
                calendar.lines[id]?.phase = .over
            case 7:
                guard let id = open(.booked).last else { continue }
                try scene.take("cancel", id)
                calendar.lines[id]?.phase = .over
            default:
                now += UInt64(1 + random.below(2))
                try scene.ledger.advance(to: scene.at(now * tick))
                for (id, line) in calendar.lines {
                    let notCome = line.phase == .booked && now >= min(line.from + 3, line.to)
                    let lost = line.phase == .using && now >= line.to + 6
                    if notCome || lost { calendar.lines[id]?.phase = .over }
                }
            }
            #expect(calendar.isSound(over: 0...(now + 16)), comment)
            #expect(Int(scene.resourceRow.quantityInUse) == calendar.used, comment)
            let rows = Agreements.bookings(of: scene.resource, in: scene.ledger.state)
            #expect(Set(rows.map(\.agreement)) == Set(open(.booked) + open(.using)), comment)
        }
    }
}
