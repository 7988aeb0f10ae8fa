import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The ways through the lease process that lead to no use, with the exact money at their
/// end, and what a settled one keeps.
@Suite struct LeaseEndingTests {
    private let minute = LeaseScene.minute
    private let hour = LeaseScene.hour
    private let day = LeaseScene.day

    // MARK: On request

    @Test func `on request the provider accepts before it is promised`() throws {
        let scene = try LeaseScene(terms: ["on_request": 1])
        let id = try scene.book(start: scene.at(hour))
        #expect(scene.state(of: id) == "requested")
        #expect(scene.held(in: id) == 2_200)
        #expect(scene.resourceRow.openBookings == 0)
        try scene.take("accept", id, by: scene.provider)
        #expect(scene.state(of: id) == "booked")
        #expect(scene.resourceRow.openBookings == 1)
        try scene.take("start", id, at: scene.at(hour))
        try scene.take("finish", id, at: scene.at(2 * hour))
        #expect(scene.money == [190, 99_800, 10])
    }

    @Test func `a declined or withdrawn request costs nothing`() throws {
        let scene = try LeaseScene(terms: ["on_request": 1])
        let declined = try scene.book(start: scene.at(hour))
        try scene.take("decline", declined, by: scene.provider)
        #expect(scene.state(of: declined) == "declined")
        let withdrawn = try scene.book(start: scene.at(hour))
        try scene.take("cancel", withdrawn)
        #expect(scene.state(of: withdrawn) == "cancelled")
        #expect(scene.money == [0, 100_000, 0])
    }

    @Test(arguments: [(2 * 3_600_000, 3_600_000), (1_800_000, 1_800_000)] as [(UInt64, UInt64)])
    func `a request lapses after the time to respond, or at the start`(
        start: UInt64, lapses: UInt64
    ) throws {
        let scene = try LeaseScene(terms: ["on_request": 1, "response_ms": Int64(hour)])
        let id = try scene.book(start: scene.at(start))
        try scene.ledger.advance(to: scene.at(lapses - 1))
        #expect(scene.state(of: id) == "requested")
        let closed = try scene.ledger.advance(to: scene.at(lapses))
        #expect(scene.state(of: id) == "lapsed")
        #expect(closed.timers.map(\.name) == ["lapse"])
        #expect(closed.timers.map(\.dueMs) == [scene.at(lapses).milliseconds])
        #expect(scene.money == [0, 100_000, 0])
    }

    // MARK: Cancelling and not coming

    @Test(arguments: [(60, 0), (59, 300)] as [(UInt64, UInt64)])
    func `cancelling is free until so long before the start, then costs the fee`(
        minutesBefore: UInt64, fee: UInt64
    ) throws {
        let scene = try LeaseScene(terms: ["free_cancel_ms": Int64(hour), "cancel_fee": 300])
        let id = try scene.book(start: scene.at(3 * hour))
        try scene.take("cancel", id, at: scene.at(3 * hour - minutesBefore * minute))
        #expect(scene.state(of: id) == "cancelled")
        let expected = [fee, 100_000 - fee, 0]
        #expect(scene.money == expected)
        #expect(scene.record == AccountRecord(), "nothing was settled")
    }

    @Test func `the cancelling fee is never more than is held`() throws {
        let scene = try LeaseScene(terms: ["cancel_fee": 5_000]) { $0.depositMinor = 100 }
        let id = try scene.book(for: hour)
        try scene.take("cancel", id, at: scene.at(1))
        #expect(scene.money == [300, 99_700, 0])
    }

    @Test func `when the provider cancels the borrower pays nothing`() throws {
        let scene = try LeaseScene(terms: ["free_cancel_ms": Int64(day), "cancel_fee": 300])
        let id = try scene.book(start: scene.at(hour))
        try scene.take("cancel", id, by: scene.provider)
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.resourceRow.openBookings == 0)
    }

    @Test func `when others still use it at the start, cancelling is free`() throws {
        let scene = try LeaseScene(terms: ["free_cancel_ms": Int64(day), "cancel_fee": 300])
        let before = try scene.book(by: scene.carl, for: hour)
        try scene.take("start", before, by: scene.carl)
        let id = try scene.book(start: scene.at(hour))
        let early = try scene.tryTaking("cancel", id, at: scene.at(hour - 1))
        expectDone(early)
        #expect(scene.ledger.balance(scene.bea) == 99_700, "before the start it costs")

        let second = try scene.book(start: scene.at(hour))
        let start = try scene.tryTaking("start", second, at: scene.at(hour))
        #expect(start.code == AgreementsRejection.resourceInUse.rawValue)
        try scene.take("cancel", second)
        #expect(scene.ledger.balance(scene.bea) == 99_700)
    }

    @Test func `a booking never started ends by itself, for the fee`() throws {
        let scene = try LeaseScene(terms: ["no_show_after_ms": 600_000, "no_show_fee": 700])
        let id = try scene.book(start: scene.at(hour))
        try scene.ledger.advance(to: scene.at(hour + 10 * minute - 1))
        #expect(scene.state(of: id) == "booked")
        try scene.ledger.advance(to: scene.at(hour + 10 * minute))
        #expect(scene.state(of: id) == "no_show")
        #expect(scene.money == [700, 99_300, 0])
        #expect(scene.resourceRow.openBookings == 0)
    }

    @Test func `a short booking ends with its own end`() throws {
        let scene = try LeaseScene(terms: ["no_show_after_ms": 600_000])
        let id = try scene.book(for: minute)
        let late = try scene.tryTaking("start", id, at: scene.at(minute))
        #expect(late.code == AgreementsRejection.agreementEnded.rawValue)
        #expect(scene.state(of: id) == "no_show")
    }

    @Test func `who could not start because others used it pays nothing for not coming`() throws {
        let scene = try LeaseScene(terms: ["no_show_after_ms": 600_000, "no_show_fee": 700])
        let before = try scene.book(by: scene.carl, for: hour)
        try scene.take("start", before, by: scene.carl)
        let id = try scene.book(start: scene.at(hour))
        try scene.ledger.advance(to: scene.at(hour + 10 * minute))
        #expect(scene.state(of: id) == "no_show")
        #expect(scene.ledger.balance(scene.bea) == 100_000)
    }

    @Test func `a settled agreement keeps when, and what went to others than the opener`() throws {
        let scene = try LeaseScene()
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        #expect(scene.agreement(id).settledAtMs == 0)
        try scene.take("finish", id, at: scene.at(31 * minute))
        #expect(scene.agreement(id).settledAtMs == scene.at(31 * minute).milliseconds)
        // 1.90 to the provider and 0.10 to the platform; the deposit went back.
        #expect(scene.agreement(id).settledMinor == 200)
        let cancelled = try scene.book(start: scene.ledger.time.later(by: day))
        try scene.take("cancel", cancelled)
        #expect(scene.agreement(cancelled).settledAtMs == 0)
        #expect(scene.agreement(cancelled).settledMinor == 0)
    }

    @Test func `a remainder that goes to the provider counts as settled`() throws {
        let scene = try LeaseScene(terms: ["overdue_ms": Int64(day)])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        try scene.ledger.advance(to: scene.at(hour + day))
        #expect(scene.state(of: id) == "lost")
        #expect(scene.agreement(id).settledAtMs == scene.at(hour + day).milliseconds)
        #expect(scene.agreement(id).settledMinor == 2_200)
    }
}
