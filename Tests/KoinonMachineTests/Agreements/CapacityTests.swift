import KoinonProtocol
import Testing

@testable import KoinonMachine

/// What is promised and what is used each stay within the capacity, at every moment.
@Suite struct CapacityTests {
    private let hour = LeaseScene.hour

    private func isRefused(_ receipt: Receipt) -> Bool {
        receipt.code == AgreementsRejection.capacityExceeded.rawValue
    }

    /// Hours from the beginning; one booking of [2, 4) is there.
    @Test(
        arguments: [
            (0, 2, true), (4, 6, true), (0, 3, false), (3, 5, false), (2, 4, false), (1, 5, false),
            (3, 4, false), (2, 3, false),
        ] as [(UInt64, UInt64, Bool)])
    func `a period is free up to the start of a booking and from its end`(
        from: UInt64, until: UInt64, fits: Bool
    ) throws {
        let scene = try LeaseScene()
        _ = try scene.book(by: scene.carl, start: scene.at(2 * hour), for: 2 * hour)
        let receipt = try scene.tryBooking(
            start: scene.at(from * hour), for: (until - from) * hour)
        #expect(isRefused(receipt) == !fits)
    }

    @Test func `one millisecond of overlap is too much`() throws {
        let scene = try LeaseScene()
        _ = try scene.book(by: scene.carl, start: scene.at(2 * hour), for: hour)
        #expect(isRefused(try scene.tryBooking(start: scene.at(hour), for: hour + 1)))
        #expect(isRefused(try scene.tryBooking(start: scene.at(3 * hour - 1), for: hour)))
        expectDone(try scene.tryBooking(start: scene.at(hour), for: hour))
        expectDone(try scene.tryBooking(start: scene.at(3 * hour), for: hour))
    }

    @Test func `of bookings that do not overlap each other only the fullest moment counts`() throws
    {
        let scene = try LeaseScene(capacity: 3)
        // 2 in [1, 3), 1 in [2, 4), 2 in [4, 6): at most 3 at a time.
        _ = try scene.book(start: scene.at(hour), for: 2 * hour, quantity: 2)
        _ = try scene.book(start: scene.at(2 * hour), for: 2 * hour)
        _ = try scene.book(start: scene.at(4 * hour), for: 2 * hour, quantity: 2)
        expectDone(try scene.tryBooking(start: scene.at(3 * hour), for: 3 * hour))
        #expect(isRefused(try scene.tryBooking(start: scene.at(0), for: 3 * hour)))
        expectDone(try scene.tryBooking(start: scene.at(0), for: 2 * hour))
        #expect(isRefused(try scene.tryBooking(start: scene.at(hour), for: hour)))
    }

    @Test func `a use that ends early frees the rest of its promise`() throws {
        let scene = try LeaseScene()
        let id = try scene.book(by: scene.carl, for: 4 * hour)
        try scene.take("start", id, by: scene.carl)
        #expect(isRefused(try scene.tryBooking(at: scene.at(hour))))
        try scene.take("finish", id, by: scene.carl, at: scene.at(hour))
        expectDone(try scene.tryBooking())
    }

    @Test func `a cancelled booking frees its time at once`() throws {
        let scene = try LeaseScene()
        let id = try scene.book(by: scene.carl, start: scene.at(hour))
        try scene.take("cancel", id, by: scene.carl)
        expectDone(try scene.tryBooking(start: scene.at(hour)))
    }

    @Test func `while a use is overdue nothing is promised from now, but later times are`() throws {
        let scene = try LeaseScene()
        let id = try scene.book(by: scene.carl, for: hour)
        try scene.take("start", id, by: scene.carl)
        // At its agreed end it is still in use: from that very moment nothing is free.
        #expect(isRefused(try scene.tryBooking(at: scene.at(hour))))
        #expect(isRefused(try scene.tryBooking(at: scene.at(2 * hour))))
        let later = try scene.book(start: scene.at(2 * hour + 1))
        let start = try scene.tryTaking("start", later, at: scene.at(2 * hour + 1))
        #expect(start.code == AgreementsRejection.resourceInUse.rawValue)
        try scene.take("finish", id, by: scene.carl)
        try scene.take("start", later)
        #expect(scene.state(of: later) == "active")
    }

    @Test func `a booking from before it was overdue keeps its promise`() throws {
        let scene = try LeaseScene()
        let id = try scene.book(by: scene.carl, for: hour)
        try scene.take("start", id, by: scene.carl)
        let next = try scene.book(start: scene.at(hour))
        #expect(isRefused(try scene.tryBooking(by: scene.carl, start: scene.at(hour + 1))))
        try scene.take("finish", id, by: scene.carl, at: scene.at(hour + 1))
        try scene.take("start", next)
    }

    @Test func `at one moment a finish makes room for the start behind it`() throws {
        let scene = try LeaseScene()
        let first = try scene.book(by: scene.carl, for: hour)
        try scene.take("start", first, by: scene.carl)
        let next = try scene.book(start: scene.at(hour))
        let closed = try scene.ledger.block(
            at: scene.at(hour),
            [
                scene.ledger.sign([.take("start", next)], by: scene.bea),
                scene.ledger.sign([.take("finish", first)], by: scene.carl),
                scene.ledger.sign([.take("start", next)], by: scene.bea),
            ])
        #expect(closed.receipts.map(\.code) == [AgreementsRejection.resourceInUse.rawValue, 0, 0])
    }

    @Test func `of a station's bikes as many are used as there are, whoever booked`() throws {
        let scene = try LeaseScene(capacity: 2)
        let late = try (0..<2).map { _ in
            let id = try scene.book(by: scene.carl, for: hour)
            try scene.take("start", id, by: scene.carl)
            return id
        }
        let next = try (0..<2).map { _ in try scene.book(start: scene.at(hour)) }
        #expect(try scene.tryTaking("start", next[0], at: scene.at(hour)).code != 0)
        try scene.take("finish", late[0], by: scene.carl)
        try scene.take("start", next[0])
        #expect(try scene.tryTaking("start", next[1]).code != 0)
        #expect(scene.resourceRow.quantityInUse == 2)
        try scene.take("finish", late[1], by: scene.carl)
        try scene.take("start", next[1])
    }

    @Test func `a use that begins before its agreed start takes the time until then too`() throws {
        // A process that lets people begin early.
        let process = ProcessDefinition.small {
            $0.transitions[1].guards = []
            $0.transitions[3].timer = .with {
                $0.base = .end; $0.offsetMs = "0"
            }
        }
        let scene = try LeaseScene(process: process)
        let id = try scene.book(start: scene.at(4 * hour))
        let between = try scene.book(by: scene.carl, start: scene.at(2 * hour), for: hour)
        let early = try scene.tryTaking("use", id, at: scene.at(hour))
        #expect(early.code == AgreementsRejection.capacityExceeded.rawValue)
        try scene.ledger.advance(to: scene.at(3 * hour))
        #expect(scene.state(of: between) == "over")
        try scene.take("use", id)
        #expect(isRefused(try scene.tryBooking(by: scene.carl, for: 10)))
        #expect(
            isRefused(try scene.tryBooking(by: scene.carl, start: scene.at(4 * hour - 1), for: 1)))
        try scene.take("end", id)
        #expect(scene.resourceRow.openBookings == 0)
        expectDone(try scene.tryBooking(by: scene.carl))
    }

    @Test func `long calendars are read page by page`() throws {
        let scene = try LeaseScene()
        try scene.ledger.issue(10_000_000, to: scene.carl)
        // 33 and 65 bookings stand at the seams of pages of 32.
        for index in 0..<70 {
            _ = try scene.book(by: scene.carl, start: scene.at(UInt64(2 * index) * hour))
        }
        for index in [0, 31, 32, 33, 63, 64, 65, 69] {
            let taken = scene.at(UInt64(2 * index) * hour)
            #expect(isRefused(try scene.tryBooking(start: taken, for: 1)))
            expectDone(try scene.tryBooking(start: taken.later(by: hour), for: hour))
        }
        let all = ResourceLoad.needed(on: scene.resource, in: scene.ledger.state)
        #expect(all == 1)
    }
}
