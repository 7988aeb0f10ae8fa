import Hummingbird
import KoinonNode
import KoinonProtocol
import KoinonStore
import NIOCore
import Synchronization

/// Writes whole blocks to one reader, a bounded number at a time.
struct BlockStreaming: Sendable {
    let store: LedgerStore
    let from: Height
    /// The last block that may be written.
    let finalHeight: Height

    /// An answer ends behind the block with which it has as many bytes.
    static let bytesMaximum = 64 * 1_048_576
    /// What is written at once, unless one item is larger.
    private static let pieceBytes = 262_144

    /// - Throws: what writing throws when the reader is gone; the store's fault.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        var next = from
        var sent = 0
        var piece = ByteBuffer()
        while next <= finalHeight, sent < Self.bytesMaximum {
            guard let block = try store.read({ try $0.streamedBlock(at: next) }) else { break }
            var pieces: [ByteBuffer] = []
            BlockStream.write(block) { item in
                piece.writeBytes(item)
                if piece.readableBytes >= Self.pieceBytes {
                    pieces.append(piece)
                    piece = ByteBuffer()
                }
            }
            for full in pieces {
                sent += full.readableBytes
                try await writer.write(full)
            }
            next = next.next
        }
        piece.writeBytes(
            BlockStream.bytes(of: BlockStream.End(next: next, finalHeight: finalHeight)))
        try await writer.write(piece)
    }
}

/// One of the few answers to other nodes that may be under way at the same time, each for a
/// bounded time: a reader that takes nothing holds it no longer.
struct SyncSlot {
    private let metrics: ServerMetrics

    /// How long one answer may take to be taken.
    private static let limit = TimeAmount.minutes(5)

    /// - Throws: ``Problem`` when there are too many.
    init(_ context: ServerContext) throws {
        metrics = context.metrics
        let most = context.configuration.limits.syncStreams
        guard metrics.openSyncStreams.load(ordering: .relaxed) < most || most == 0 else {
            throw Problem(
                status: .serviceUnavailable, code: "tooManyStreams",
                title: "Too many streams are open",
                detail: "as many nodes as are allowed catch up from this one",
                remedy: "come again later, or ask another member's node", retryAfter: 5)
        }
    }

    func body(
        on channel: any Channel,
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> ResponseBody {
        ResponseBody { [metrics] writer in
            // Here, since a HEAD request has no body to write.
            metrics.openSyncStreams.add(1, ordering: .relaxed)
            defer { metrics.openSyncStreams.subtract(1, ordering: .relaxed) }
            let alarm = channel.eventLoop.scheduleTask(in: Self.limit) {
                channel.close(promise: nil)
            }
            defer { alarm.cancel() }
            try await write(&writer)
            try await writer.finish(nil)
        }
    }
}
