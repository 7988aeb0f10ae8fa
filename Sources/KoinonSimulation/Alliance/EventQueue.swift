import KoinonProtocol

/// What is to happen in a simulated alliance, by time; what is due in the same millisecond, in
/// the order in which it was asked for. A binary heap.
struct EventQueue<Event> {
    private struct Item {
        var atMs: UInt64
        var number: UInt64
        var event: Event

        func comes(before other: Item) -> Bool {
            atMs != other.atMs ? atMs < other.atMs : number < other.number
        }
    }

    private var heap: [Item] = []
    private var count: UInt64 = 0

    /// When the next thing happens.
    var nextMs: UInt64? { heap.first?.atMs }

    mutating func add(_ event: Event, atMs: UInt64) {
        count += 1
        heap.append(Item(atMs: atMs, number: count, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comes(before: heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Whatever else was to happen does not.
    mutating func keep(_ stays: (Event) -> Bool) {
        // A heap in order is one.
        heap = heap.filter { stays($0.event) }.sorted { $0.comes(before: $1) }
    }

    mutating func next() -> (atMs: UInt64, event: Event)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.atMs, first.event) }
        heap[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { break }
            let right = left + 1
            let child =
                right < heap.count && heap[right].comes(before: heap[left]) ? right : left
            guard heap[child].comes(before: heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return (first.atMs, first.event)
    }
}

/// Chances that depend on what they are about and on nothing else: leaving a step out of a
/// script changes few of them.
struct Chances: Sendable {
    let seed: UInt64
    private var drawn: [Key: UInt64] = [:]

    private struct Key: Hashable {
        var about: String
        var whose: MemberID?
    }

    init(seed: UInt64) { self.seed = seed }

    /// The next number about something.
    mutating func next(_ about: String, of member: MemberID? = nil) -> UInt64 {
        let key = Key(about: about, whose: member)
        drawn[key, default: 0] += 1
        // FNV-1a (Fowler, Noll, Vo) over the names, then one step of the generator.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in about.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in (member?.rawValue ?? "").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        var generator = SplitMix64(seed: seed ^ hash &+ (drawn[key] ?? 0))
        return generator.next()
    }

    /// Any of the range, ends included.
    mutating func within(
        _ range: ClosedRange<UInt64>, _ about: String, of member: MemberID? = nil
    ) -> UInt64 {
        range.lowerBound + next(about, of: member) % (range.upperBound - range.lowerBound + 1)
    }
}
