import KoinonProtocol
import Synchronization

/// Up to where the engine may forget: what final blocks beyond a retention hold.
///
/// Kept in memory only. A node that starts anew trims once it has taken as much again as it
/// retains, so at most twice of that stays with the engine.
final class TrimPoints: Sendable {
    private struct Point {
        var height: Height
        var position: OrderPosition
        var bytes: Int
    }

    private struct State {
        var points: [Point] = []
        var bytes = 0
    }

    private let state = Mutex(State())

    /// Kept whoever lags: for nodes that were away for a while, and need not ask others then.
    private static let retainedBlocks = 65_536
    private static let retainedBytes = 512 * 1_048_576

    /// A block that the entry at `position` closed.
    ///
    /// - Parameter bytes: of its entries.
    func add(_ height: Height, at position: OrderPosition, bytes: Int) {
        state.withLock { state in
            state.points.append(Point(height: height, position: position, bytes: bytes))
            state.bytes += bytes
        }
    }

    /// The last place that no retained block needs; nil when there is none that was not given
    /// before.
    func take(final: Height) -> OrderPosition? {
        state.withLock { state in
            var count = 0
            for point in state.points {
                guard point.height <= final,
                    state.points.count - count > Self.retainedBlocks
                        || state.bytes > Self.retainedBytes
                else { break }
                state.bytes -= point.bytes
                count += 1
            }
            guard count > 0 else { return nil }
            defer { state.points.removeFirst(count) }
            return state.points[count - 1].position
        }
    }
}
