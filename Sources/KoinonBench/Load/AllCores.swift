import Dispatch
import Foundation
import Synchronization

/// Work spread over every core by plain threads, without the pool that a node runs on.
enum AllCores {
    static var count: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Calls `body` with runs of at most `stride` indices of `0..<count`, on all cores
    /// at once; returns when all are done.
    static func forEach(
        _ count: Int, stride: Int, _ body: @Sendable (Range<Int>) -> Void
    ) {
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: Self.count) { _ in
            while true {
                let start = next.wrappingAdd(stride, ordering: .relaxed).oldValue
                guard start < count else { return }
                body(start..<min(start + stride, count))
            }
        }
    }

    /// The same, keeping what `body` makes of each index, in order.
    static func map<Element: Sendable>(
        _ indices: Range<Int>, _ body: @Sendable (Int) -> Element
    ) -> [Element] {
        let parts = Mutex<[(start: Int, elements: [Element])]>([])
        forEach(indices.count, stride: 256) { range in
            let elements = range.map { body(indices.lowerBound + $0) }
            parts.withLock { $0.append((range.lowerBound, elements)) }
        }
        return parts.withLock { parts in
            parts.sorted { $0.start < $1.start }.flatMap(\.elements)
        }
    }
}
