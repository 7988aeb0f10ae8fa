import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every way through the lease process, with the exact money at its end.
///
/// 1.00 for each half hour begun, 5% of it to the platform, deposit 20.00; provider
/// and platform begin with nothing, Bea with 1,000.00.
@Suite struct LeaseTests {
    private let minute = LeaseScene.minute
    private let hour = LeaseScene.hour
    private let day = LeaseScene.day

    // MARK: Instant booking

    @Test func `booked, started and finished in time, the use is charged and the rest returned`()
        throws
    {
        let scene = try LeaseScene()
        let id = try scene.book(for: hour)
        #expect(scene.state(of: id) == "booked")
        #expect(scene.held(in: id) == 2_000 + 200)
        #expect(scene.money == [0, 97_800, 0])
        try scene.take("start", id)
        #expect(scene.state(of: id) == "active")
        try scene.take("finish", id, at: scene.at(31 * minute))
        #expect(scene.state(of: id) == "settled")
        // Two half hours begun: 2.00, of which 5% go to the platform.
        #expect(scene.money == [190, 99_800, 10])
        #expect(scene.agreement(id).usedFromMs == scene.begin.milliseconds)
        #expect(scene.agreement(id).usedUntilMs == scene.at(31 * minute).milliseconds)
        #expect(
            scene.record
                == .with {
                    $0.settled = 1; $0.settledSinceLate = 1
                })
        try scene.ledger.checkReplay()
    }

    @Test(
        arguments: [
            (0, 1), (1, 1), (30 * 60_000, 1), (30 * 60_000 + 1, 2), (60 * 60_000, 2),
        ] as [(UInt64, UInt64)])
    func `each step begun is charged, one at least`(used: UInt64, steps: UInt64) throws {
        let scene = try LeaseScene()
        let id = try scene.book()
        try scene.take("start", id)
        try scene.take("finish", id, at: scene.at(used))
        let expected = [steps * 95, 100_000 - steps * 100, steps * 5]
        #expect(scene.money == expected)
    }

    @Test func `booking and starting fit into one transaction`() throws {
        let scene = try LeaseScene()
        let sender = scene.bea
        let nonce = scene.ledger.nextNonce(of: sender)
        let id = AgreementID(
            chain: scene.ledger.chain, sender: sender.account, key: sender.key.publicKey,
            nonce: nonce, actionIndex: 0)
        let both = scene.ledger.sign(
            [.open(scene.offer, for: hour), .take("start", id)], by: sender, nonce: nonce)
        let receipt = try #require(scene.ledger.block([both]).receipts.first)
        expectDone(receipt)
        #expect(scene.state(of: id) == "active")
    }

    @Test func `the platform's share is rounded down and the provider has the rest`() throws {
        let scene = try LeaseScene { $0.tariff.priceMinor = 99 }
        let id = try scene.book(for: 30 * minute)
        try scene.take("start", id)
        try scene.take("finish", id, at: scene.at(minute))
        // 5% of 0.99 is 4.95 cents.
        #expect(scene.money == [95, 99_901, 4])
    }

    @Test func `without a fee the platform receives nothing`() throws {
        let scene = try LeaseScene { $0.clearPlatformFee() }
        let id = try scene.book()
        try scene.take("start", id)
        try scene.take("finish", id)
        #expect(scene.money == [100, 99_900, 0])
    }

    @Test func `quantity counts in price and deposit`() throws {
        let scene = try LeaseScene(capacity: 5)
        let id = try scene.book(for: hour, quantity: 3)
        #expect(scene.held(in: id) == 3 * (2_000 + 200))
        #expect(scene.agreement(id).depositMinor == 6_000)
        try scene.take("start", id)
        #expect(scene.resourceRow.quantityInUse == 3)
        try scene.take("finish", id)
        #expect(scene.money == [285, 99_700, 15])
    }

    // MARK: Late

    @Test func `a late return is charged by the tariff, with the late fee once`() throws {
        let scene = try LeaseScene(terms: ["late_fee": 500, "grace_ms": 60_000])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        try scene.take("finish", id, at: scene.at(2 * hour))
        // Four half hours and the fee; the platform's share is of the tariff only.
        #expect(scene.money == [880, 99_100, 20])
        #expect(
            scene.record
                == .with {
                    $0.settled = 1; $0.settledLate = 1
                })
    }

    @Test(arguments: [(0, false), (1, true)] as [(UInt64, Bool)])
    func `late begins one millisecond after end and grace`(after: UInt64, late: Bool) throws {
        let scene = try LeaseScene(terms: ["late_fee": 500, "grace_ms": 60_000])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        let events = try scene.take("finish", id, at: scene.at(hour + minute + after))
        #expect(events.settlements.map(\.late) == [late])
        let charge: UInt64 = late ? 800 : 300
        #expect(scene.ledger.balance(scene.bea) == 100_000 - charge)
    }

    @Test func `never more is charged than is held`() throws {
        let scene = try LeaseScene(terms: ["late_fee": 500])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        // 44 half hours reach all of the 22.00 held; the late fee finds nothing left.
        try scene.take("finish", id, at: scene.at(22 * hour))
        #expect(scene.money == [2_090, 97_800, 110])
    }

    @Test func `what is never returned is lost, and all that is held goes to the provider`() throws
    {
        let scene = try LeaseScene(terms: ["overdue_ms": Int64(day)])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        try scene.ledger.advance(to: scene.at(hour + day - 1))
        #expect(scene.state(of: id) == "active")
        try scene.ledger.advance(to: scene.at(hour + day))
        #expect(scene.state(of: id) == "lost")
        // 50 half hours would cost 50.00: the share is of the 22.00 that there are.
        #expect(scene.money == [2_090, 97_800, 110])
        #expect(
            scene.record
                == .with {
                    $0.settled = 1; $0.settledLate = 1
                })
        #expect(scene.resourceRow.quantityInUse == 0)
        let last = Resources.custodyHistory(of: scene.resource, in: scene.ledger.state).last
        #expect(last?.holder == scene.bea.bytes, "it stays where it is")
    }

    // MARK: Inspection

    @Test func `with an inspection the provider settles, by the time of return`() throws {
        let scene = try LeaseScene(terms: ["inspection_ms": Int64(day), "late_fee": 500])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        try scene.take("finish", id, at: scene.at(hour))
        #expect(scene.state(of: id) == "returned")
        #expect(scene.held(in: id) == 2_200)
        #expect(scene.resourceRow.openBookings == 0, "others may use it meanwhile")
        try scene.take("settle", id, by: scene.provider, at: scene.at(5 * hour))
        #expect(scene.money == [190, 99_800, 10])
        #expect(
            scene.record
                == .with {
                    $0.settled = 1; $0.settledSinceLate = 1
                })
    }

    @Test func `an inspection that nobody ends is settled by itself`() throws {
        let scene = try LeaseScene(terms: ["inspection_ms": Int64(day)])
        let id = try scene.book(for: hour)
        try scene.take("start", id)
        try scene.take("finish", id, at: scene.at(hour + 1))
        try scene.ledger.advance(to: scene.at(hour + day))
        #expect(scene.state(of: id) == "returned")
        try scene.ledger.advance(to: scene.at(hour + day + 1))
        #expect(scene.state(of: id) == "settled")
        #expect(scene.money == [285, 99_700, 15])
        #expect(
            scene.record
                == .with {
                    $0.settled = 1; $0.settledLate = 1
                })
    }

    // MARK: Deposit

    @Test func `a record without late returns lowers the deposit, a late one raises it again`()
        throws
    {
        let scene = try LeaseScene {
            $0.reducedDeposit = .with {
                $0.afterSettled = 2
                $0.depositMinor = 500
            }
        }
        func lease(for use: UInt64) throws -> UInt64 {
            let id = try scene.book(for: hour)
            let deposit = scene.agreement(id).depositMinor
            #expect(scene.held(in: id) == deposit + 200)
            try scene.take("start", id)
            try scene.take("finish", id, at: scene.ledger.time.later(by: use))
            return deposit
        }
        #expect(try lease(for: hour) == 2_000)
        #expect(try lease(for: hour) == 2_000)
        #expect(try lease(for: hour + 1) == 500)
        #expect(try lease(for: hour) == 2_000)
        #expect(
            scene.record
                == .with {
                    $0.settled = 4
                    $0.settledLate = 1
                    $0.settledSinceLate = 1
                })
        #expect(
            Market.deposit(
                for: scene.carl.account, under: Market.offer(scene.offer, in: scene.ledger.state)!,
                in: scene.ledger.state) == 2_000)
    }

    // MARK: What is seen of it

    @Test func `custody goes to the borrower and back`() throws {
        let scene = try LeaseScene(capacity: 2)
        let id = try scene.book(quantity: 2)
        try scene.take("start", id)
        try scene.take("finish", id, at: scene.at(minute))
        let history = Resources.custodyHistory(of: scene.resource, in: scene.ledger.state)
        #expect(history.map(\.reason) == [.registered, .lent, .returned])
        #expect(
            history.map(\.holder) == [scene.provider.bytes, scene.bea.bytes, scene.provider.bytes])
        #expect(history.map(\.agreement) == [Data(), Data(id.bytes), Data(id.bytes)])
        #expect(history.map(\.quantity) == [2, 2, 2])
        #expect(history.last?.timeMs == scene.at(minute).milliseconds)
    }

    @Test func `the events of a transition tell it in order`() throws {
        let scene = try LeaseScene()
        let opened = try scene.ledger.done(scene.bea, .open(scene.offer, for: hour))
        #expect(opened.map(\.kind) == ["agreementOpened", "holdFilled"])
        let id = try #require(opened.firstAgreement)
        #expect(try scene.take("start", id).map(\.kind) == ["transitionTaken", "custodyMoved"])
        let finished = try scene.take("finish", id)
        #expect(
            finished.map(\.kind) == [
                "transitionTaken", "custodyMoved", "holdPaid", "holdPaid", "settlementRecorded",
                "holdPaid",
            ])
        let paid = finished.compactMap { event -> HoldPaid? in
            guard case .holdPaid(let paid) = event.money.event else { return nil }
            return paid
        }
        #expect(paid.map(\.purpose) == [.platformFee, .payment, .remainder])
        #expect(paid.map(\.amountMinor) == [5, 95, 2_100])
        guard case .transitionTaken(let taken) = finished[0].agreements.event else {
            Issue.record("the first event is the transition")
            return
        }
        #expect(
            taken
                == .with {
                    $0.agreement = Data(id.bytes)
                    $0.transition = "finish"
                    $0.from = "active"
                    $0.to = "settled"
                    $0.by = scene.bea.bytes
                })
    }

    @Test func `what happens by itself can be asked beforehand`() throws {
        let scene = try LeaseScene(terms: ["on_request": 1])
        let id = try scene.book(start: scene.at(2 * hour))
        let timers = Agreements.timers(of: id, in: scene.ledger.state)
        #expect(timers.map(\.transition) == ["lapse", "lapse"])
        #expect(timers.map(\.due) == [scene.at(2 * hour), scene.at(day)])
        try scene.take("cancel", id)
        #expect(Agreements.timers(of: id, in: scene.ledger.state).isEmpty)
    }
}
