import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode

@Suite("Outcomes without a trace")
struct RecentOutcomesTests {
    private static func id(_ number: UInt8) -> Hash256 { .sha256([number]) }

    @Test func `are remembered, the last so many, and executed ones not`() {
        let recent = RecentOutcomes(capacity: 3)
        recent.add([(Self.id(0), .executed(Height(1), leaf: 0, Receipt()))])
        #expect(recent.outcome(of: Self.id(0)) == nil)
        for number in 1...4 as ClosedRange<UInt8> { recent.add([(Self.id(number), .expired)]) }
        #expect(recent.outcome(of: Self.id(1)) == nil)
        for number in 2...4 as ClosedRange<UInt8> {
            #expect(recent.outcome(of: Self.id(number)) != nil)
        }
        // The same one again takes no other's place.
        recent.add([(Self.id(4), .ignored(Height(2), .expired))])
        guard case .ignored(Height(2), .expired) = recent.outcome(of: Self.id(4)) else {
            Issue.record("the later outcome counts")
            return
        }
        #expect(recent.outcome(of: Self.id(2)) != nil)
    }
}
