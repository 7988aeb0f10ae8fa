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
/// Look-ups are two binary searches; an insertion moves at most one run. It needs
/// no nodes of its own, so a million rows cost little beyond their bytes.
struct SortedMap<Value> {
    private struct Run {
        var keys: [[UInt8]]
        var values: [Value]
    }

    private static var longestRun: Int { 256 }
    private var runs: [Run] = []
    private(set) var count = 0

    subscript(key: [UInt8]) -> Value? {
        guard let run = runIndex(for: key) else { return nil }
        let (position, found) = Self.position(of: key, in: runs[run].keys)
        return found ? runs[run].values[position] : nil
    }

    /// Sets the row and returns what stood there before.
    @discardableResult
    mutating func set(_ key: [UInt8], _ value: Value) -> Value? {
        guard let run = runIndex(for: key) else {
            runs.append(Run(keys: [key], values: [value]))
            count = 1
            return nil
        }
        let (position, found) = Self.position(of: key, in: runs[run].keys)
        if found {
            let previous = runs[run].values[position]
            runs[run].values[position] = value
            return previous
        }
        runs[run].keys.insert(key, at: position)
        runs[run].values.insert(value, at: position)
        count += 1
        if runs[run].keys.count > Self.longestRun { split(run) }
        return nil
    }

    /// Removes the row and returns what stood there.
    @discardableResult
    mutating func remove(_ key: [UInt8]) -> Value? {
        guard let run = runIndex(for: key) else { return nil }
        let (position, found) = Self.position(of: key, in: runs[run].keys)
        guard found else { return nil }
        runs[run].keys.remove(at: position)
        let previous = runs[run].values.remove(at: position)
        count -= 1
        if runs[run].keys.isEmpty { runs.remove(at: run) }
        return previous
    }

    /// Visits rows from `lower` on, ascending, until `body` says false.
    func visit(from lower: [UInt8], _ body: ([UInt8], Value) -> Bool) {
        guard var run = runIndex(for: lower) else { return }
        var position = Self.position(of: lower, in: runs[run].keys).index
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
    private func runIndex(for key: [UInt8]) -> Int? {
        guard !runs.isEmpty else { return nil }
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if ByteOrder.compare(runs[middle].keys[0], key) <= 0 { low = middle } else { high = middle }
        }
        return low
    }

    private static func position(of key: [UInt8], in keys: [[UInt8]]) -> (index: Int, found: Bool) {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            let order = ByteOrder.compare(keys[middle], key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    private mutating func split(_ run: Int) {
        let half = runs[run].keys.count / 2
        let upper = Run(keys: Array(runs[run].keys[half...]), values: Array(runs[run].values[half...]))
        runs[run].keys.removeSubrange(half...)
        runs[run].values.removeSubrange(half...)
        runs.insert(upper, at: run + 1)
    }
}
