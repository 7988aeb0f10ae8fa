import KoinonProtocol
import Synchronization

/// What of the order stays with the engine, whichever is less: whoever lags, for nodes that
/// were away for a while, and need not ask others then.
public struct OrderRetention: Sendable {
    /// Final blocks.
    public var blocks: Int
    /// Of their entries.
    public var bytes: Int

    public init(blocks: Int = 65_536, bytes: Int = 512 * 1_048_576) {
        self.blocks = blocks
        self.bytes = bytes
    }
}

/// Up to where the engine may forget: what final blocks beyond a retention hold, once a quorum
/// of the members has marked them too.
///
/// Kept in memory only. A node that starts anew trims once it has taken as much again as it
/// retains, so at most twice of that stays with the engine.
package final class TrimPoints: Sendable {
    private struct Point {
        var height: Height
        var position: OrderPosition
        var bytes: Int
    }

    private struct State {
        var points: [Point] = []
        var bytes = 0
        /// Marked, and not forgotten so far.
        var marked: [Point] = []
    }

    private let retention: OrderRetention
    private let state = Mutex(State())

    package init(_ retention: OrderRetention = OrderRetention()) { self.retention = retention }

    /// A block that the entry at `position` closed.
    ///
    /// - Parameter bytes: of its entries.
    package func add(_ height: Height, at position: OrderPosition, bytes: Int) {
        state.withLock { state in
            state.points.append(Point(height: height, position: position, bytes: bytes))
            state.bytes += bytes
        }
    }

    /// The last block that none of those retained needs, as long as something up to it is not
    /// forgotten; nil when there is none.
    package func mark(final: Height) -> Height? {
        state.withLock { state in
            var count = 0
            for point in state.points {
                guard point.height <= final,
                    state.points.count - count > retention.blocks
                        || state.bytes > retention.bytes
                else { break }
                state.bytes -= point.bytes
                count += 1
            }
            if count > 0 {
                state.marked.append(state.points[count - 1])
                state.points.removeFirst(count)
            }
            return state.marked.last?.height
        }
    }

    /// The place of the last marked block up to one that a quorum has marked; given once.
    package func take(agreed: Height) -> OrderPosition? {
        state.withLock { state in
            guard let last = state.marked.lastIndex(where: { $0.height <= agreed }) else {
                return nil
            }
            defer { state.marked.removeFirst(last + 1) }
            return state.marked[last].position
        }
    }
}
