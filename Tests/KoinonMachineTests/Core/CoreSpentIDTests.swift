import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Ids of transactions in blocks: kept until they could only be expired.
@Suite struct CoreSpentIDTests {
    @Test func `an id is kept through its last moment and dropped after it`() throws {
        let ledger = try TestLedger()
        let alfa = ledger.member("alfa")
        let end = ledger.time.later(by: 1_000)
        func spent() -> [UInt64] { CoreRows.spentIDs.rows(in: ledger.state).map(\.key.a) }
        func act(expires: Timestamp, at moment: Timestamp) throws {
            let action = Action.transfer(1, to: alfa)
            #expect(
                try ledger.block(at: moment, [ledger.sign([action], by: alfa, expires: expires)])
                    .receipts.count == 1)
        }
        try act(expires: end, at: ledger.time)
        #expect(spent() == [end.milliseconds])
        #expect(CoreRows.spentIDs.rows(in: ledger.state).map(\.value.height) == [1])
        let later = end.later(by: 50)
        try act(expires: later, at: end)
        #expect(spent() == [end.milliseconds, later.milliseconds])
        try act(expires: later, at: end.later(by: 1))
        #expect(spent() == [later.milliseconds, later.milliseconds])
    }

    @Test func `one block drops ten thousand at most, the oldest first`() {
        let state = CommittedState()
        let overlay = StateOverlay(over: state)
        let count = CoreRows.droppedIDsPerBlock + 700
        for number in 0..<count {
            let id = Hash256.sha256([UInt8(number & 255), UInt8(number >> 8)])
            CoreRows.spentIDs.set(Key2(UInt64(number), id), SpentID(), in: overlay)
        }
        state.apply(overlay.takeChanges())
        func drop(before time: UInt64) -> [UInt64] {
            let overlay = StateOverlay(over: state)
            CoreRows.dropExpiredIDs(before: Timestamp(milliseconds: time), in: overlay)
            state.apply(overlay.takeChanges())
            return CoreRows.spentIDs.rows(in: state).map(\.key.a)
        }
        #expect(drop(before: 0).count == count)
        #expect(drop(before: 300).first == 300)
        #expect(drop(before: 300).count == count - 300)
        #expect(drop(before: UInt64(count)) == Array(10_300..<UInt64(count)))
        #expect(drop(before: UInt64(count) - 1) == [UInt64(count) - 1])
        #expect(drop(before: .max).isEmpty)
    }
}
