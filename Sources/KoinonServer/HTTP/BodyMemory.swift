import Hummingbird
import HummingbirdCore
import NIOCore
import Synchronization

/// Memory for what comes in requests until it has been read, over all connections.
///
/// The first bytes of each body are free: the number of connections bounds them, and so what
/// most requests send is always taken. Large bodies share the rest
/// (docs/decisions/050-large-bodies-share-memory.md).
final class BodyMemory: Sendable {
    /// Of each body that are not counted: as many as the largest transaction has in JSON.
    static let freeBytes = 96 * 1_024
    /// How long a body that takes more may be on its way before its connection is closed.
    static let limit = TimeAmount.minutes(2)

    private let most: Int
    private let taken = Mutex<(all: Int, byClient: [String: Int])>((0, [:]))

    /// - Parameter most: bytes that are taken at the same time; of one address half of them.
    init(bytes most: Int) { self.most = most }

    /// Bytes that are taken now.
    var takenBytes: Int { taken.withLock { $0.all } }

    /// - Returns: false, having taken nothing, when there are not as many.
    func take(_ count: Int, for client: String) -> Bool {
        taken.withLock { taken in
            let own = taken.byClient[client] ?? 0
            guard count <= most - taken.all, count <= most / 2 - own else { return false }
            taken.all += count
            taken.byClient[client] = own + count
            return true
        }
    }

    func giveBack(_ count: Int, for client: String) {
        guard count > 0 else { return }
        taken.withLock { taken in
            taken.all -= count
            let left = (taken.byClient[client] ?? count) - count
            taken.byClient[client] = left == 0 ? nil : left
        }
    }

    /// Collects a request's body and has it read.
    ///
    /// - Throws: ``Problem`` when it is larger than `maximum`, or there is no memory for it now;
    ///   what `read` throws.
    func collect<Value>(
        _ request: Request, _ context: KoinonRequestContext, upTo maximum: Int,
        _ read: (ByteBuffer) throws -> Value
    ) async throws -> Value {
        var buffer = ByteBuffer()
        var held = 0
        var alarm: Scheduled<Void>?
        defer {
            alarm?.cancel()
            giveBack(held, for: context.client)
        }
        for try await var chunk in request.body {
            let count = buffer.readableBytes + chunk.readableBytes
            guard count <= maximum else { throw Problem.bodyTooLarge }
            let missing = count - Self.freeBytes - held
            if missing > 0 {
                guard take(missing, for: context.client) else { throw Problem.tooManyBodies }
                held += missing
                alarm = alarm ?? context.closing(in: Self.limit)
            }
            buffer.writeBuffer(&chunk)
        }
        return try read(buffer)
    }
}

extension KoinonRequestContext {
    /// Closes the connection after a while, unless it is cancelled.
    func closing(in time: TimeAmount) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: time) { [channel] in channel.close(promise: nil) }
    }
}

extension Problem {
    static let tooManyBodies = Problem(
        status: .serviceUnavailable, code: "tooManyBodies", title: "Too much is on its way",
        detail: "other requests fill the memory that the node has for large bodies",
        remedy: "send it again after the seconds of Retry-After; smaller bodies are taken always",
        retryAfter: 2)
}
