import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random offers on one to four resources, booked, started, finished, cancelled and left
/// alone in any order: the machine says yes and no exactly as plain calendars do, one a
/// resource, of which all must agree.
@Suite struct BundlePropertyTests {
    private struct Line {
        /// How much of each resource, by its position.
        var takes: [Int: Int]
        var from: UInt64
        var to: UInt64
        var phase: PlainCalendar.Phase
    }

    /// The calendar of one resource, of the lines that take some of it.
    private static func calendar(
        of position: Int, capacity: Int, _ lines: [AgreementID: Line]
    ) -> PlainCalendar {
        var calendar = PlainCalendar(capacity: capacity)
        for (id, line) in lines {
            guard let count = line.takes[position] else { continue }
            calendar.lines[id] = .init(
                from: line.from, to: line.to, count: count, phase: line.phase)
        }
        return calendar
    }

    @Test(arguments: Seeds.of(1...10, casesEach: 60))
    func `the machine agrees with one plain calendar a resource`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let tick: UInt64 = 60_000
        let scene = try LeaseScene()
        var capacities = [1]
        var resources = [scene.resource]
        for _ in 0..<3 {
            capacities.append([1, 2, 4][random.below(3)])
            resources.append(
                try scene.ledger.register(
                    "Part", capacity: UInt32(capacities.last!), by: scene.provider))
        }
        // Each offer: what one unit of it takes.
        var offers: [(id: OfferID, takes: [Int: Int])] = []
        for _ in 0..<6 {
            var order = Array(0..<4)
            order.shuffle(using: &random)
            let parts = order.prefix(1 + random.below(4))
            var takes: [Int: Int] = [:]
            for (index, part) in parts.enumerated() {
                takes[part] = index == 0 ? 1 : 1 + random.below(capacities[part])
            }
            var offer = LeaseScene.offer(
                on: resources[parts[0]],
                terms: ["no_show_after_ms": Int64(3 * tick), "overdue_ms": Int64(6 * tick)])
            offer.depositMinor = 0
            offer.tariff.priceMinor = 0
            offer.also = parts.dropFirst().map { .item(resources[$0], UInt32(takes[$0]!)) }
            offers.append((try scene.ledger.publish(offer, by: scene.provider), takes))
        }
        var lines: [AgreementID: Line] = [:]
        var now: UInt64 = 0
        func open(_ phase: PlainCalendar.Phase) -> [AgreementID] {
            lines.filter { $0.value.phase == phase }.map(\.key).sorted()
        }
        func all(_ takes: [Int: Int], _ says: (PlainCalendar, Int) -> Bool) -> Bool {
            takes.allSatisfy { position, count in
                says(
                    Self.calendar(of: position, capacity: capacities[position], lines), count)
            }
        }
        for step in 0..<60 {
            let comment = Comment("seed \(seed), step \(step)")
            switch random.below(10) {
            case 0..<4:
                let offer = random.pick(offers)
                let from = now + UInt64(random.below(8))
                let to = from + UInt64(1 + random.below(5))
                let units = 1 + random.below(2)
                let takes = offer.takes.mapValues { $0 * units }
                let receipt = try scene.ledger.send(
                    scene.bea,
                    .open(
                        offer.id, start: scene.at(from * tick), for: (to - from) * tick,
                        quantity: UInt32(units)))
                let expected = all(takes) { $0.canBook($1, from: from, to: to, now: now) }
                #expect((receipt.code == 0) == expected, comment)
                guard let id = receipt.events.firstAgreement else { continue }
                lines[id] = Line(takes: takes, from: from, to: to, phase: .booked)
            case 4..<6:
                guard let id = open(.booked).first, let line = lines[id] else { continue }
                let receipt = try scene.tryTaking("start", id)
                let due = line.from <= now && now < min(line.from + 3, line.to)
                let expected = due && all(line.takes) { $0.canStart($1) }
                #expect((receipt.code == 0) == expected, comment)
                if receipt.code == 0 { lines[id]?.phase = .using }
            case 6:
                guard let id = open(.using).last else { continue }
                try scene.take("finish", id)
                lines[id]?.phase = .over
            case 7:
                guard let id = open(.booked).last else { continue }
                try scene.take("cancel", id)
                lines[id]?.phase = .over
            default:
                now += UInt64(1 + random.below(2))
                try scene.ledger.advance(to: scene.at(now * tick))
                for (id, line) in lines {
                    let notCome = line.phase == .booked && now >= min(line.from + 3, line.to)
                    let lost = line.phase == .using && now >= line.to + 6
                    if notCome || lost { lines[id]?.phase = .over }
                }
            }
            for (position, resource) in resources.enumerated() {
                let calendar = Self.calendar(of: position, capacity: capacities[position], lines)
                #expect(calendar.isSound(over: 0...(now + 16)), comment)
                let row = Resources.resource(resource, in: scene.ledger.state)!
                #expect(Int(row.quantityInUse) == calendar.used, comment)
                let open = calendar.lines.filter { $0.value.phase != .over }
                let rows = Agreements.bookings(of: resource, in: scene.ledger.state)
                #expect(Set(rows.map(\.agreement)) == Set(open.keys), comment)
            }
        }
    }
}
