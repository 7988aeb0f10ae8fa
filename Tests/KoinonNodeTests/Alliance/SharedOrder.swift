import KoinonLedger
import KoinonProtocol
import Synchronization

@testable import KoinonNode
@testable import TestNodes

/// One order for several nodes of one process: each reads it at its own pace, with pauses and
/// with entries given twice, and a place that is taken stays taken.
final class SharedOrder: Sendable {
    private struct Place: Hashable {
        var author: MemberID
        var sequence: UInt64
    }

    private struct State {
        var entries: [OrderedEntry] = []
        var places: [Place: Envelope] = [:]
        var readers: [Int: Signal] = [:]
        var positions: [Place: OrderPosition] = [:]
        /// Whose entries are taken and shown to nobody.
        var hidden: Set<Place> = []
        /// Entries up to there are gone, and those of blocks up to a height with them.
        var trimmed = OrderPosition.start
        var trimmedHeight = Height.genesis
    }

    private let state = Mutex(State())

    /// - Returns: those whose places hold other bytes.
    fileprivate func append(_ entries: [SignedEntry]) -> [SignedEntry] {
        state.withLock { state in
            var taken: [SignedEntry] = []
            for entry in entries {
                let place = Place(author: entry.author, sequence: entry.sequence)
                if let held = state.places[place] {
                    if held != entry.envelope { taken.append(entry) }
                    continue
                }
                state.places[place] = entry.envelope
                if state.hidden.contains(place) { continue }
                // Places need not be without gaps.
                let last = state.entries.last?.position ?? state.trimmed
                let position = OrderPosition(rawValue: max(10, last.rawValue + 3))
                state.positions[place] = position
                state.entries.append(OrderedEntry(position: position, envelope: entry.envelope))
            }
            for signal in state.readers.values { signal.wake() }
            return taken
        }
    }

    /// An entry by whoever: what a node that lies, or one from an earlier life, appends.
    func append(_ entry: SignedEntry) { _ = append([entry]) }

    /// Takes an entry that is to come, and shows it to nobody.
    func hide(_ author: MemberID, _ sequence: UInt64) {
        state.withLock { _ = $0.hidden.insert(Place(author: author, sequence: sequence)) }
    }

    /// Forgets every entry up to the one that closed a block which every node has.
    func trim(through last: Envelope, of height: Height) {
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.envelope == last }) else {
                return
            }
            state.trimmed = state.entries[index].position
            state.trimmedHeight = height
            state.entries.removeFirst(index + 1)
        }
    }

    fileprivate var trimmedHeight: Height { state.withLock { $0.trimmedHeight } }

    /// Where an entry stands, or stood.
    fileprivate func position(of slot: EntrySlot) -> OrderPosition? {
        state.withLock { $0.positions[Place(author: slot.author, sequence: slot.sequence)] }
    }

    var count: Int { state.withLock { $0.entries.count } }
    var entries: [OrderedEntry] { state.withLock { $0.entries } }

    fileprivate func wake(_ number: Int, _ signal: Signal?) {
        state.withLock { $0.readers[number] = signal }
    }

    fileprivate func entries(after position: OrderPosition) -> [OrderedEntry] {
        state.withLock { state in
            let first = state.entries.partitioningIndex { $0.position > position }
            return Array(state.entries[first...])
        }
    }

    /// What one node reads and writes it by.
    func engine(_ number: Int, seed: UInt64 = 1) -> Engine {
        Engine(self, number: number, seed: seed)
    }

    final class Engine: OrderingEngine {
        private let order: SharedOrder
        private let number: Int
        private let seed: UInt64
        private let signal = Signal()
        private let failure = Mutex<(any Error)?>(nil)
        private let hasStopped = Atomic(false)
        /// While set, what is appended is lost and answered by nobody.
        let losesAppends = Atomic(false)
        /// Why the node is let in no more; set before it begins.
        let refusal = Mutex<(any Error)?>(nil)
        /// While true, nothing is read; whoever reads holds the lock meanwhile.
        private let isHeld = Mutex(false)
        private let lost = Mutex<[PendingAppend]>([])

        init(_ order: SharedOrder, number: Int, seed: UInt64) {
            self.order = order
            self.number = number
            self.seed = seed
            order.wake(number, signal)
        }

        func append(_ entries: [SignedEntry]) -> PendingAppend {
            let append = PendingAppend()
            if let failure = failure.withLock({ $0 }) ?? refusal.withLock({ $0 }) {
                append.end(.failure(failure))
            } else if losesAppends.load(ordering: .relaxed) {
                lost.withLock { $0.append(append) }
            } else {
                let taken = order.append(entries)
                append.end(
                    taken.isEmpty ? .success(()) : .failure(OrderFault.sequencesTaken(taken)))
            }
            return append
        }

        func entries(
            after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
        ) -> AsyncThrowingStream<OrderedEntry, any Error> {
            AsyncThrowingStream { continuation in
                let (trimmed, known) = (order.trimmedHeight, settled())
                if let refusal = refusal.withLock({ $0 }) {
                    return continuation.finish(throwing: refusal)
                }
                let start = position ?? known.closing.flatMap(order.position) ?? .start
                guard known.height >= trimmed else {
                    continuation.finish(throwing: OrderFault.trimmed(through: trimmed))
                    return
                }
                let task = Task {
                    var random = SeededRandom(seed: seed)
                    var position = start
                    while !hasStopped.load(ordering: .acquiring) {
                        let next = isHeld.withLock { $0 ? [] : order.entries(after: position) }
                        for entry in next {
                            if random.below(6) == 0 {
                                try? await Task.sleep(for: .milliseconds(random.below(8)))
                            }
                            continuation.yield(entry)
                            if random.below(10) == 0 { continuation.yield(entry) }
                            position = entry.position
                        }
                        if next.isEmpty { await signal.wait() }
                    }
                    continuation.finish()
                }
                continuation.onTermination = { _ in task.cancel() }
            }
        }

        func stored(through position: OrderPosition) {}

        func stop(_ error: any Error) {
            failure.withLock { $0 = $0 ?? error }
            hasStopped.store(true, ordering: .releasing)
            signal.wake()
            for append in lost.withLock({ $0 }) { append.end(.failure(error)) }
        }

        func hold() { isHeld.withLock { $0 = true } }

        func release() {
            isHeld.withLock { $0 = false }
            signal.wake()
        }

        func mark(_ height: Height, among members: [MemberID]) async throws -> Height { .genesis }
        func trim(before position: OrderPosition) async throws {}
        func membersChanged(to members: [MemberID]) async throws {}
        var report: EngineReport { EngineReport(name: "shared") }
    }
}

/// What stands between a node and its engine, and changes only what is read.
protocol OrderInFront: OrderingEngine {
    var engine: SharedOrder.Engine { get }
}

extension OrderInFront {
    func append(_ entries: [SignedEntry]) -> PendingAppend { engine.append(entries) }

    func stored(through position: OrderPosition) { engine.stored(through: position) }
    func stop(_ error: any Error) { engine.stop(error) }

    func mark(_ height: Height, among members: [MemberID]) async throws -> Height {
        try await engine.mark(height, among: members)
    }

    func trim(before position: OrderPosition) async throws {
        try await engine.trim(before: position)
    }

    func membersChanged(to members: [MemberID]) async throws {
        try await engine.membersChanged(to: members)
    }

    var report: EngineReport { engine.report }
}

/// An order in which others always append: whoever reads on is given something, though the engine
/// has stopped and the reader's task is cancelled.
struct OrderThatGoesOn: OrderInFront {
    let engine: SharedOrder.Engine

    init(of engine: SharedOrder.Engine) { self.engine = engine }

    struct Entries: AsyncSequence, Sendable {
        fileprivate let entries: SharedOrder.Engine.Entries

        func makeAsyncIterator() -> Iterator { Iterator(entries: entries.makeAsyncIterator()) }

        struct Iterator: AsyncIteratorProtocol {
            fileprivate var entries: SharedOrder.Engine.Entries.AsyncIterator
            private var last: OrderedEntry?

            fileprivate init(entries: SharedOrder.Engine.Entries.AsyncIterator) {
                self.entries = entries
            }

            mutating func next() async throws -> OrderedEntry? {
                if let next = try await entries.next() { last = next }
                return last
            }
        }
    }

    func entries(
        after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
    ) -> Entries {
        Entries(entries: engine.entries(after: position, settled: settled))
    }
}

extension Array {
    /// The first index from which on the condition holds.
    fileprivate func partitioningIndex(where condition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
