import TestSeeds
import Testing

@testable import KoinonMachine

@Suite struct CoreSortedMapTests {
    /// Keys of few letters and many lengths, so that prefixes and equal keys are common.
    static func key(_ random: inout SeededRandom) -> [UInt8] {
        (0..<random.below(5)).map { _ in [0x00, 0x01, 0x7F, 0x80, 0xFF][random.below(5)] }
    }

    @Test func `byte order is that of the bytes, a prefix first`() {
        let ascending: [[UInt8]] = [
            [], [0], [0, 0], [0, 1], [1], [0x7F, 0xFF], [0x80], [0xFF, 0],
        ]
        for (i, a) in ascending.enumerated() {
            for (j, b) in ascending.enumerated() {
                #expect(ByteOrder.compare(a, b).signum() == (i - j).signum(), "\(a) \(b)")
            }
        }
    }

    /// Keys as those of state: a few that share their first eight bytes, the rest either
    /// spread evenly or crowded at one end.
    static func longKey(_ random: inout SeededRandom) -> [UInt8] {
        let crowded = random.below(3) == 0
        let head = (0..<8).map { place in
            crowded && place < 6 ? UInt8(0x31) : UInt8(random.below(place < 2 ? 256 : 3))
        }
        return head + [UInt8(random.below(3)), UInt8(random.below(2))]
    }

    @Test(arguments: Seeds.of([1, 2, 3, 4] as [UInt64], casesEach: 6_000), [false, true])
    func `a sorted map is a dictionary with its keys in order`(seed: UInt64, isLong: Bool) {
        var random = SeededRandom(seed: seed)
        var map = SortedMap<Int>(longestRun: isLong ? 64 : 256)
        var model: [[UInt8]: Int] = [:]
        for step in 0..<6_000 {
            // Phases that mostly grow and mostly shrink make runs split and vanish.
            let key = isLong ? Self.longKey(&random) : Self.key(&random)
            if random.below(10) < ((step / 1_500).isMultiple(of: 2) ? 8 : 2) {
                #expect(map.set(key, step) == model.updateValue(step, forKey: key))
            } else {
                #expect(map.remove(key) == model.removeValue(forKey: key))
            }
            let probe = isLong ? Self.longKey(&random) : Self.key(&random)
            #expect(map[probe] == model[probe])
            #expect(map.count == model.count)
            if step.isMultiple(of: 100) { checkScan(of: map, from: Self.key(&random), model) }
        }
        checkScan(of: map, from: [], model)
    }

    private func checkScan(of map: SortedMap<Int>, from lower: [UInt8], _ model: [[UInt8]: Int]) {
        var visited: [[UInt8]] = []
        map.visit(from: lower) { key, value in
            #expect(value == model[key])
            visited.append(key)
            return true
        }
        let expected = model.keys.filter { !$0.lexicographicallyPrecedes(lower) }
        #expect(visited == expected.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test func `a visit stops when it is told to, also between runs`() {
        var map = SortedMap<Int>()
        for number in 0..<2_000 { map.set([UInt8(number / 256), UInt8(number % 256)], number) }
        #expect(map.count == 2_000)
        var visited: [Int] = []
        map.visit(from: [1, 0]) { _, value in
            visited.append(value)
            return visited.count < 700
        }
        #expect(visited == Array(256..<956))
    }
}
