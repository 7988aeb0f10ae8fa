/// An ordered map from byte strings, kept as sorted runs of bounded length.
///
/// Look-ups search the first eight bytes of keys, which lie side by side, so that few of the
/// keys themselves are touched; an insertion moves at most one run. It needs no nodes of its
/// own, so a million rows cost little beyond their bytes.
struct SortedMap<Value> {
    private struct Row {
        var key: [UInt8]
        var value: Value
    }

    private struct Run {
        /// Of the rows' keys, one by one: see ``ByteOrder/head(of:)``.
        var heads: [UInt64]
        var rows: [Row]
    }

    private let longestRun: Int
    private var runs: [Run] = []
    /// The head of each run's first key.
    private var firstHeads: [UInt64] = []
    private(set) var count = 0

    /// - Parameter longestRun: long runs make little of a large map, short ones make
    ///   insertions cheap.
    init(longestRun: Int = 256) {
        self.longestRun = longestRun
    }

    subscript(key: [UInt8]) -> Value? {
        let head = ByteOrder.head(of: key)
        guard let run = runIndex(for: key, head) else { return nil }
        let (position, found) = position(of: key, head, inRun: run)
        return found ? runs[run].rows[position].value : nil
    }

    /// Sets the row and returns what stood there before.
    @discardableResult
    mutating func set(_ key: [UInt8], _ value: Value) -> Value? {
        let head = ByteOrder.head(of: key)
        guard let run = runIndex(for: key, head) else {
            runs.append(Run(heads: [head], rows: [Row(key: key, value: value)]))
            firstHeads.append(head)
            count = 1
            return nil
        }
        let (position, found) = position(of: key, head, inRun: run)
        if found {
            let previous = runs[run].rows[position].value
            runs[run].rows[position].value = value
            return previous
        }
        runs[run].heads.insert(head, at: position)
        runs[run].rows.insert(Row(key: key, value: value), at: position)
        if position == 0 { firstHeads[run] = head }
        count += 1
        if runs[run].rows.count > longestRun { split(run) }
        return nil
    }

    /// Removes the row and returns what stood there.
    @discardableResult
    mutating func remove(_ key: [UInt8]) -> Value? {
        let head = ByteOrder.head(of: key)
        guard let run = runIndex(for: key, head) else { return nil }
        let (position, found) = position(of: key, head, inRun: run)
        guard found else { return nil }
        runs[run].heads.remove(at: position)
        let previous = runs[run].rows.remove(at: position).value
        count -= 1
        if runs[run].rows.isEmpty {
            runs.remove(at: run)
            firstHeads.remove(at: run)
        } else if position == 0 {
            firstHeads[run] = runs[run].heads[0]
        }
        return previous
    }

    /// Visits rows from `lower` on, ascending, until `body` says false.
    func visit(from lower: [UInt8], _ body: ([UInt8], Value) -> Bool) {
        let head = ByteOrder.head(of: lower)
        guard var run = runIndex(for: lower, head) else { return }
        var position = position(of: lower, head, inRun: run).index
        while run < runs.count {
            while position < runs[run].rows.count {
                let row = runs[run].rows[position]
                guard body(row.key, row.value) else { return }
                position += 1
            }
            run += 1
            position = 0
        }
    }

    /// The run whose range holds the key, if there is any run at all.
    private func runIndex(for key: [UInt8], _ head: UInt64) -> Int? {
        guard !runs.isEmpty else { return nil }
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            let first = firstHeads[middle]
            let isAtOrBelow =
                first != head ? first < head : ByteOrder.compare(runs[middle].rows[0].key, key) <= 0
            if isAtOrBelow { low = middle } else { high = middle }
        }
        return low
    }

    private func position(
        of key: [UInt8], _ head: UInt64, inRun run: Int
    ) -> (index: Int, found: Bool) {
        let next = run + 1 < runs.count ? firstHeads[run + 1] : .max
        return Self.position(of: key, head, in: runs[run], from: firstHeads[run], to: next)
    }

    /// Begins where the key would stand if heads were spread evenly from `first` to `next`,
    /// as those of ids are, and goes on from there in growing steps: memory that lies far
    /// apart is what a search waits for.
    private static func position(
        of key: [UInt8], _ head: UInt64, in run: borrowing Run, from first: UInt64,
        to next: UInt64
    ) -> (index: Int, found: Bool) {
        var low = 0
        var high = run.heads.count
        if head > first, head < next {
            let spare = max(0, 56 - (next - first).leadingZeroBitCount)
            let guess = Int((head - first) >> spare * UInt64(high) / ((next - first) >> spare + 1))
            narrow(&low, &high, to: head, in: run.heads, around: guess)
        }
        while low < high {
            let middle = (low + high) / 2
            let other = run.heads[middle]
            if other == head {
                let order = ByteOrder.compare(run.rows[middle].key, key)
                if order == 0 { return (middle, true) }
                if order < 0 { low = middle + 1 } else { high = middle }
            } else if other < head {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (low, false)
    }

    /// Leaves out what is certain to stand below or above `head`.
    @inline(__always)
    private static func narrow(
        _ low: inout Int, _ high: inout Int, to head: UInt64, in heads: borrowing [UInt64],
        around guess: Int
    ) {
        var step = 4
        if heads[guess] < head {
            low = guess + 1
            while low + step < high {
                let other = heads[low + step]
                if other < head { low += step + 1 } else if other > head { high = low + step }
                if other >= head { break }
                step *= 2
            }
        } else if heads[guess] > head {
            high = guess
            while high - step > low {
                let other = heads[high - step]
                if other > head { high -= step } else if other < head { low = high - step + 1 }
                if other <= head { break }
                step *= 2
            }
        }
    }

    private mutating func split(_ run: Int) {
        let half = runs[run].rows.count / 2
        let upper = Run(
            heads: Array(runs[run].heads[half...]), rows: Array(runs[run].rows[half...]))
        runs[run].heads.removeSubrange(half...)
        runs[run].rows.removeSubrange(half...)
        runs.insert(upper, at: run + 1)
        firstHeads.insert(upper.heads[0], at: run + 1)
    }
}
