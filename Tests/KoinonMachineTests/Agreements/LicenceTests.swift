import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every way through the licence, with the exact money.
@Suite struct LicenceTests {
    private let hour = LeaseScene.hour
    private let day = LeaseScene.day

    /// 2.00 a day or a use, 5% of it to the platform.
    private func scene(
        terms: [String: Int64] = [:], capacity: UInt32 = 1_000_000,
        parameters: Parameters = Parameters()
    ) throws -> LeaseScene {
        try LeaseScene(
            capacity: capacity, terms: terms, parameters: parameters,
            process: StandardProcesses.licence
        ) {
            $0.depositMinor = 0
            $0.tariff = .with {
                $0.priceMinor = 200
                $0.stepMs = day
            }
        }
    }

    @Test func `by time it is paid after the trial and runs to its end`() throws {
        let scene = try scene()
        let id = try scene.book(for: 10 * day, quantity: 3)
        #expect(scene.money == [0, 94_000, 0])
        #expect(scene.resourceRow.quantityCounted == 3)
        try scene.ledger.advance(to: scene.at(day))
        #expect(scene.state(of: id) == "granted")
        #expect(scene.money == [5_700, 94_000, 300])
        #expect(scene.agreement(id).settledMinor == 6_000)
        try scene.ledger.advance(to: scene.at(10 * day - 1))
        #expect(scene.resourceRow.quantityCounted == 3)
        try scene.ledger.advance(to: scene.at(10 * day))
        #expect(scene.state(of: id) == "ended")
        #expect(scene.resourceRow.quantityCounted == 0)
        #expect(scene.money == [5_700, 94_000, 300])
        try scene.ledger.checkReplay()
    }

    @Test func `it may be confirmed at once and ended early`() throws {
        let scene = try scene()
        let id = try scene.book(for: 10 * day)
        try scene.take("confirm", id)
        #expect(scene.money == [1_900, 98_000, 100])
        try scene.take("end", id)
        #expect(scene.money == [1_900, 98_000, 100])
        #expect(scene.resourceRow.quantityCounted == 0)
    }

    @Test func `a licence shorter than its trial is paid at its end`() throws {
        let scene = try scene()
        let id = try scene.book(for: hour)
        try scene.ledger.advance(to: scene.at(hour))
        #expect(scene.state(of: id) == "ended")
        #expect(scene.money == [190, 99_800, 10])
    }

    @Test func `within the trial it goes back where that is agreed, and may be revoked`() throws {
        let strict = try scene()
        let kept = try strict.book(for: 10 * day)
        #expect(try strict.tryTaking("give_back", kept).detail == "not_returnable")
        try strict.take("revoke", kept, by: strict.provider)
        #expect(strict.money == [0, 100_000, 0])
        let scene = try scene(terms: ["returnable": 1])
        let id = try scene.book(for: 10 * day)
        try scene.take("give_back", id)
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.resourceRow.quantityCounted == 0)
    }

    @Test func `by use each use is paid at once, and the last one ends it`() throws {
        let scene = try scene(terms: ["by_use": 1])
        let id = try scene.book(for: 10 * day, quantity: 3)
        #expect(scene.money == [0, 99_400, 0])
        try scene.take("use", id)
        #expect(scene.money == [190, 99_400, 10])
        #expect(scene.agreement(id).uses == 1)
        #expect(scene.state(of: id) == "metered")
        try scene.take("use", id, at: scene.at(hour))
        try scene.take("use", id, at: scene.at(2 * hour))
        #expect(scene.state(of: id) == "used_up")
        #expect(scene.agreement(id).uses == 3)
        #expect(scene.money == [570, 99_400, 30])
        #expect(scene.record.settled == 1)
        try scene.ledger.checkReplay()
    }

    @Test func `what is not used goes back, or to the licensor where that is agreed`() throws {
        let scene = try scene(terms: ["by_use": 1])
        let id = try scene.book(for: 10 * day, quantity: 3)
        try scene.take("use", id)
        try scene.ledger.advance(to: scene.at(10 * day))
        #expect(scene.state(of: id) == "ended")
        #expect(scene.money == [190, 99_800, 10])
        let strict = try self.scene(terms: ["by_use": 1, "unused_back": 0])
        let other = try strict.book(for: 10 * day, quantity: 3)
        try strict.take("use", other)
        try strict.take("end", other)
        #expect(strict.money == [570, 99_400, 30])
        let third = try strict.book(for: 10 * day, quantity: 3)
        try strict.take("revoke", third, by: strict.provider)
        #expect(strict.money == [570, 99_400, 30])
    }

    @Test func `it begins at once or not at all`() throws {
        for term: Int64 in [0, 1] {
            let scene = try scene(terms: ["by_use": term])
            let receipt = try scene.tryBooking(start: scene.at(day))
            #expect(receipt.code == AgreementsRejection.guardNotMet.rawValue)
            #expect(receipt.detail == "begins_at_once")
        }
    }

    @Test func `more run at once than a calendar has bookings, up to the capacity`() throws {
        let scene = try scene(
            capacity: 1_000, parameters: .with { $0.bookingsPerResource = 2 })
        for _ in 0..<5 { _ = try scene.book(for: day, quantity: 100) }
        #expect(scene.resourceRow.quantityCounted == 500)
        #expect(scene.resourceRow.openBookings == 0)
        _ = try scene.book(by: scene.carl, for: day, quantity: 500)
        let full = try scene.tryBooking(for: day)
        #expect(full.code == AgreementsRejection.capacityExceeded.rawValue)
        try scene.ledger.advance(to: scene.at(day))
        #expect(scene.resourceRow.quantityCounted == 0)
    }

    @Test func `what is counted leaves so much less for bookings, and the other way`() throws {
        let scene = try LeaseScene(
            capacity: 3, process: StandardProcesses.licence, others: [LeaseProcess.definition])
        let lease = try scene.ledger.publish(
            LeaseScene.offer(on: scene.resource), by: scene.provider)
        func book(_ quantity: UInt32, days: UInt64) throws -> Receipt {
            try scene.ledger.send(
                scene.carl,
                .open(lease, start: scene.at(days * day), for: hour, quantity: quantity))
        }
        let first = try scene.book(for: 10 * day, quantity: 2)
        #expect(try book(2, days: 100).code == AgreementsRejection.capacityExceeded.rawValue)
        expectDone(try book(1, days: 100))
        let second = try scene.tryBooking(for: day)
        #expect(second.code == AgreementsRejection.capacityExceeded.rawValue)
        try scene.take("revoke", first, by: scene.provider)
        expectDone(try book(2, days: 100))
    }
}
