import Synchronization

/// A queue between one task that fills it and one that drains it; the filling task
/// waits while it is full, so that a slow stage slows the one before it.
final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var finished = false
        var reader: CheckedContinuation<Void, Never>?
        var writers: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Waits for room, then adds. Dropped silently after ``finish()``.
    func push(_ element: Element) async {
        while true {
            let isFull = state.withLock { state -> Bool in
                guard !state.finished else { return false }
                guard state.elements.count < capacity else { return true }
                state.elements.append(element)
                state.reader.take()?.resume()
                return false
            }
            guard isFull else { return }
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if state.elements.count < capacity || state.finished {
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
