import Hummingbird
import KoinonNode
import KoinonProtocol
import NIOCore
import Synchronization

/// Writes the events of the ledger to one reader, in order and without a gap, from a position
/// on, as server-sent events.
///
/// The reader is only woken when the chain goes on; what it gets it reads from the store at its
/// own pace. While it takes nothing, it holds one piece of at most ``pieceBytes`` and its
/// position.
final class EventStream: Sendable {
    private let blocks: EventBlocks
    private let progress: ProgressBoard
    private let filter: EventFilter
    private let start: EventPosition
    private let end: Height?
    private let metrics: ServerMetrics
    private let isStopping = Atomic(false)

    /// What is written at once, unless one event is larger.
    static let pieceBytes = 65_536

    /// - Parameters:
    ///   - start: the first event that may be written.
    ///   - end: the last block; nil goes on as long as the reader does.
    init(
        blocks: EventBlocks, progress: ProgressBoard, filter: EventFilter, start: EventPosition,
        end: Height?, metrics: ServerMetrics
    ) {
        self.blocks = blocks
        self.progress = progress
        self.filter = filter
        self.start = start
        self.end = end
        self.metrics = metrics
    }

    /// Ends ``run(_:)`` at its next piece.
    func stop() {
        isStopping.store(true, ordering: .releasing)
        progress.nudge()
    }

    /// - Throws: what writing throws when the reader is gone; the store's fault.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        var next = start
        try await writer.write(ByteBuffer(string: "retry: 2000\n\(Self.place(next))\n"))
        var seen = progress.current
        while !isStopping.load(ordering: .acquiring) {
            let goal = end.map { min($0, seen.height) } ?? seen.height
            var hasWritten = false
            while next.height <= goal, !isStopping.load(ordering: .acquiring) {
                let (piece, count) = try piece(from: &next)
                guard count > 0 else { continue }
                try await writer.write(piece)
                metrics.eventsSent.add(count, ordering: .relaxed)
                hasWritten = true
            }
            if let end, next.height > end { return }
            if !hasWritten {
                // Tells the reader how far it is, and notices when there is none any more.
                try await writer.write(
                    ByteBuffer(string: ": \(seen.height)\n\(Self.place(next))\n"))
            }
            let now = try await progress.next(after: seen) {
                isStopping.load(ordering: .acquiring)
            }
            guard let now else { return }
            seen = now
        }
    }

    /// The line of an id without an event. A reader that is cut off before its next event comes
    /// back with it, and misses nothing.
    private static func place(_ next: EventPosition) -> String {
        next.idBefore.map { "id: \($0)\n" } ?? ""
    }

    /// The next events of one block, and moves on behind them.
    private func piece(
        from next: inout EventPosition
    ) throws -> (ByteBuffer, count: Int) {
        var buffer = ByteBuffer()
        var count = 0
        for line in try blocks.events(of: next.height) {
            let place = EventPosition(height: next.height, leaf: line.leaf, index: line.index)
            guard place >= next, filter.takes(line) else { continue }
            if count > 0, buffer.readableBytes + line.text.utf8.count > Self.pieceBytes {
                next = place
                return (buffer, count)
            }
            buffer.writeString("id: \(place)\ndata: \(line.text)\n\n")
            count += 1
        }
        next = EventPosition(height: next.height.next)
        return (buffer, count)
    }
}
