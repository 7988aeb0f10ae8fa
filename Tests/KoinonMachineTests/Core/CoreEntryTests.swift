import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// Which entries count, and what each use of a sequence leaves behind.
@Suite struct CoreEntryTests {
    private func noEffect(_ outcome: Replica.Outcome) -> Bool {
        if case .noEffect = outcome { true } else { false }
    }

    private func waits(_ outcome: Replica.Outcome) -> Bool {
        if case .waiting = outcome { true } else { false }
    }

    private func ledger() throws -> TestLedger {
        try TestLedger(members: ["alfa", "bravo", "carol"])
    }

    @Test func `a gap in the sequence and a repetition have no effect`() throws {
        let ledger = try ledger()
        let alfa = MemberID(rawValue: "alfa")!
        #expect(ledger.replica.lastSequence(of: alfa) == 0)
        #expect(noEffect(ledger.apply(try ledger.entry(by: "alfa", sequence: 0))))
        #expect(noEffect(ledger.apply(try ledger.entry(by: "alfa", sequence: 2))))
        let first = try ledger.entry(by: "alfa")
        #expect(waits(ledger.apply(first)))
        #expect(noEffect(ledger.apply(first)), "the same bytes again")
        #expect(ledger.replica.lastSequence(of: alfa) == 1)
        #expect(noEffect(ledger.apply(try ledger.entry(by: "alfa", sequence: 3))))
        #expect(waits(ledger.apply(try ledger.entry(by: "alfa"))))
        #expect(ledger.replica.lastSequence(of: alfa) == 2)
        #expect(ledger.replica.lastSequence(of: MemberID(rawValue: "bravo")!) == 0)
    }

    @Test func `unknown authors and keys of others have no effect`() throws {
        let ledger = try ledger()
        #expect(noEffect(ledger.apply(try ledger.entry(by: "delta"))))
        #expect(ledger.replica.lastSequence(of: MemberID(rawValue: "delta")!) == 0)
        let forged = try ledger.entry(
            by: "alfa", sequence: 1, nodeKey: TestLedger.nodeKey(of: "bravo"))
        #expect(noEffect(ledger.apply(forged)))
        #expect(waits(ledger.apply(try ledger.entry(by: "alfa"))))
    }

    @Test func `a void entry uses its sequence, stands in the block and does nothing else`() throws
    {
        let ledger = try ledger()
        try ledger.createUnit()
        let rita = try ledger.open("rita")
        try ledger.issue(10, to: rita)
        let good = ledger.sign([.transfer(1, to: ledger.member("alfa"))], by: rita)
        var forged = good.message
        forged.signature[0] ^= 1
        let later = ledger.time.later(by: 9_000)
        let void = try ledger.entry(by: "bravo", clock: later, [good, try Envelope(forged)])
        #expect(void.void?.contains("transactions[1]") == true)
        #expect(void.transactions.isEmpty)
        #expect(waits(ledger.apply(void)))
        #expect(ledger.replica.lastClock(of: MemberID(rawValue: "bravo")!) == ledger.time)
        // The good one was not used up: it comes in another entry.
        let outcome = ledger.apply(try ledger.entry(by: "bravo", [good]))
        guard case .closed(let block, let ignored) = outcome else {
            Issue.record("no block")
            return
        }
        #expect(ignored.isEmpty)
        #expect(block.entries.contains(void.envelope))
        #expect(ledger.balance(rita) == 9)
        let author = CoreRows.authors.get(MemberID(rawValue: "bravo")!, in: ledger.state)
        #expect(
            author?.lastSequence == ledger.replica.lastSequence(of: MemberID(rawValue: "bravo")!))
        try ledger.checkReplay()
    }

    @Test func `the same id twice in one entry makes it void, also under two keys`() throws {
        let ledger = try ledger()
        let alfa = ledger.member("alfa")
        let one = ledger.sign([.transfer(1, to: alfa)], by: alfa)
        let other = TestLedger.key("other").sign(one.body, as: .transaction)
        #expect(try ledger.entry(by: "alfa", [one, one]).void != nil)
        #expect(try ledger.entry(by: "alfa", [one, other]).void != nil)
        #expect(try ledger.entry(by: "alfa", [one]).void == nil)
    }

    @Test func `an expelled author uses its sequence, and its transactions and clock do not count`()
        throws
    {
        let ledger = try TestLedger(members: ["alfa", "bravo"])
        let bravo = MemberID(rawValue: "bravo")!
        try ledger.createUnit()
        let propose = Action.alliance(
            .propose(
                .with {
                    $0.title = "Out"
                    $0.expelMember = .with { $0.id = "bravo" }
                }))
        let events = try ledger.done(ledger.member("alfa"), propose)
        let id = events[0].alliance.proposalMade.proposal
        let account = ledger.member("bravo")
        try ledger.done(
            account,
            .alliance(
                .vote(
                    .with {
                        $0.proposal = id; $0.yes = true
                    })))
        #expect(ledger.replica.members.members.map(\.id.rawValue) == ["alfa"])

        let last = ledger.replica.lastSequence(of: bravo)
        let clock = ledger.replica.lastClock(of: bravo)
        let late = ledger.sign([.transfer(1, to: ledger.member("alfa"))], by: account)
        let entry = try ledger.entry(
            by: "bravo", clock: ledger.time.later(by: 60_000), [late])
        #expect(waits(ledger.apply(entry)))
        #expect(ledger.replica.lastSequence(of: bravo) == last + 1)
        #expect(ledger.replica.lastClock(of: bravo) == clock)
        // Its account is still one: through another member the transaction is executed.
        let closed = try ledger.block([late])
        #expect(closed.receipts.map(\.code) == [MoneyRejection.insufficientBalance.rawValue])
        #expect(closed.blocks[0].entries.contains(entry.envelope))
        #expect(closed.blocks[0].header.time < ledger.time.later(by: 60_000))
        try ledger.checkReplay()
    }

    // MARK: Form

    private func body(_ ledger: TestLedger) -> EntryBody {
        .with {
            $0.chain = Data(ledger.chain.bytes)
            $0.author = "alfa"
            $0.sequence = 1
            $0.clockMs = ledger.time.milliseconds
        }
    }

    private func fault(of body: [UInt8], _ ledger: TestLedger) -> EntryFault? {
        let envelope = TestLedger.nodeKey(of: "alfa").sign(body, as: .entry)
        do throws(EntryFault) {
            _ = try CheckedEntry(envelope, chain: ledger.chain, epoch: 0)
            return nil
        } catch { return error }
    }

    @Test func `entries of another form, chain, epoch or author are no entries`() throws {
        let ledger = try ledger()
        let good = body(ledger)
        #expect(fault(of: good.encoded, ledger) == nil)
        // A field of number 99.
        guard case .malformed? = fault(of: good.encoded + [0x9A, 0x06, 0x00], ledger) else {
            Issue.record("an unknown field was taken")
            return
        }
        guard case .malformed? = fault(of: [0xFF], ledger) else {
            Issue.record("no message at all was taken")
            return
        }
        var other = good
        other.chain = Data(Hash256.zero.bytes)
        #expect(fault(of: other.encoded, ledger) == .wrongChain)
        other = good
        other.epoch = 1
        #expect(fault(of: other.encoded, ledger) == .wrongEpoch(1))
        other = good
        other.author = "Alfa"
        #expect(fault(of: other.encoded, ledger) == .badAuthor("Alfa"))
        let envelope = TestLedger.nodeKey(of: "alfa").sign(good.encoded, as: .transaction)
        #expect(throws: EntryFault.badSignature) {
            try CheckedEntry(envelope, chain: ledger.chain, epoch: 0)
        }
    }

    @Test func `an entry has at most 1 MiB, its envelope included`() throws {
        let ledger = try ledger()
        var body = body(ledger)
        // Attestations that are never looked at here serve as ballast.
        var signed = Signed()
        signed.body = Data(count: EntryLimits.bytes)
        body.attestations = [signed]
        signed.body = Data(count: EntryLimits.bytes - 96 - (body.encoded.count - EntryLimits.bytes))
        body.attestations = [signed]
        #expect(body.encoded.count + 96 == EntryLimits.bytes)
        #expect(fault(of: body.encoded, ledger) == nil)
        body.attestations[0].body.append(0)
        #expect(fault(of: body.encoded, ledger) == .tooLarge(bytes: EntryLimits.bytes + 1))
    }

    @Test func `a clock beyond the year 9999 counts as its end`() throws {
        let ledger = try ledger()
        let entry = try ledger.entry(by: "alfa", clock: Timestamp(milliseconds: .max))
        #expect(entry.clock == .maximum)
    }
}
