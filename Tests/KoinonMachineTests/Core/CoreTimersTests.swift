import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

@Suite struct CoreTimersTests {
    @Test func `timers come by due time, then module, kind, subject and name`() {
        struct Timer {
            var due: UInt64
            var module: UInt32
            var kind: UInt32
            var subject: [UInt8]
            var name: String
        }
        let ascending = [
            Timer(due: 5, module: 9, kind: 9, subject: [9], name: "z"),
            Timer(due: 256, module: 1, kind: 9, subject: [9], name: "z"),
            Timer(due: 256, module: 2, kind: 1, subject: [9], name: "z"),
            Timer(due: 256, module: 2, kind: 2, subject: [1], name: "z"),
            Timer(due: 256, module: 2, kind: 2, subject: [2], name: "a"),
            Timer(due: 256, module: 2, kind: 2, subject: [2], name: "b"),
            Timer(due: 70_000, module: 1, kind: 1, subject: [], name: ""),
        ]
        let state = StateOverlay(over: CommittedState())
        for timer in ascending.reversed() {
            Timers.set(
                due: Timestamp(milliseconds: timer.due), module: timer.module, kind: timer.kind,
                subject: timer.subject, name: timer.name, in: state)
        }
        for timer in ascending {
            #expect(Timers.next(dueBy: Timestamp(milliseconds: timer.due - 1), in: state) == nil)
            let next = Timers.next(dueBy: Timestamp(milliseconds: timer.due), in: state)
            #expect(
                next
                    == TimerRecord.with {
                        $0.dueMs = timer.due
                        $0.module = timer.module
                        $0.kind = timer.kind
                        $0.subject = Data(timer.subject)
                        $0.name = timer.name
                    })
            if let next { Timers.remove(next, in: state) }
        }
        #expect(Timers.next(dueBy: .maximum, in: state) == nil)
        #expect(state.takeChanges().isEmpty)
    }

    @Test func `a cancelled timer does not come, and others of its subject do`() {
        let state = StateOverlay(over: CommittedState())
        let due = Timestamp(milliseconds: 10)
        for name in ["a", "b"] {
            Timers.set(due: due, module: 1, kind: 1, subject: [1], name: name, in: state)
        }
        Timers.cancel(due: due, module: 1, kind: 1, subject: [1], name: "a", in: state)
        #expect(!Timers.isSet(due: due, module: 1, kind: 1, subject: [1], name: "a", in: state))
        #expect(Timers.all(of: 1, in: state).map(\.name) == ["b"])
        #expect(Timers.all(of: 2, in: state).isEmpty)
    }

    // MARK: In blocks

    /// Three members, of which none can decide alone, and proposals that lapse together.
    private func ledger(proposals: Int, timersPerBlock: UInt64) throws -> TestLedger {
        let ledger = try TestLedger(
            members: ["alfa", "bravo", "carol"],
            parameters: .with {
                $0.timersPerBlock = timersPerBlock
                $0.votingPeriodMs = 60_000
            })
        let propose = Action.alliance(
            .propose(
                .with {
                    $0.title = "Wait"
                    $0.setParameter = .with {
                        $0.name = "bookings_per_resource"
                        $0.value = 7
                    }
                }))
        let receipt = try ledger.send(
            ledger.member("alfa"), Array(repeating: propose, count: proposals))
        expectDone(receipt)
        return ledger
    }

    @Test func `a bare entry closes a block exactly when its clock reaches a timer`() throws {
        let ledger = try ledger(proposals: 1, timersPerBlock: 10)
        let due = ledger.time.later(by: 60_000)
        #expect(ledger.replica.nextTimer == due)
        let height = ledger.replica.header.height
        #expect(try ledger.block(at: due.earlier(by: 1), []).blocks.isEmpty)
        // The median of three needs a second clock.
        guard case .waiting = ledger.apply(try ledger.entry(by: "bravo", clock: due)) else {
            Issue.record("one clock of three moved block time")
            return
        }
        guard case .closed(let block, _) = ledger.apply(try ledger.entry(by: "carol", clock: due))
        else {
            Issue.record("the timer is due and no block came")
            return
        }
        #expect(block.header.height == height.next)
        #expect(block.header.time == due)
        #expect(block.header.proposer == MemberID(rawValue: "carol"))
        // All entries since the last block stand in it: three of `block`, then two.
        #expect(block.entries.count == 5)
        let result = try BlockResult(strict: block.result)
        #expect(result.timers.map(\.dueMs) == [due.milliseconds])
        #expect(result.receipts.map(\.code) == [0])
        #expect(ledger.replica.nextTimer == nil)
    }

    @Test func `one block executes no more timers than allowed; the rest come next, in order`()
        throws
    {
        let ledger = try ledger(proposals: 7, timersPerBlock: 3)
        let due = ledger.time.later(by: 60_000)
        var counts: [Int] = []
        var subjects: [[UInt8]] = []
        for member in ["alfa", "bravo", "carol", "alfa", "bravo"] {
            let outcome = ledger.apply(try ledger.entry(by: member, clock: due))
            guard case .closed(let block, _) = outcome else { continue }
            let timers = try BlockResult(strict: block.result).timers
            counts.append(timers.count)
            subjects += timers.map { Array($0.subject) }
            #expect(block.header.time == due)
        }
        #expect(counts == [3, 3, 1])
        #expect(Set(subjects).count == 7)
        #expect(subjects == subjects.sorted { $0.lexicographicallyPrecedes($1) })
        let open = Alliance.proposals.rows(in: ledger.state).filter { $0.value.status == .open }
        #expect(open.isEmpty)
        try ledger.checkReplay()
    }

    @Test func `timers run before the block's transactions, late ones too`() throws {
        let ledger = try ledger(proposals: 1, timersPerBlock: 10)
        let (id, _) = try #require(Alliance.proposals.rows(in: ledger.state).first)
        let due = ledger.time.later(by: 60_000)
        // One entry moves the time far past the timer and votes on what just lapsed.
        _ = ledger.apply(try ledger.entry(by: "bravo", clock: due.later(by: 5_000)))
        let vote = ledger.sign(
            [
                .alliance(
                    .vote(
                        .with {
                            $0.proposal = Data(id.bytes); $0.yes = true
                        }))
            ],
            by: ledger.member("bravo"), expires: due.later(by: 9_000))
        let outcome = ledger.apply(
            try ledger.entry(by: "carol", clock: due.later(by: 5_000), [vote]))
        guard case .closed(let block, _) = outcome else {
            Issue.record("no block")
            return
        }
        let result = try BlockResult(strict: block.result)
        #expect(block.header.time == due.later(by: 5_000))
        #expect(result.timers.map(\.dueMs) == [due.milliseconds])
        #expect(result.receipts.map(\.code) == [0, AllianceRejection.proposalNotOpen.rawValue])
        #expect(block.transactions.map(\.leaf) == [1], "the timer's leaf comes first")
    }
}
