import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// What the engine does with processes other than the lease, at the edges.
///
/// The small process: begin collects price × quantity + deposit (1.00 + 20.00 here);
/// use, then end pays 1.00 to the owner; give_up 60 s after entering; stop at the end.
@Suite struct ProcessEngineTests {
    private let hour = LeaseScene.hour
    private let minute = LeaseScene.minute

    private func scene(
        terms: [String: Int64] = [:], _ change: (inout ProcessDefinition) -> Void
    ) throws -> LeaseScene {
        try LeaseScene(terms: terms, process: .small(change))
    }

    // MARK: Timers

    @Test func `a timer fires at its moment, not before, and reckons from it`() throws {
        let scene = try scene { _ in }
        let id = try scene.book(start: scene.at(hour))
        try scene.ledger.advance(to: scene.at(minute - 1))
        #expect(scene.state(of: id) == "waiting")
        // The block comes long after; what happens is dated by the timer.
        let closed = try scene.ledger.advance(to: scene.at(10 * minute))
        #expect(scene.state(of: id) == "over")
        #expect(scene.agreement(id).enteredAtMs == scene.at(minute).milliseconds)
        #expect(closed.timers.map(\.dueMs) == [scene.at(minute).milliseconds])
        #expect(closed.timers.map(\.name) == ["give_up"])
        #expect(scene.money == [0, 100_000, 0])
    }

    @Test func `a timer goes before a transaction of its moment`() throws {
        let scene = try scene { _ in }
        let id = try scene.book(start: scene.at(minute))
        let late = try scene.tryTaking("use", id, at: scene.at(minute))
        #expect(late.code == AgreementsRejection.agreementEnded.rawValue)
    }

    @Test func `leaving a state cancels its timers`() throws {
        let scene = try scene { _ in }
        let id = try scene.book(for: hour)
        try scene.take("use", id)
        #expect(Timers.all(of: Agreements.number, in: scene.ledger.state).map(\.name) == ["stop"])
        try scene.take("end", id)
        #expect(Timers.all(of: Agreements.number, in: scene.ledger.state).isEmpty)
    }

    @Test func `a timer that was due before the state was entered fires in the next block`() throws
    {
        let scene = try scene {
            $0.transitions[3].timer = .with {
                $0.base = .start; $0.offsetMs = "0 - 7200000"
            }
        }
        let id = try scene.book(start: scene.at(hour))
        #expect(scene.state(of: id) == "waiting")
        #expect(Agreements.timers(of: id, in: scene.ledger.state).map(\.due) == [scene.begin])
        try scene.ledger.advance(to: scene.at(1))
        #expect(scene.state(of: id) == "over")
        #expect(scene.agreement(id).enteredAtMs == scene.begin.milliseconds)
    }

    @Test(
        arguments: [
            (Int64.max, Timestamp.maximum.milliseconds), (253_402_300_799_999, 253_402_300_799_999),
            (Int64.min, TestLedger.start.milliseconds), (-1, TestLedger.start.milliseconds),
        ] as [(Int64, UInt64)])
    func `a moment outside of time is brought back into it`(patience: Int64, due: UInt64) throws {
        let scene = try LeaseScene(
            terms: ["patience": patience],
            process: .small {
                $0.terms[0].minimum = .min; $0.terms[0].maximum = .max
            })
        let id = try scene.book(start: scene.at(hour))
        #expect(Agreements.timers(of: id, in: scene.ledger.state).map(\.due.milliseconds) == [due])
    }

    @Test(arguments: ["patience * patience * patience", "floor_div(1, extra)"])
    func `a moment that cannot be reckoned is at once`(offset: String) throws {
        let scene = try LeaseScene(
            terms: ["patience": .max], process: .small { $0.transitions[3].timer.offsetMs = offset }
        )
        let id = try scene.book(start: scene.at(hour))
        #expect(scene.state(of: id) == "waiting")
        try scene.ledger.advance(to: scene.at(1))
        #expect(scene.state(of: id) == "over")
    }

    @Test func `one timer may lead to a state whose timer is due already`() throws {
        let scene = try scene {
            $0.addState("pausing")
            $0.transitions[3].to = "pausing"
            $0.transitions[3].remainderTo = ""
        }
        let id = try scene.book(start: scene.at(hour))
        let closed = try scene.ledger.advance(to: scene.at(hour))
        #expect(scene.state(of: id) == "over")
        #expect(closed.blocks.count == 1)
        #expect(
            closed.timers.map(\.dueMs) == [
                scene.at(minute).milliseconds, scene.at(minute + 1).milliseconds,
            ])
    }

    @Test func `a timer that had to wait for the next block still goes by its own moment`() throws {
        let scene = try LeaseScene(
            capacity: 3, parameters: .with { $0.timersPerBlock = 1 }, process: .small())
        let ids = try (0..<3).map { _ in try scene.book(start: scene.at(hour)) }
        let closed = try scene.ledger.advance(to: scene.at(hour))
        #expect(closed.blocks.count == 3)
        for id in ids {
            #expect(scene.state(of: id) == "over")
            #expect(scene.agreement(id).enteredAtMs == scene.at(minute).milliseconds)
        }
    }

    // MARK: Effects

    @Test(arguments: ["now * now * now", "floor_div(held, extra)"])
    func `a timer whose effects cannot be reckoned leaves the state without them`(
        amount: String
    ) throws {
        let scene = try scene { $0.transitions[4].effects[0].pay.amount = amount }
        let id = try scene.book(for: hour)
        try scene.take("use", id)
        let closed = try scene.ledger.advance(to: scene.at(hour))
        #expect(scene.state(of: id) == "over")
        #expect(closed.timerReceipts.map(\.code) == [0])
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.held(in: id) == 0)
    }

    @Test(
        arguments: [(-101, 0), (-100, 0), (0, 100), (1_900, 2_000), (50_000, 2_100)]
            as [(Int64, UInt64)])
    func `no less than nothing and no more than what is held is paid`(
        extra: Int64, paid: UInt64
    ) throws {
        let scene = try scene(terms: ["extra": extra]) { _ in }
        let id = try scene.book(for: hour)
        try scene.take("use", id)
        try scene.ledger.advance(to: scene.at(hour))
        #expect(scene.state(of: id) == "over")
        let left = 100_000 - paid
        #expect(scene.money == [paid, left, 0])
    }

    @Test func `every amount is reckoned from the values before the transition`() throws {
        let scene = try scene {
            $0.transitions[2].effects = [
                .with {
                    $0.pay.to = "owner"; $0.pay.amount = "floor_div(held, 2)"
                },
                .with {
                    $0.pay.to = "house"; $0.pay.amount = "floor_div(held, 4)"
                },
            ]
        }
        let id = try scene.book()
        try scene.take("use", id)
        try scene.take("end", id)
        // Of the 21.00 before, not of the 10.50 that are left after the first.
        #expect(scene.money == [1_050, 98_425, 525])
    }

    @Test func `a role other than the borrower may be recorded`() throws {
        let scene = try scene {
            $0.transitions[2].effects[1].recordSettled = .with {
                $0.role = "owner"; $0.late = "2"
            }
        }
        let id = try scene.book()
        try scene.take("use", id)
        let events = try scene.take("end", id, by: scene.provider)
        #expect(events.settlements.map(\.account) == [scene.provider.bytes])
        #expect(events.settlements.map(\.late) == [true])
        #expect(scene.record == AccountRecord())
    }

    @Test func `money may be collected again by who pays it`() throws {
        let scene = try scene {
            $0.transitions[1].effects.append(
                .with {
                    $0.collect.from = "guest"; $0.collect.amount = "10 - extra"
                })
        }
        let id = try scene.book()
        try scene.take("use", id)
        #expect(scene.held(in: id) == 2_110)
        let negative = try LeaseScene(
            terms: ["extra": 11],
            process: .small {
                $0.transitions[0].effects[0].collect.amount = "10 - extra"
            })
        #expect(negative.held(in: try negative.book()) == 0)
    }

    @Test func `an agreement may open into its final state`() throws {
        let scene = try scene {
            $0.transitions.insert(
                .with {
                    $0.name = "gift"; $0.to = "done"; $0.by = ["guest"]; $0.remainderTo = "owner"
                    $0.effects = [
                        .with {
                            $0.collect.from = "guest"; $0.collect.amount = "7"
                        }
                    ]
                }, at: 0)
        }
        let id = try scene.book()
        #expect(scene.state(of: id) == "done")
        #expect(scene.money == [7, 99_993, 0])
    }

    // MARK: States of use

    @Test func `use may pause into a promise and go on`() throws {
        let scene = try scene {
            $0.addState("pausing", occupancy: .promised)
            $0.addTransition(from: "using", to: "pausing")
            $0.transitions.append(
                .with {
                    $0.name = "resume"; $0.from = "pausing"; $0.to = "using"; $0.by = ["guest"]
                })
            $0.transitions[5].timer.offsetMs = "duration"
        }
        let id = try scene.book(for: hour)
        try scene.take("use", id)
        try scene.take("move", id, at: scene.at(minute))
        #expect(scene.resourceRow.quantityInUse == 0)
        #expect(scene.resourceRow.openBookings == 1)
        #expect(scene.agreement(id).usedUntilMs == scene.at(minute).milliseconds)
        try scene.take("resume", id, at: scene.at(2 * minute))
        #expect(scene.agreement(id).usedFromMs == scene.at(2 * minute).milliseconds)
        #expect(scene.agreement(id).usedUntilMs == 0)
        try scene.take("end", id)
        #expect(scene.resourceRow.openBookings == 0)
    }
}
