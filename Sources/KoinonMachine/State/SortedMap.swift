import Glibc

/// Byte strings in lexicographic order.
enum ByteOrder {
    /// Negative, zero or positive as `a` stands before, at or after `b`.
    @inline(__always)
    static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
        let common = min(a.count, b.count)
        let order = a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                guard common > 0, let x = left.baseAddress, let y = right.baseAddress else {
                    return Int32(0)
                }
                return memcmp(x, y, common)
            }
        }
        return order != 0 ? Int(order) : a.count - b.count
    }
}

/// An ordered map from byte strings, kept as sorted runs of bounded length.
///
/// Look-ups are two binary searches over the first eight bytes of keys, which lie side
/// by side, so that few of the keys themselves are touched; an insertion moves at most
/// one run. It needs no nodes of its own, so a million rows cost little beyond their bytes.
struct SortedMap<Value> {
    private struct Run {
        /// Of ``keys``, one by one: see ``SortedMap/head(of:)``.
        var heads: [UInt64]
        var keys: [[UInt8]]
        var values: [Value]
    }

    private static var longestRun: Int { 256 }
    private var runs: [Run] = []
    /// The head of each run's first key.
    private var firstHeads: [UInt64] = []
    private(set) var count = 0

    /// The first eight bytes as a number, short keys filled up with zeros: a key with a
    /// smaller head is the smaller key.
    @inline(__always)
    private static func head(of key: [UInt8]) -> UInt64 {
        if key.count >= 8 {
            return key.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
        }
        var head = UInt64(0)
        for index in 0..<8 { head = head << 8 | (index < key.count ? UInt64(key[index]) : 0) }
        return head
    }

    subscript(key: [UInt8]) -> Value? {
        let head = Self.head(of: key)
        guard let run = runIndex(for: key, head) else { return nil }
        let (position, found) = Self.position(of: key, head, in: runs[run])
        return found ? runs[run].values[position] : nil
    }

    /// Sets the row and returns what stood there before.
    @discardableResult
    mutating func set(_ key: [UInt8], _ value: Value) -> Value? {
        let head = Self.head(of: key)
        guard let run = runIndex(for: key, head) else {
            runs.append(Run(heads: [head], keys: [key], values: [value]))
            firstHeads.append(head)
            count = 1
            return nil
        }
        let (position, found) = Self.position(of: key, head, in: runs[run])
        if found {
            let previous = runs[run].values[position]
            runs[run].values[position] = value
            return previous
        }
        runs[run].heads.insert(head, at: position)
        runs[run].keys.insert(key, at: position)
        runs[run].values.insert(value, at: position)
        if position == 0 { firstHeads[run] = head }
        count += 1
        if runs[run].keys.count > Self.longestRun { split(run) }
        return nil
    }

    /// Removes the row and returns what stood there.
    @discardableResult
    mutating func remove(_ key: [UInt8]) -> Value? {
        let head = Self.head(of: key)
        guard let run = runIndex(for: key, head) else { return nil }
        let (position, found) = Self.position(of: key, head, in: runs[run])
        guard found else { return nil }
        runs[run].heads.remove(at: position)
        runs[run].keys.remove(at: position)
        let previous = runs[run].values.remove(at: position)
        count -= 1
        if runs[run].keys.isEmpty {
            runs.remove(at: run)
            firstHeads.remove(at: run)
        } else if position == 0 {
            firstHeads[run] = runs[run].heads[0]
        }
        return previous
    }

    /// Visits rows from `lower` on, ascending, until `body` says false.
    func visit(from lower: [UInt8], _ body: ([UInt8], Value) -> Bool) {
        let head = Self.head(of: lower)
        guard var run = runIndex(for: lower, head) else { return }
        var position = Self.position(of: lower, head, in: runs[run]).index
        while run < runs.count {
            while position < runs[run].keys.count {
                guard body(runs[run].keys[position], runs[run].values[position]) else { return }
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
                first != head ? first < head : ByteOrder.compare(runs[middle].keys[0], key) <= 0
            if isAtOrBelow { low = middle } else { high = middle }
        }
        return low
    }

    private static func position(
        of key: [UInt8], _ head: UInt64, in run: borrowing Run
    ) -> (index: Int, found: Bool) {
        var low = 0
        var high = run.keys.count
        while low < high {
            let middle = (low + high) / 2
            let other = run.heads[middle]
            if other == head {
                let order = ByteOrder.compare(run.keys[middle], key)
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

    private mutating func split(_ run: Int) {
        let half = runs[run].keys.count / 2
        let upper = Run(
            heads: Array(runs[run].heads[half...]), keys: Array(runs[run].keys[half...]),
            values: Array(runs[run].values[half...]))
        runs[run].heads.removeSubrange(half...)
        runs[run].keys.removeSubrange(half...)
        runs[run].values.removeSubrange(half...)
        runs.insert(upper, at: run + 1)
        firstHeads.insert(upper.heads[0], at: run + 1)
    }
}
