import Foundation
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Rows of disputes that contradict each other are noticed: each damage is done to a sound
/// state in which a panel decides.
@Suite struct DisputeInvariantTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sentence: String
        var make: @Sendable (DisputeScene, StateOverlay) -> Void
    }

    private static func change(
        _ scene: DisputeScene, _ state: StateOverlay, _ body: (inout Dispute) -> Void
    ) {
        var row = scene.dispute
        body(&row)
        Disputes.disputes.set(Key2(scene.id, 0), row, in: state)
    }

    private static func changeAgreement(
        _ scene: DisputeScene, _ state: StateOverlay, _ body: (inout Agreement) -> Void
    ) {
        var row = scene.scene.agreement(scene.id)
        body(&row)
        Agreements.agreements.set(scene.id, row, in: state)
    }

    static let damages: [Damage] = [
        Damage(testDescription: "the dispute is gone", sentence: "frozen without a dispute") {
            Disputes.disputes.remove(Key2($0.id, 0), in: $1)
        },
        Damage(testDescription: "a second one is open", sentence: "does not follow") {
            Disputes.disputes.set(Key2($0.id, 1), $0.dispute, in: $1)
        },
        Damage(testDescription: "a number is left out", sentence: "does not follow") {
            var closed = $0.dispute
            closed.status = .withdrawn
            closed.dueMs = 0
            closed.closedAtMs = closed.openedAtMs
            Disputes.disputes.set(Key2($0.id, 2), closed, in: $1)
        },
        Damage(testDescription: "closed and still due", sentence: "is closed and not over") {
            change($0, $1) { $0.status = .withdrawn }
        },
        Damage(testDescription: "the agreement is not frozen", sentence: "and not frozen") {
            changeAgreement($0, $1) { $0.disputed = false }
        },
        Damage(testDescription: "in a state that cannot be disputed", sentence: "not frozen") {
            changeAgreement($0, $1) { $0.state = "paid" }
        },
        Damage(testDescription: "the hold changed", sentence: "it was frozen with 9999") {
            change($0, $1) { $0.heldMinor = 9_999 }
        },
        Damage(testDescription: "the process's timer runs", sentence: "is frozen and has a timer") {
            Timers.set(
                due: .maximum, module: Agreements.number, kind: 6, subject: $0.id.bytes,
                name: "accept", in: $1)
        },
        Damage(testDescription: "its timer is gone", sentence: "waits for no timer") {
            Timers.cancel(
                due: Timestamp(milliseconds: $0.dispute.dueMs), module: Disputes.number, kind: 3,
                subject: $0.id.bytes, in: $1)
        },
        Damage(testDescription: "another timer is set", sentence: "2 timers are set for 1") {
            Timers.set(
                due: .maximum, module: Disputes.number, kind: 3, subject: $0.id.bytes, in: $1)
        },
        Damage(testDescription: "a second round without a first", sentence: "without a first") {
            change($0, $1) { $0.appellant = $0.opener }
        },
        Damage(testDescription: "nobody decides", sentence: "has 0 who decide it") {
            change($0, $1) { $0.seats = [] }
        },
        Damage(testDescription: "decided too early", sentence: "a decision too early") {
            change($0, $1) { $0.decision = $0.claim }
        },
        Damage(testDescription: "one sits twice", sentence: "somebody sits twice") {
            change($0, $1) { $0.seats[1].member = $0.seats[0].member }
        },
        Damage(testDescription: "a decision beyond 1", sentence: "shares of 2 in 1") {
            change($0, $1) { $0.seats[0].division = .parts([("buyer", 2)], of: 1) }
        },
        Damage(testDescription: "counted wrongly", sentence: "counts 0 disputes wrongly") {
            var row = $0.scene.resourceRow
            row.openDisputes = 0
            Resources.resources.set($0.scene.resource, row, in: $1)
        },
        Damage(testDescription: "not taken as a whole any more", sentence: "as a whole by one") {
            var row = $0.scene.resourceRow
            row.exclusive = false
            Resources.resources.set($0.scene.resource, row, in: $1)
        },
        Damage(testDescription: "counted without a licence", sentence: "counts wrongly what") {
            var row = $0.scene.resourceRow
            row.quantityCounted = 1
            Resources.resources.set($0.scene.resource, row, in: $1)
        },
        Damage(testDescription: "an open offer is not listed", sentence: "on one list and not") {
            Market.openOffers.remove(Key2($0.scene.resource, $0.scene.offer), in: $1)
        },
    ]

    @Test(arguments: damages) func `a contradiction is told`(damage: Damage) throws {
        let scene = try DisputeScene()
        try scene.open()
        try scene.draw()
        let state = StateOverlay(over: scene.ledger.state)
        #expect(Modules.invariantViolations(in: state).isEmpty)
        damage.make(scene, state)
        let violations = Modules.invariantViolations(in: state)
        #expect(violations.contains { $0.contains(damage.sentence) }, "\(violations)")
    }
}
