/// How well a number separates two groups.
public enum RankQuality {
    /// The chance that one of `good` has a higher number than one of `bad`, ties counting
    /// half: the area under the ROC curve. Nil when a group is empty.
    public static func area<Value: Comparable>(good: [Value], bad: [Value]) -> Double? {
        guard !good.isEmpty, !bad.isEmpty else { return nil }
        let sorted = bad.sorted()
        var halves = 0
        for value in good {
            halves += sorted.partition(before: { $0 < value })
            halves += sorted.partition(before: { $0 <= value })
        }
        return Double(halves) / 2 / Double(good.count) / Double(bad.count)
    }

    /// The bound that a plain Beta distribution gives: ratings ÷ 10 as evidence over one for
    /// and one against, mean - 1.645 deviations.
    public static func plainBound(_ scores: some Sequence<Int32>) -> Double {
        // Summed as integers, so that the same ratings in another order give the same number.
        var praise = 0
        var complaint = 0
        for score in scores {
            if score > 0 { praise += Int(score) } else { complaint -= Int(score) }
        }
        let a = 1 + Double(praise) / 10
        let b = 1 + Double(complaint) / 10
        let sum = a + b
        return a / sum - 1.645 * (a * b / (sum * sum * (sum + 1))).squareRoot()
    }

    public static func plainMean(_ scores: some Collection<Int32>) -> Double {
        scores.isEmpty ? 0 : Double(scores.reduce(0) { $0 + Int($1) }) / Double(scores.count)
    }
}

extension Array {
    /// How many elements of this sorted array stand before the first that fails.
    fileprivate func partition(before holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
