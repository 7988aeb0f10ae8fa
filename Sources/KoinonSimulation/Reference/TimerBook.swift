/// What happens by itself, and when.
struct ReferenceTimer: Hashable, Comparable {
    /// Milliseconds.
    var due: UInt64
    var module: UInt32
    var kind: UInt32
    var subject: [UInt8]
    var name: String = ""

    /// In the order in which they run: texts sort by length first, as their keys in state do.
    static func < (a: Self, b: Self) -> Bool {
        if a.due != b.due { return a.due < b.due }
        if a.module != b.module { return a.module < b.module }
        if a.kind != b.kind { return a.kind < b.kind }
        if a.subject.count != b.subject.count { return a.subject.count < b.subject.count }
        if a.subject != b.subject { return a.subject.lexicographicallyPrecedes(b.subject) }
        let (x, y) = (Array(a.name.utf8), Array(b.name.utf8))
        return x.count == y.count ? x.lexicographicallyPrecedes(y) : x.count < y.count
    }
}

/// All timers that are set, ascending.
struct TimerBook {
    private(set) var all: [ReferenceTimer] = []

    var first: ReferenceTimer? { all.first }

    mutating func set(_ timer: ReferenceTimer) {
        let place = all.firstIndex { $0 >= timer } ?? all.count
        if place < all.count, all[place] == timer { return }
        all.insert(timer, at: place)
    }

    mutating func cancel(_ timer: ReferenceTimer) { all.removeAll { $0 == timer } }

    /// Takes all timers of one module and subject off.
    mutating func cancelAll(module: UInt32, subject: [UInt8]) {
        all.removeAll { $0.module == module && $0.subject == subject }
    }

    mutating func takeFirst() -> ReferenceTimer? { all.isEmpty ? nil : all.removeFirst() }

    mutating func replace(with timers: [ReferenceTimer]) { all = timers.sorted() }
}
