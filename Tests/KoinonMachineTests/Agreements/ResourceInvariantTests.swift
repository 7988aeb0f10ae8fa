import Foundation
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Rows that contradict each other are noticed: each damage is done to a sound state.
@Suite struct ResourceInvariantTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What one of the sentences must say.
        var sentence: String
        var make: @Sendable (LeaseScene, AgreementID, AgreementID, StateOverlay) -> Void
    }

    /// One booking and one use of a resource with capacity 2 are there.
    static let damages: [Damage] = [
        Damage(testDescription: "a booking is gone", sentence: "do not match") {
            scene, booked, _, state in
            let start = scene.agreement(booked).startMs
            Agreements.bookings.remove(Key3(scene.resource, start, booked), in: state)
        },
        Damage(testDescription: "a booking is longer", sentence: "do not match") {
            scene, booked, _, state in
            let key = Key3(scene.resource, scene.agreement(booked).startMs, booked)
            var row = Agreements.bookings.get(key, in: state)!
            row.endMs += 1
            Agreements.bookings.set(key, row, in: state)
        },
        Damage(
            testDescription: "too little is there for what is used", sentence: "are used, it has 0"
        ) {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.capacity = 0 }
        },
        Damage(
            testDescription: "too little is there for what is promised", sentence: "are promised at"
        ) {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.capacity = 1 }
        },
        Damage(testDescription: "a use is not counted", sentence: "are used, it has 2") {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.quantityInUse = 0 }
        },
        Damage(testDescription: "bookings are counted wrongly", sentence: "counts 3 of 2") {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.openBookings = 3 }
        },
        Damage(testDescription: "offers are counted wrongly", sentence: "counts 2 open offers of 1")
        {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.openOffers = 2 }
        },
        Damage(testDescription: "a step of custody is gone", sentence: "has gaps") {
            scene, _, _, state in
            Resources.custody.remove(Key2(scene.resource, 0), in: state)
        },
        Damage(
            testDescription: "custody of nothing",
            sentence: "custody of a resource that is not there"
        ) {
            _, _, _, state in
            let nothing = ResourceID(Data(repeating: 1, count: 20))!
            Resources.custody.set(Key2(nothing, 0), CustodyRecord(), in: state)
        },
        Damage(testDescription: "a serial number of nothing", sentence: "leads to no resource") {
            scene, _, _, state in
            Resources.serials.set(Key2(scene.bea.account, "x"), SerialEntry(), in: state)
        },
        Damage(testDescription: "the serial number is gone", sentence: "leads elsewhere") {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.serial = "x" }
        },
        Damage(testDescription: "retired while offered", sentence: "is retired but offered") {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.retired = true }
        },
        Damage(
            testDescription: "another owner than the provider",
            sentence: "provider is not the owner"
        ) {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.owner = scene.carl.bytes }
        },
        Damage(testDescription: "a kind that is not there", sentence: "of a kind that is not there")
        {
            scene, _, _, state in
            change(scene.resource, in: state) { $0.kind = "boat" }
        },
        Damage(testDescription: "ended, but still with money", sentence: "has ended but holds") {
            _, booked, _, state in
            change(booked, in: state) { $0.state = "cancelled" }
        },
        Damage(testDescription: "in a state of no process", sentence: "is in no state") {
            _, booked, _, state in
            change(booked, in: state) { $0.state = "flying" }
        },
        Damage(testDescription: "its timer is gone", sentence: "timers are set for agreements") {
            _, _, using, state in
            let timer = Timers.all(of: Agreements.number, in: state).first {
                $0.subject == Data(using.bytes)
            }!
            Timers.remove(timer, in: state)
        },
        Damage(testDescription: "its timer is set for later", sentence: "is set for another moment")
        {
            _, _, using, state in
            let timer = Timers.all(of: Agreements.number, in: state).first {
                $0.subject == Data(using.bytes)
            }!
            Timers.remove(timer, in: state)
            Timers.set(
                due: Timestamp(milliseconds: timer.dueMs + 1), module: timer.module,
                kind: timer.kind, subject: using.bytes, name: timer.name, in: state)
        },
        Damage(testDescription: "for sale while in use", sentence: "is for sale in active") {
            _, _, using, state in
            change(using, in: state) { $0.resale = Resale() }
        },
        Damage(testDescription: "a party is missing", sentence: "lacks a party") {
            _, booked, _, state in
            change(booked, in: state) { $0.parties.removeLast() }
        },
    ]

    private static func change(
        _ id: ResourceID, in state: StateOverlay, _ body: (inout Resource) -> Void
    ) {
        var row = Resources.resource(id, in: state)!
        body(&row)
        Resources.resources.set(id, row, in: state)
    }

    private static func change(
        _ id: AgreementID, in state: StateOverlay, _ body: (inout Agreement) -> Void
    ) {
        var row = Agreements.agreement(id, in: state)!
        body(&row)
        Agreements.agreements.set(id, row, in: state)
    }

    @Test(arguments: damages) func `a contradiction is told`(damage: Damage) throws {
        let scene = try LeaseScene(capacity: 2)
        let booked = try scene.book()
        let using = try scene.book(by: scene.carl)
        try scene.take("start", using, by: scene.carl)
        let state = StateOverlay(over: scene.ledger.state)
        #expect(Modules.invariantViolations(in: state).isEmpty)
        damage.make(scene, booked, using, state)
        let violations = Modules.invariantViolations(in: state)
        #expect(violations.contains { $0.contains(damage.sentence) }, "\(violations)")
    }
}
