import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random actions on money, against dictionaries that share no code with the machine.
@Suite struct MoneyModelTests {
    /// What there should be, and what each action should be answered.
    private struct Model {
        struct Unit {
            var issuer: Int
            var issued: UInt64 = 0
        }
        static let largest = UInt64(Int64.max)

        var units: [String: Unit] = [:]
        /// By person, then unit.
        var money: [[String: UInt64]]
        /// The limited key of each person: what it may still spend today, by unit.
        var left: [[String: UInt64]?]
        let limits: [[String: UInt64]?]

        /// Whether the key may spend; takes it off if so.
        mutating func spend(_ amount: UInt64, _ unit: String, _ person: Int, till: Bool) -> Bool {
            guard till else { return true }
            guard let rest = left[person]?[unit], amount <= rest else { return false }
            left[person]?[unit] = rest - amount
            return true
        }

        mutating func issue(
            _ amount: UInt64, _ unit: String, by person: Int, to: Int?, till: Bool
        ) -> Bool {
            guard let row = units[unit], row.issuer == person, let to, amount > 0,
                amount <= Self.largest - row.issued, spend(amount, unit, person, till: till)
            else { return false }
            units[unit]?.issued += amount
            money[to][unit, default: 0] += amount
            return true
        }

        mutating func transfer(
            _ amount: UInt64, _ unit: String, by person: Int, to: Int?, till: Bool
        ) -> Bool {
            guard units[unit] != nil, let to, to != person, amount > 0,
                amount <= money[person][unit] ?? 0, spend(amount, unit, person, till: till)
            else { return false }
            money[person][unit]! -= amount
            money[to][unit, default: 0] += amount
            return true
        }

        mutating func redeem(_ amount: UInt64, _ unit: String, by person: Int, till: Bool) -> Bool {
            guard units[unit] != nil, amount > 0, amount <= money[person][unit] ?? 0,
                spend(amount, unit, person, till: till)
            else { return false }
            money[person][unit]! -= amount
            return true
        }
    }

    private struct Run {
        var ledger: TestLedger
        var people: [Actor]
        var tills: [Actor?]
        var model: Model
        var random: SeededRandom
        /// One that nobody made, and one that all people know best.
        let units = ["aud", "aud", "aud", "brl", "czk", "none"]

        init(seed: UInt64) throws {
            random = SeededRandom(seed: seed)
            ledger = try TestLedger(members: ["alfa", "bravo"])
            people = [ledger.member("alfa"), ledger.member("bravo")]
            for name in ["rita", "sami", "tomo"] { people.append(try ledger.open(name)) }
            let limits: [[String: UInt64]?] = [
                ["aud": 500], nil, ["aud": 100, "czk": 40], ["brl": 0], nil,
            ]
            model = Model(
                money: people.map { _ in [:] }, left: limits, limits: limits)
            for (unit, issuer) in [("aud", 0), ("brl", 1), ("czk", 0)] {
                try ledger.createUnit(unit, issuer: issuer == 0 ? "alfa" : "bravo")
                model.units[unit] = Model.Unit(issuer: issuer)
                for (index, person) in people.enumerated() {
                    try ledger.issue(300, unit, to: person, issuer: issuer == 0 ? "alfa" : "bravo")
                    let answer = model.issue(300, unit, by: issuer, to: index, till: false)
                    #expect(answer)
                }
            }
            tills = []
            for (index, limit) in limits.enumerated() {
                guard let limit else {
                    tills.append(nil)
                    continue
                }
                let key = TestLedger.key("till \(index)")
                try ledger.done(
                    people[index],
                    .addKey(
                        key, limits: limit.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
                tills.append(people[index].signing(with: key))
            }
        }

        mutating func amount() -> UInt64 {
            switch random.below(60) {
            case 0: 0
            case 1: Model.largest - UInt64(random.below(3_000))
            case 2: .max
            default: UInt64(1 + random.below(60))
            }
        }

        /// One action, done to a copy of the model; its answer.
        mutating func act(on model: inout Model, by person: Int, till: Bool) -> (Action, Bool) {
            let unit = random.pick(units)
            let amount = amount()
            let to = random.oneIn(20) ? nil : random.below(people.count)
            let receiver = to.map { people[$0] } ?? ledger.actor("nobody")
            switch random.below(12) {
            case 0...(person == 0 ? 7 : 1):
                return (
                    .money(
                        .issue(
                            .with {
                                $0.unit = unit
                                $0.to = receiver.bytes
                                $0.amountMinor = amount
                            })), model.issue(amount, unit, by: person, to: to, till: till)
                )
            case 8:
                return (
                    .money(
                        .redeem(
                            .with {
                                $0.unit = unit
                                $0.amountMinor = amount
                            })), model.redeem(amount, unit, by: person, till: till)
                )
            default:
                return (
                    .transfer(amount, unit, to: receiver),
                    model.transfer(amount, unit, by: person, to: to, till: till)
                )
            }
        }

        /// One transaction of one to three actions: all happen, or none.
        mutating func step() throws -> Bool {
            let person = random.below(people.count)
            let till = random.oneIn(3) ? tills[person] : nil
            var after = model
            var actions: [Action] = []
            var failed: Int?
            for index in 0...random.below(3) {
                let (action, answer) = act(on: &after, by: person, till: till != nil)
                actions.append(action)
                if !answer, failed == nil { failed = index }
            }
            let receipt = try ledger.send(till ?? people[person], actions)
            #expect((receipt.code == 0) == (failed == nil), "\(actions) \(receipt)")
            if let failed { #expect(Int(receipt.actionIndex) == failed) } else { model = after }
            return failed == nil
        }

        func compare() {
            for (index, person) in people.enumerated() {
                let rows = Money.balances(of: person.account, in: ledger.state)
                let there = Dictionary(
                    uniqueKeysWithValues: rows.map { ($0.unit, $0.amount.minor) })
                #expect(there == model.money[index].filter { $0.value > 0 })
            }
        }
    }

    @Test(arguments: Seeds.of([11, 12, 13, 14] as [UInt64], casesEach: 400))
    func `money is where the model says after every transaction`(seed: UInt64) throws {
        var run = try Run(seed: seed)
        var done = 0
        for step in 0..<400 {
            if step.isMultiple(of: 100), step > 0 {
                // A new UTC day: keys may spend again.
                try run.ledger.advance(to: run.ledger.time.later(by: 86_400_000))
                run.model.left = run.model.limits
            }
            if try run.step() { done += 1 }
            run.compare()
        }
        // Both answers must be common, or the run shows little.
        #expect((60...340).contains(done), "\(done) of 400 done")
        try run.ledger.checkReplay()
    }
}
