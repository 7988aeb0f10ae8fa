import TestSeeds
import Testing

@testable import KoinonMachine

/// The overlay against a dictionary: random writes, savepoints, roll-backs and scans.
@Suite struct CoreStateOverlayTests {
    typealias Rows = [[UInt8]: [UInt8]]

    private func scan(
        _ rows: Rows, prefix: [UInt8], from lower: [UInt8], limit: Int
    ) -> [[[UInt8]]] {
        rows.filter { $0.key.starts(with: prefix) && !$0.key.lexicographicallyPrecedes(lower) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .prefix(limit).map { [$0.key, $0.value] }
    }

    private func base(_ random: inout SeededRandom) -> (CommittedState, Rows) {
        let state = CommittedState()
        var rows: Rows = [:]
        for _ in 0..<120 {
            let key = CoreSortedMapTests.key(&random)
            rows[key] = [UInt8(random.below(4))]
            state.load(key: key, value: rows[key]!)
        }
        return (state, rows)
    }

    @Test(arguments: Seeds.of(1...12 as ClosedRange<UInt64>, casesEach: 1_500))
    func `an overlay is a dictionary that can go back to a savepoint`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let (state, before) = base(&random)
        let overlay = StateOverlay(over: state)
        var now = before
        var savepoints: [(StateOverlay.Savepoint, Rows)] = []
        for _ in 0..<1_500 {
            let key = CoreSortedMapTests.key(&random)
            switch random.below(20) {
            case 0..<7:
                now[key] = [UInt8(random.below(4))]
                overlay.set(key, now[key]!)
            case 7..<12:
                now[key] = nil
                overlay.remove(key)
            case 12: savepoints.append((overlay.savepoint, now))
            case 13:
                // To any of the savepoints: those after it are void.
                guard !savepoints.isEmpty else { continue }
                let index = random.below(savepoints.count)
                overlay.rollBack(to: savepoints[index].0)
                now = savepoints[index].1
                savepoints.removeSubrange((index + 1)...)
            case 14..<17: #expect(overlay.value(for: key) == now[key])
            default:
                let prefix = Array(key.prefix(random.below(3)))
                let lower = prefix + CoreSortedMapTests.key(&random)
                let limit = random.oneIn(3) ? .max : random.below(30)
                let rows = overlay.rows(prefix: prefix, from: lower, limit: limit)
                #expect(
                    rows.map { [$0.key, $0.value] }
                        == scan(now, prefix: prefix, from: lower, limit: limit))
            }
        }
        checkChanges(of: overlay, from: before, to: now)
        state.apply(overlay.takeChanges())
        var applied: Rows = [:]
        state.forEach { applied[$0] = $1 }
        #expect(applied == now)
    }

    /// Exactly the rows that differ, ascending.
    private func checkChanges(of overlay: StateOverlay, from before: Rows, to after: Rows) {
        let expected = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
            .sorted { $0.lexicographicallyPrecedes($1) }
            .map { StateChange(key: $0, value: after[$0]) }
        #expect(overlay.takeChanges() == expected)
    }

    @Test func `a row set to what it was is no change`() {
        let state = CommittedState()
        state.load(key: [1], value: [7])
        let overlay = StateOverlay(over: state)
        overlay.set([1], [8])
        overlay.set([1], [7])
        overlay.set([2], [9])
        overlay.remove([2])
        #expect(overlay.takeChanges().isEmpty)
    }

    @Test func `an overlay over an overlay sees its changes`() {
        let state = CommittedState()
        state.load(key: [1], value: [1])
        state.load(key: [2], value: [2])
        let lower = StateOverlay(over: state)
        lower.remove([1])
        lower.set([3], [3])
        let upper = StateOverlay(over: lower)
        upper.remove([3])
        upper.set([1], [9])
        #expect(upper.rows(prefix: [], from: [], limit: .max).map(\.key) == [[1], [2]])
        #expect(lower.rows(prefix: [], from: [], limit: .max).map(\.key) == [[2], [3]])
    }
}
