import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Ids of transactions in blocks: kept until they could only be expired.
@Suite struct CoreSpentIDTests {
    @Test func `ids are kept through the last moment of the last, and dropped after it`() throws {
        let ledger = try TestLedger()
        let alfa = ledger.member("alfa")
        let end = ledger.time.later(by: 1_000)
        func spent() -> [UInt64] { CoreRows.spentIDs.rows(in: ledger.state).map(\.key.a) }
        func act(expires: [Timestamp], at moment: Timestamp) throws -> [Hash256] {
            let signed = expires.map { expiry in
                ledger.sign([.transfer(1, to: alfa)], by: alfa, expires: expiry)
            }
            #expect(try ledger.block(at: moment, signed).receipts.count == signed.count)
            return signed.map(\.bodyHash)
        }
        let ids = try act(expires: [end.earlier(by: 900), end], at: ledger.time)
        #expect(spent() == [end.milliseconds])
        let row = try #require(CoreRows.spentIDs.rows(in: ledger.state).first)
        #expect(row.key.b == 1)
        #expect(CoreRows.ids(in: row.value) == ids)
        let later = end.later(by: 50)
        _ = try act(expires: [later], at: end)
        #expect(spent() == [end.milliseconds, later.milliseconds])
        _ = try act(expires: [later], at: end.later(by: 1))
        #expect(spent() == [later.milliseconds, later.milliseconds])
        try ledger.checkReplay()
    }

    @Test func `one block drops 64 rows at most, the oldest first`() {
        let state = CommittedState()
        let overlay = StateOverlay(over: state)
        let count = UInt64(CoreRows.droppedRowsPerBlock + 7)
        for number in 0..<count {
            let id = Hash256.sha256([UInt8(number)])
            CoreRows.spend([id], lastExpiry: number, height: Height(number), in: overlay)
        }
        state.apply(overlay.takeChanges())
        func drop(before time: UInt64) -> (dropped: Int, left: [UInt64]) {
            let overlay = StateOverlay(over: state)
            let dropped = CoreRows.dropExpiredIDs(
                before: Timestamp(milliseconds: time), in: overlay)
            state.apply(overlay.takeChanges())
            return (dropped.count, CoreRows.spentIDs.rows(in: state).map(\.key.a))
        }
        #expect(drop(before: 0).dropped == 0)
        #expect(drop(before: 3).left.first == 3)
        #expect(drop(before: .max).dropped == 64)
        #expect(drop(before: .max).left.isEmpty)
    }
}
