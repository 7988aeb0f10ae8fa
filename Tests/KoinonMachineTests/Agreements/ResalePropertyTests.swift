import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random bookings that are sold on, whole or in part, ridden, cancelled or forgotten: who
/// has what time, what is held and what everybody has are as a plain model reckons them.
@Suite struct ResalePropertyTests {
    private static let tick: UInt64 = 60_000
    private static let price: UInt64 = 10
    private static let deposit: UInt64 = 100

    private struct Line {
        var owner: Int
        var from: UInt64
        var to: UInt64
        var held: UInt64
        var startedAt: UInt64?
        /// Price and moment; moment 0 for the whole.
        var asks: (price: UInt64, from: UInt64)?
    }

    private struct Model {
        var lines: [AgreementID: Line] = [:]
        var has: [Int: UInt64] = [1: 100_000, 2: 100_000, 3: 100_000]

        /// The line ends; its owner gets what is left after `charge`.
        mutating func end(_ id: AgreementID, charge: UInt64) {
            guard let line = lines.removeValue(forKey: id) else { return }
            has[line.owner]! += line.held - min(line.held, charge)
        }

        /// What happens by itself up to a tick.
        mutating func pass(to now: UInt64) {
            for (id, line) in lines {
                if line.startedAt == nil, now >= min(line.from + 3, line.to) {
                    end(id, charge: 0)
                } else if line.startedAt != nil, now >= line.to + 6 {
                    end(id, charge: .max)
                }
            }
        }
    }

    @Test(arguments: Seeds.of(1...12, casesEach: 80))
    func `time and money go where a plain model says`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let (tick, price, deposit) = (Self.tick, Self.price, Self.deposit)
        let scene = try LeaseScene.withResale(
            terms: ["no_show_after_ms": Int64(3 * tick), "overdue_ms": Int64(6 * tick)]
        ) {
            $0.tariff = .with {
                $0.priceMinor = price
                $0.stepMs = tick
            }
            $0.depositMinor = deposit
        }
        let people = [scene.provider, scene.bea, scene.carl, try scene.ledger.open("dora")]
        try scene.ledger.issue(100_000, to: people[3])
        var model = Model()
        var now: UInt64 = 0
        for step in 0..<80 {
            let comment = Comment("seed \(seed), step \(step)")
            let person = 1 + random.below(3)
            // What a part sold at this very moment leaves behind has ended before the next block.
            model.pass(to: now)
            let id = model.lines.keys.sorted().randomElement(using: &random)
            switch random.below(12) {
            case 0..<3:
                let from = now + UInt64(random.below(8))
                let to = from + UInt64(1 + random.below(8))
                let receipt = try scene.tryBooking(
                    by: people[person], start: scene.at(from * tick), for: (to - from) * tick)
                guard let id = receipt.events.firstAgreement else { continue }
                let held = deposit + (to - from) * price
                model.has[person]! -= held
                model.lines[id] = Line(owner: person, from: from, to: to, held: held)
            case 3..<5:
                guard let id, let line = model.lines[id] else { continue }
                let asks = UInt64(random.below(50))
                let from = random.oneIn(2) ? 0 : line.from + UInt64(random.below(8))
                let receipt = try scene.ledger.send(
                    people[person],
                    .offerResale(id, price: asks, from: from == 0 ? nil : scene.at(from * tick)))
                let inTime = from > max(now, line.from) && from < line.to
                let allowed = from == 0 ? line.startedAt == nil : inTime
                #expect((receipt.code == 0) == (person == line.owner && allowed), comment)
                if receipt.code == 0 { model.lines[id]?.asks = (asks, from) }
            case 5..<8:
                guard let id, let line = model.lines[id] else { continue }
                let asks = line.asks ?? (0, 0)
                let receipt = try scene.ledger.send(
                    people[person],
                    .takeResale(
                        id, price: asks.price,
                        from: asks.from == 0 ? nil : scene.at(asks.from * tick)))
                let inTime = asks.from == 0 || asks.from >= now
                let expected = line.asks != nil && person != line.owner && inTime
                #expect((receipt.code == 0) == expected, comment)
                guard receipt.code == 0 else { continue }
                model.has[line.owner]! += asks.price
                model.has[person]! -= asks.price
                model.lines[id]?.asks = nil
                if asks.from == 0 {
                    model.has[line.owner]! += deposit
                    model.has[person]! -= deposit
                    model.lines[id]?.owner = person
                } else {
                    let part = try #require(receipt.events.openedAgreement, comment)
                    let held = deposit + (line.to - asks.from) * price
                    model.has[person]! -= held
                    model.lines[id]?.to = asks.from
                    model.lines[part] = Line(
                        owner: person, from: asks.from, to: line.to, held: held)
                }
            case 8:
                guard let id, let line = model.lines[id], line.startedAt == nil else { continue }
                let receipt = try scene.tryTaking("start", id, by: people[line.owner])
                let isFree = !model.lines.values.contains { $0.startedAt != nil }
                #expect((receipt.code == 0) == (line.from <= now && isFree), comment)
                if receipt.code == 0 {
                    model.lines[id]?.startedAt = now
                    model.lines[id]?.asks = nil
                }
            case 9:
                guard let id, let line = model.lines[id] else { continue }
                if let started = line.startedAt {
                    try scene.take("finish", id, by: people[line.owner])
                    model.end(id, charge: (now - started) * price)
                } else {
                    try scene.take("cancel", id, by: people[line.owner])
                    model.end(id, charge: 0)
                }
            default:
                now += UInt64(1 + random.below(2))
                try scene.ledger.advance(to: scene.at(now * tick))
                model.pass(to: now)
            }
            for person in 1...3 {
                #expect(scene.ledger.balance(people[person]) == model.has[person], comment)
            }
            let rows = Agreements.bookings(of: scene.resource, in: scene.ledger.state)
            #expect(Set(rows.map(\.agreement)) == Set(model.lines.keys), comment)
            for (id, line) in model.lines {
                let agreement = scene.agreement(id)
                #expect(agreement.parties[1] == people[line.owner].bytes, comment)
                #expect(agreement.startMs == scene.at(line.from * tick).milliseconds, comment)
                #expect(agreement.endMs == scene.at(line.to * tick).milliseconds, comment)
                #expect(scene.held(in: id) == line.held, comment)
                #expect(agreement.hasResale == (line.asks != nil), comment)
            }
        }
        try scene.ledger.checkReplay()
    }
}
