import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Parts of an action that happen whole or not at all.
@Suite struct CoreContextTests {
    private let overlay = StateOverlay(over: CommittedState())
    private let context: Context

    init() {
        context = Context(
            state: overlay, chain: ChainID(storage: Hash256.zero.storage), height: Height(1),
            now: TestLedger.start, origin: .timer)
        overlay.set([1], [1])
        emit("before")
    }

    private func emit(_ member: String) {
        context.emit(.memberExpelled(.with { $0.member = member }))
    }

    private var events: [String] { context.events.map(\.alliance.memberExpelled.member) }

    private func rows() -> [[UInt8]] {
        overlay.rows(prefix: [], from: [], limit: .max).map { $0.key + $0.value }
    }

    private func change() {
        overlay.set([1], [9])
        overlay.set([2], [2])
        emit("inside")
    }

    @Test func `what is done whole stays, rows and events`() throws {
        try context.whole { _ throws(Rejection) in change() }
        #expect(rows() == [[1, 9], [2, 2]])
        #expect(events == ["before", "inside"])
    }

    @Test func `a rejection takes back rows and events, and is passed on`() {
        #expect(throws: Rejection(MoneyRejection.amountZero, field: "x")) {
            try context.whole { _ throws(Rejection) in
                change()
                throw Rejection(MoneyRejection.amountZero, field: "x")
            }
        }
        #expect(rows() == [[1, 1]])
        #expect(events == ["before"])
    }

    @Test func `a trial leaves nothing, whether it succeeds or not`() throws {
        try context.trial { _ throws(Rejection) in change() }
        #expect(rows() == [[1, 1]])
        #expect(throws: Rejection(MoneyRejection.amountZero)) {
            try context.trial { _ throws(Rejection) in
                change()
                throw Rejection(MoneyRejection.amountZero)
            }
        }
        #expect(rows() == [[1, 1]])
        #expect(events == ["before"])
        #expect(overlay.takeChanges() == [StateChange(key: [1], value: [1])])
    }

    @Test func `a rejection inside another field names both`() {
        #expect(Rejection(MoneyRejection.amountZero, field: "b").inside("a[0]").field == "a[0].b")
        #expect(Rejection(MoneyRejection.amountZero).inside("a[0]").field == "a[0]")
    }
}
