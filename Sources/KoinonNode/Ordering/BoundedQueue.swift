import Synchronization

/// A queue between one task that fills it and one that drains it; the filling task
/// waits while it is full, so that a slow stage slows the one before it.
final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Of all elements.
        var weight = 0
        var finished = false
        var reader: CheckedContinuation<Void, Never>?
        var writers: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let weight: @Sendable (Element) -> Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: weight at which the queue is full; the last element may go beyond.
    ///   - weight: of an element; each counts 1 unless told otherwise.
    init(capacity: Int, weight: @escaping @Sendable (Element) -> Int = { _ in 1 }) {
        self.capacity = capacity
        self.weight = weight
    }

    /// Waits for room, then adds.
    ///
    /// - Returns: false after ``finish()``: neither this nor anything later is taken.
    @discardableResult
    func push(_ element: Element) async -> Bool {
        while true {
            let isTaken = state.withLock { state -> Bool? in
                guard !state.finished else { return false }
                guard state.weight < capacity else { return nil }
                state.elements.append(element)
                state.weight += weight(element)
                state.reader.take()?.resume()
                return true
            }
            if let isTaken { return isTaken }
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if state.weight < capacity || state.finished {
                        continuation.resume()
                    } else {
                        state.writers.append(continuation)
                    }
                }
            }
        }
    }

    /// Everything that waits, at most `limit`, in order; waits for the first. Nil at the end.
    func drain(limit: Int) async -> [Element]? {
        while true {
            let (taken, ended) = state.withLock { state -> ([Element], Bool) in
                let taken = Array(state.elements.prefix(limit))
                state.elements.removeFirst(taken.count)
                state.weight -= taken.reduce(0) { $0 + weight($1) }
                for writer in state.writers { writer.resume() }
                state.writers = []
                return (taken, taken.isEmpty && state.finished)
            }
            if ended { return nil }
            if !taken.isEmpty { return taken }
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if state.elements.isEmpty, !state.finished {
                        state.reader = continuation
                    } else {
                        continuation.resume()
                    }
                }
            }
        }
    }

    /// What is in the queue can still be drained; nothing more comes in.
    func finish() {
        state.withLock { state in
            state.finished = true
            state.reader.take()?.resume()
            for writer in state.writers { writer.resume() }
            state.writers = []
        }
    }
}
