import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("What goes into the next entry")
struct EntryRuleTests {
    private static let start = Timestamp(milliseconds: 1_000_000)

    /// Alfa's node in an alliance of three, all of whose clocks are at the start.
    private func situation(
        _ change: (inout EntryRule.Situation) -> Void = { _ in }
    ) -> EntryRule.Situation {
        var situation = EntryRule.Situation(
            now: Self.start, uptimeMilliseconds: 0, height: Height(10), finalHeight: Height(10),
            blockTime: Self.start,
            clocks: [.alfa: Self.start, .bravo: Self.start, .carol: Self.start],
            speakers: [.alfa], nextTimer: nil, hasTransactions: false, hasAttestations: false,
            clockIsWanted: false)
        change(&situation)
        return situation
    }

    private func decide(
        _ change: (inout EntryRule.Situation) -> Void = { _ in }
    ) -> EntryRule.Decision {
        var rule = EntryRule()
        return rule.decide(situation(change))
    }

    @Test func `is nothing while there is nothing to say, or nobody to say it`() {
        #expect(decide() == .nothing)
        #expect(
            decide {
                $0.hasTransactions = true
                $0.hasAttestations = true
                $0.speakers = []
            } == .nothing)
    }

    @Test func `are transactions, or attestations alone`() {
        #expect(
            decide { $0.hasTransactions = true }
                == .append(EntryRule.Contents(takesTransactions: true)))
        #expect(decide { $0.hasAttestations = true } == .append(EntryRule.Contents()))
    }

    @Test func `are no transactions 64 blocks beyond the final one, but all else`() {
        for (beyond, isPaused) in [(0, false), (63, false), (64, true), (5_000, true)] {
            let behind: (inout EntryRule.Situation) -> Void = {
                $0.height = Height(10 + UInt64(beyond))
            }
            let transactions = decide {
                behind(&$0)
                $0.hasTransactions = true
            }
            let expected = EntryRule.Decision.append(EntryRule.Contents(takesTransactions: true))
            #expect(transactions == (isPaused ? .nothing : expected), "\(beyond)")
            let attestations = decide {
                behind(&$0)
                $0.hasTransactions = isPaused
                $0.hasAttestations = true
            }
            #expect(attestations == .append(EntryRule.Contents()), "\(beyond)")
            let clock = decide {
                behind(&$0)
                $0.clockIsWanted = true
                $0.clocks[.alfa] = Timestamp(milliseconds: Self.start.milliseconds - 1_001)
            }
            #expect(clock == .append(EntryRule.Contents()), "\(beyond)")
        }
    }

    @Test func `is a clock when one is wanted and its own is over a second old`() {
        for (age, states) in [(0, false), (1_000, false), (1_001, true), (60_000, true)] {
            for isWanted in [false, true] {
                let decision = decide {
                    $0.clockIsWanted = isWanted
                    $0.clocks[.alfa] = Timestamp(
                        milliseconds: Self.start.milliseconds - UInt64(age))
                }
                let isStated = decision == .append(EntryRule.Contents())
                #expect(isStated == (isWanted && states), "\(age) \(isWanted)")
            }
        }
        // A clock that was set back has nothing to add.
        #expect(
            decide {
                $0.clockIsWanted = true
                $0.clocks[.alfa] = Timestamp(milliseconds: Self.start.milliseconds + 9_000)
            } == .nothing)
    }

    @Test func `is a clock when a timer is due and its own in the order is before it`() {
        let due = Self.start + 500
        func decision(now: Timestamp, own: Timestamp, others: Timestamp) -> EntryRule.Decision {
            decide {
                $0.now = now
                $0.nextTimer = due
                $0.clocks = [.alfa: own, .bravo: others, .carol: others]
            }
        }
        let states = EntryRule.Decision.append(EntryRule.Contents(isForTimer: true))
        let (start, later) = (Self.start, Self.start + 600)
        #expect(decision(now: start + 499, own: start, others: start) == .nothing)
        #expect(decision(now: due, own: start, others: start) == states)
        #expect(decision(now: due, own: due, others: start) == .nothing, "the others' turn")
        // Its clock makes the median reach it; or it is reached, and only an entry is missing.
        #expect(decision(now: later, own: start, others: later) == states)
        #expect(decision(now: later, own: later, others: later) == states)
    }

    @Test func `asks for clocks when block time would lag, waits a second, and goes on`() {
        var rule = EntryRule()
        func decide(_ uptime: UInt64, others: UInt64 = 0) -> EntryRule.Decision {
            let others = Self.start + others
            return rule.decide(
                situation {
                    $0.now = Self.start + 5_000
                    $0.uptimeMilliseconds = uptime
                    $0.hasTransactions = true
                    $0.clocks[.bravo] = others
                    $0.clocks[.carol] = others
                })
        }
        let asks = EntryRule.Decision.append(EntryRule.Contents(asksForClocks: true))
        let goes = EntryRule.Decision.append(EntryRule.Contents(takesTransactions: true))
        #expect(decide(100, others: 3_000) == goes, "two seconds are no lag")
        #expect(decide(100, others: 2_999) == asks)
        #expect(decide(100) == .wait(until: 1_100))
        #expect(decide(1_099) == .wait(until: 1_100))
        #expect(decide(1_100) == goes, "nobody answered")
        #expect(decide(10_099) == goes)
        #expect(decide(10_100) == asks)
        #expect(decide(10_200, others: 4_000) == goes, "they answered")
        #expect(decide(10_300) == asks)
        #expect(decide(5) == .wait(until: 11_300), "a time that goes back ends nothing early")
    }

    @Test func `carries attestations while it waits for clocks`() {
        var rule = EntryRule()
        let lagging: (inout EntryRule.Situation) -> Void = {
            $0.now = Self.start + 5_000
            $0.hasTransactions = true
        }
        _ = rule.decide(situation(lagging))
        let decision = rule.decide(
            situation {
                lagging(&$0)
                $0.hasAttestations = true
            })
        #expect(decision == .append(EntryRule.Contents()))
    }

    /// docs/formats/entries.md, by counting instead of sorting: the chosen clock is the
    /// greatest that more than half of the members, or exactly half of an even number, have
    /// reached.
    @Test func `chooses the median, exhaustively for one to seven members`() {
        func check(_ clocks: [UInt64]) {
            let n = clocks.count
            let reached = clocks.filter { one in
                clocks.count { $0 >= one } >= n - n / 2
            }.max()!
            let chosen = BlockClock.time(
                previous: .init(milliseconds: 0),
                clocks: clocks.map { Timestamp(milliseconds: $0) })
            #expect(chosen.milliseconds == reached, "\(clocks)")
        }
        for n in 1...7 {
            // Every multiset would do, since only counts matter; every sequence of three
            // values is as quick.
            var total = 1
            for _ in 0..<n { total *= 3 }
            for code in 0..<total {
                var rest = code
                check(
                    (0..<n).map { _ in
                        defer { rest /= 3 }
                        return UInt64(10 * (rest % 3))
                    })
            }
        }
    }

    /// Never above the largest live honest clock while at most ⌈n/2⌉ − 1 lie, never below the
    /// smallest while at most ⌊n/2⌋ lie or are silent; one more and it fails.
    @Test func `bounds block time by honest clocks exactly as far as promised`() {
        let live: [UInt64] = [10, 11, 12]
        for n in 1...7 {
            for lying in 0..<n {
                for silent in 0..<(n - lying) {
                    var isHigh = true
                    var isLow = true
                    for liars in combinations(of: [0, 5, 10, 12, 20], lying) {
                        for gone in combinations(of: [0, 5], silent) {
                            for honest in combinations(of: live, n - lying - silent) {
                                let chosen = BlockClock.time(
                                    previous: .init(milliseconds: 0),
                                    clocks: (liars + gone + honest).map {
                                        Timestamp(milliseconds: $0)
                                    }
                                ).milliseconds
                                isHigh = isHigh && chosen <= honest.max()!
                                isLow = isLow && chosen >= honest.min()!
                            }
                        }
                    }
                    #expect(isHigh == (lying <= (n + 1) / 2 - 1), "\(n) \(lying) \(silent)")
                    #expect(isLow == (lying + silent <= n / 2), "\(n) \(lying) \(silent)")
                }
            }
        }
    }

    private func combinations(of values: [UInt64], _ count: Int) -> [[UInt64]] {
        guard count > 0 else { return [[]] }
        return values.indices.flatMap { index in
            combinations(of: Array(values[index...]), count - 1).map { [values[index]] + $0 }
        }
    }
}
