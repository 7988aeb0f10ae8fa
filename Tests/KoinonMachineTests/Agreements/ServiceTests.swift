import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every way through the service, with the exact money.
@Suite struct ServiceTests {
    private let minute = LeaseScene.minute
    private let hour = LeaseScene.hour
    private let day = LeaseScene.day

    /// 30.00 an hour, 5% of it to the platform; free to cancel until a day before, then
    /// 5.00; a customer who misses it pays 20.00.
    private func scene(terms: [String: Int64] = [:], capacity: UInt32 = 1) throws -> LeaseScene {
        let all = ["cancel_fee": 500, "no_show_fee": 2_000].merging(terms) { $1 }
        let scene = try LeaseScene(
            capacity: capacity, terms: all, process: StandardProcesses.service
        ) {
            $0.depositMinor = 0
            $0.tariff = .with {
                $0.priceMinor = 3_000
                $0.stepMs = hour
            }
        }
        try scene.ledger.issue(1_000, to: scene.provider)
        return scene
    }

    /// Booked for an hour in two days.
    private func book(_ scene: LeaseScene) throws -> AgreementID {
        try scene.book(start: scene.at(2 * day), for: hour)
    }

    @Test func `a session is held, confirmed and paid`() throws {
        let scene = try scene()
        let id = try book(scene)
        #expect(scene.money == [1_000, 97_000, 0])
        #expect(try scene.tryTaking("start", id, by: scene.provider).detail == "before_start")
        try scene.take("start", id, by: scene.provider, at: scene.at(2 * day + minute))
        try scene.take("finish", id, by: scene.provider, at: scene.at(2 * day + hour))
        #expect(scene.money == [1_000, 97_000, 0])
        try scene.take("confirm", id)
        #expect(scene.money == [3_850, 97_000, 150])
        #expect(scene.record.settledSinceLate == 1)
        try scene.ledger.checkReplay()
    }

    @Test func `a session that nobody finishes or confirms is paid in the end`() throws {
        let scene = try scene(terms: [
            "overrun_ms": Int64(10 * minute), "confirm_ms": Int64(day),
        ])
        let id = try book(scene)
        try scene.take("start", id, by: scene.provider, at: scene.at(2 * day))
        try scene.ledger.advance(to: scene.at(2 * day + hour + 10 * minute))
        #expect(scene.state(of: id) == "done")
        try scene.ledger.advance(to: scene.at(3 * day + hour + 10 * minute))
        #expect(scene.state(of: id) == "settled")
        #expect(scene.money == [3_850, 97_000, 150])
    }

    @Test func `cancelling is free until a day before, then the customer pays a fee`() throws {
        let scene = try scene()
        try scene.take("cancel", try book(scene), at: scene.at(day))
        #expect(scene.money == [1_000, 100_000, 0])
        let late = try book(scene)
        try scene.take("cancel", late, at: scene.at(day + 1))
        #expect(scene.money == [1_500, 99_500, 0])
        let third = try book(scene)
        try scene.take("cancel", third, by: scene.provider)
        #expect(scene.money == [1_500, 99_500, 0])
        let fourth = try book(scene)
        let after = try scene.tryTaking("cancel", fourth, at: scene.at(2 * day))
        #expect(after.detail == "after_start")
    }

    @Test func `a customer who misses it pays the no-show fee`() throws {
        let scene = try scene()
        let id = try book(scene)
        let early = try scene.tryTaking(
            "customer_missed", id, by: scene.provider, at: scene.at(2 * day + 15 * minute - 1))
        #expect(early.detail == "wait_longer")
        try scene.take("customer_missed", id, by: scene.provider, at: scene.at(2 * day + hour / 4))
        #expect(scene.resourceRow.openBookings == 0)
        try scene.ledger.advance(milliseconds: 2 * day)
        #expect(scene.state(of: id) == "customer_no_show")
        #expect(scene.money == [3_000, 98_000, 0])
        #expect(scene.record.settledLate == 1)
    }

    @Test func `a provider who misses it gives all back`() throws {
        let scene = try scene()
        let id = try book(scene)
        try scene.take("provider_missed", id, at: scene.at(2 * day + hour / 4))
        try scene.take("admit", id, by: scene.provider)
        #expect(scene.state(of: id) == "provider_no_show")
        #expect(scene.money == [1_000, 100_000, 0])
        let second = try scene.book(start: scene.at(5 * day), for: hour)
        try scene.take("provider_missed", second, at: scene.at(5 * day + hour / 4))
        try scene.ledger.advance(milliseconds: 2 * day)
        #expect(scene.state(of: second) == "provider_no_show")
        #expect(scene.money == [1_000, 100_000, 0])
    }

    @Test func `a customer may admit it`() throws {
        let scene = try scene()
        let id = try book(scene)
        try scene.take("customer_missed", id, by: scene.provider, at: scene.at(2 * day + hour))
        try scene.take("admit", id)
        #expect(scene.money == [3_000, 98_000, 0])
    }

    @Test func `a booking about which nobody says anything lapses`() throws {
        let scene = try scene()
        let id = try book(scene)
        try scene.ledger.advance(to: scene.at(2 * day + 2 * hour + hour / 4))
        #expect(scene.state(of: id) == "lapsed")
        #expect(scene.money == [1_000, 100_000, 0])
    }

    @Test func `a request waits for the provider and its bond`() throws {
        let scene = try scene(terms: ["on_request": 1, "bond": 700])
        let id = try book(scene)
        try scene.take("accept", id, by: scene.provider)
        #expect(scene.money == [300, 97_000, 0])
        #expect(scene.held(in: id) == 3_700)
        try scene.take("start", id, by: scene.provider, at: scene.at(2 * day))
        try scene.take("finish", id, at: scene.at(2 * day + minute))
        try scene.take("confirm", id)
        // The bond beside the 30.00 less 5%.
        #expect(scene.money == [3_850, 97_000, 150])
        let missed = try scene.book(start: scene.at(5 * day), for: hour)
        try scene.take("accept", missed, by: scene.provider)
        try scene.take("provider_missed", missed, at: scene.at(5 * day + hour))
        try scene.ledger.advance(milliseconds: 2 * day)
        #expect(scene.money == [3_150, 97_700, 150])
    }

    @Test func `a bond comes back when the customer is the one who failed`() throws {
        let scene = try scene(terms: ["on_request": 1, "bond": 700])
        let first = try book(scene)
        try scene.take("accept", first, by: scene.provider)
        try scene.take("cancel", first, at: scene.at(2 * day - hour))
        #expect(scene.money == [1_500, 99_500, 0])
        let second = try scene.book(start: scene.at(5 * day), for: hour)
        try scene.take("accept", second, by: scene.provider)
        try scene.take("customer_missed", second, by: scene.provider, at: scene.at(5 * day + hour))
        try scene.take("admit", second)
        #expect(scene.money == [3_500, 97_500, 0])
        let third = try scene.book(start: scene.at(9 * day), for: hour)
        try scene.take("accept", third, by: scene.provider)
        try scene.take("cancel", third, by: scene.provider, at: scene.at(9 * day - hour))
        // Late, so the bond is the customer's.
        #expect(scene.money == [2_800, 98_200, 0])
    }

    @Test func `requests are declined, cancelled, or lapse`() throws {
        let scene = try scene(terms: ["on_request": 1, "response_ms": Int64(hour)])
        try scene.take("decline", try book(scene), by: scene.provider)
        try scene.take("cancel", try book(scene))
        let slow = try book(scene)
        try scene.ledger.advance(milliseconds: hour)
        #expect(scene.state(of: slow) == "lapsed")
        let soon = try scene.book(start: scene.ledger.time.later(by: minute), for: hour)
        try scene.ledger.advance(milliseconds: minute)
        #expect(scene.state(of: soon) == "lapsed")
        #expect(scene.money == [1_000, 100_000, 0])
        #expect(try scene.tryBooking().detail == "no_time_to_accept")
    }

    @Test func `a class has as many places as its capacity`() throws {
        let scene = try scene(capacity: 12)
        let id = try scene.book(start: scene.at(day), for: 90 * minute, quantity: 10)
        #expect(scene.held(in: id) == 60_000)
        let full = try scene.tryBooking(
            by: scene.carl, start: scene.at(day), for: hour, quantity: 3)
        #expect(full.code == AgreementsRejection.capacityExceeded.rawValue)
        _ = try scene.book(by: scene.carl, start: scene.at(day), for: hour, quantity: 2)
    }
}
