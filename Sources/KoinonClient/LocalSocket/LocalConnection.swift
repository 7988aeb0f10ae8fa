import Foundation
import Glibc

/// A connected socket that carries frames: a length of four bytes, big endian, then as
/// many bytes. Closed with its last reference.
///
/// Each call blocks its thread until a deadline, so calls go through ``LocalThreads``.
package final class LocalConnection: Sendable {
    private let socket: Int32

    /// Takes over the descriptor.
    package init(socket: Int32) { self.socket = socket }

    deinit { close(socket) }

    /// Connects to a listening socket.
    package static func open(
        path: String, before deadline: ContinuousClock.Instant
    ) throws(LocalSocketFault) -> LocalConnection {
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard socket >= 0 else { throw .system(operation: "connect to", path: path, code: errno) }
        let connection = LocalConnection(socket: socket)
        // Also bounds connect(2), which waits while the other side's queue is full.
        let milliseconds = Int(remainingMilliseconds(before: deadline))
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000 + 1)
        setsockopt(
            socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let code = try LocalAddress.with(path: path) { address, size in
            while Glibc.connect(socket, address, size) != 0 {
                if errno != EINTR { return errno }
            }
            return 0
        }
        switch code {
        case 0: return connection
        case ENOENT, ECONNREFUSED: throw .noNode(path: path)
        case EAGAIN: throw .timedOut(waitingFor: "a free place at \(path)")
        default: throw .system(operation: "connect to", path: path, code: code)
        }
    }

    package func readFrame(
        limit: Int, before deadline: ContinuousClock.Instant, waitingFor what: String
    ) throws(LocalSocketFault) -> [UInt8] {
        let head = try read(4, before: deadline, waitingFor: what)
        let count = head.reduce(0) { $0 << 8 | Int($1) }
        guard count <= limit else { throw .tooLarge(bytes: count, limit: limit) }
        return try read(count, before: deadline, waitingFor: what)
    }

    package func writeFrame(
        _ bytes: [UInt8], before deadline: ContinuousClock.Instant, waitingFor what: String
    ) throws(LocalSocketFault) {
        let head = withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) }
        try write(head + bytes, before: deadline, waitingFor: what)
    }

    func write(
        _ bytes: [UInt8], before deadline: ContinuousClock.Instant, waitingFor what: String
    ) throws(LocalSocketFault) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                // Without a signal when the other side is gone.
                send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                rest.removeFirst(count)
            } else {
                try recover(errno, POLLOUT, before: deadline, waitingFor: what)
            }
        }
    }

    private func read(
        _ count: Int, before deadline: ContinuousClock.Instant, waitingFor what: String
    ) throws(LocalSocketFault) -> [UInt8] {
        var bytes: [UInt8] = []
        // Grows with what arrives: a stated length alone costs nothing.
        var chunk = [UInt8](repeating: 0, count: min(max(count, 1), 65_536))
        while bytes.count < count {
            let wanted = min(chunk.count, count - bytes.count)
            let received = recv(socket, &chunk, wanted, Int32(MSG_DONTWAIT))
            if received > 0 {
                bytes.append(contentsOf: chunk[..<received])
            } else if received == 0 {
                throw .closed
            } else {
                try recover(errno, POLLIN, before: deadline, waitingFor: what)
            }
        }
        return bytes
    }

    /// Waits when the call only came too early, throws otherwise.
    private func recover(
        _ code: Int32, _ events: Int32, before deadline: ContinuousClock.Instant,
        waitingFor what: String
    ) throws(LocalSocketFault) {
        switch code {
        case EINTR: return
        case EPIPE, ECONNRESET: throw .closed
        case EAGAIN:
            var item = pollfd(fd: socket, events: Int16(events), revents: 0)
            let milliseconds = Self.remainingMilliseconds(before: deadline)
            guard milliseconds > 0, poll(&item, 1, milliseconds) != 0 else {
                throw .timedOut(waitingFor: what)
            }
        default: throw .system(operation: "use", path: "the socket", code: code)
        }
    }

    private static func remainingMilliseconds(before deadline: ContinuousClock.Instant) -> Int32 {
        let rest = ContinuousClock.now.duration(to: deadline)
        let milliseconds = rest.components.seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return rest < .zero ? 0 : .max }
        let fine = rest.components.attoseconds / 1_000_000_000_000_000
        return Int32(clamping: max(0, milliseconds.partialValue + fine))
    }
}

/// Runs blocking calls off the threads of Swift's tasks.
package enum LocalThreads {
    /// Each on a thread of its own: a shared pool would let calls that wait for others
    /// keep those from starting. Callers bound how many run at a time.
    package static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(LocalSocketFault) -> Value
    ) async throws(LocalSocketFault) -> Value {
        let result = await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }
}
