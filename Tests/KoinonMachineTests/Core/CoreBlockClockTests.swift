import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The rule of block time, against the bounds that docs/formats/entries.md promises.
@Suite struct CoreBlockClockTests {
    /// What a member's last clock may be. Live honest clocks lie in 10…12.
    enum Clock: UInt64, CaseIterable {
        case liesLow = 0
        case silent = 5
        case honest10 = 10
        case honest11 = 11
        case honest12 = 12
        case liesHigh = 100

        var lies: Bool { self == .liesLow || self == .liesHigh }
        var isLive: Bool { !lies && self != .silent }
    }

    /// Every choice of clocks for n members, each set once and in one order.
    private func choices(_ n: Int, from first: Int = 0) -> [[Clock]] {
        if n == 0 { return [[]] }
        return Clock.allCases.indices.dropFirst(first).flatMap { index in
            choices(n - 1, from: index).map { [Clock.allCases[index]] + $0 }
        }
    }

    private func time(_ clocks: [Clock], previous: UInt64 = 0) -> UInt64 {
        BlockClock.time(
            previous: Timestamp(milliseconds: previous),
            clocks: clocks.map { Timestamp(milliseconds: $0.rawValue) }
        ).milliseconds
    }

    @Test(arguments: 1...7)
    func `time is bounded by honest clocks while few enough lie or are silent`(n: Int) throws {
        var upperChecked = 0
        var lowerChecked = 0
        var upperBroken = false
        var lowerBroken = false
        for clocks in choices(n) {
            let now = time(clocks)
            // The order in which members stand does not matter.
            #expect(time(clocks.reversed()) == now)
            let liars = clocks.count { $0.lies }
            let silent = clocks.count { $0 == .silent }
            let live = clocks.filter(\.isLive).map(\.rawValue)
            guard let largest = live.max(), let smallest = live.min() else { continue }
            if liars <= (n + 1) / 2 - 1 {
                #expect(now <= largest, "\(clocks)")
                upperChecked += 1
            } else if now > largest {
                upperBroken = true
            }
            if liars + silent <= n / 2 {
                #expect(now >= smallest, "\(clocks)")
                lowerChecked += 1
            } else if now < smallest {
                lowerBroken = true
            }
        }
        #expect(upperChecked > 0 && lowerChecked > 0)
        // One liar more, and the bound does not hold: it is as wide as it can be.
        if n > 1 { #expect(upperBroken) }
        if n > 2 { #expect(lowerBroken) }
    }

    @Test func `time never goes back`() {
        #expect(time([.honest10, .honest11, .honest12], previous: 50) == 50)
        #expect(time([], previous: 50) == 50)
    }

    @Test func `the element in the middle decides, the later one of two`() {
        #expect(time([.honest10]) == 10)
        #expect(time([.honest10, .honest12]) == 12)
        #expect(time([.honest12, .liesLow, .honest11]) == 11)
        #expect(time([.liesLow, .honest10, .honest11, .honest12]) == 11)
    }
}
