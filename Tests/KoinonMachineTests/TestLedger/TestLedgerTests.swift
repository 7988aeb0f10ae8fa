import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct TestLedgerTests {
    @Test func `people of two members pay each other, and a second replica agrees`() throws {
        let ledger = try TestLedger(members: ["alfa", "bravo", "carol"])
        try ledger.createUnit()
        let rita = try ledger.open("rita")
        let sami = try ledger.open("sami", sponsor: "bravo")
        try ledger.issue(1_000, to: rita)
        try ledger.done(rita, .transfer(250, to: sami), at: ledger.time.later(by: 5_000))
        #expect(ledger.balance(rita) == 750)
        #expect(ledger.balance(sami) == 250)
        #expect(ledger.time == TestLedger.start.later(by: 5_000))
        try ledger.checkReplay()
    }
}
