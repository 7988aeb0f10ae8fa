import Glibc
import KoinonClient
import Logging
import ServiceLifecycle

/// Answers programs on the same machine, one request a connection, on `HOME/node.sock`.
///
/// Only the owner of the home can connect (mode 0600, set before the socket has a name).
/// A client that stalls is dropped after ``Limits/transfer``; when ``Limits/connections``
/// are open, further ones wait in the kernel's queue.
///
/// ```swift
/// let server = try LocalSocketServer(home: home, logger: logger)
/// try await server.serve { request in await node.answer(request) }
/// ```
public final class LocalSocketServer: Sendable {
    public struct Limits: Sendable {
        public var connections: Int
        /// For a client to send its request, and again to take its answer.
        public var transfer: Duration

        public init(connections: Int = 32, transfer: Duration = .seconds(5)) {
            self.connections = connections
            self.transfer = transfer
        }
    }

    public let path: String
    private let limits: Limits
    private let logger: Logger
    private let listener: LocalListener

    /// Listens from here on; connections wait until ``serve(_:)`` runs.
    ///
    /// A socket that a killed node left behind is replaced.
    /// - Throws: `LocalSocketFault`, when another node answers there among others.
    public init(
        home: String, limits: Limits = Limits(), logger: Logger
    ) throws(LocalSocketFault) {
        path = LocalAddress.path(home: home)
        self.limits = limits
        self.logger = logger
        listener = try LocalListener(path: path)
    }

    /// Serves until the task is cancelled or a graceful shutdown is asked for; then takes no
    /// new connection, finishes those under way, and removes the socket.
    ///
    /// - Throws: `LocalSocketFault` when the system refuses further connections.
    public func serve(
        _ handler: @escaping @Sendable (LocalRequest) async -> LocalResponse
    ) async throws {
        defer { listener.removeName() }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await acceptUntilStopped(handler)
            } onGracefulShutdown: {
                self.listener.stop()
            }
        } onCancel: {
            listener.stop()
        }
    }

    private func acceptUntilStopped(
        _ handler: @escaping @Sendable (LocalRequest) async -> LocalResponse
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var open = 0
            while true {
                if open >= limits.connections {
                    try await group.next()
                    open -= 1
                }
                let next = try await LocalThreads.run { [listener] () throws(LocalSocketFault) in
                    try listener.accept()
                }
                switch next {
                case .stopped: return
                case .exhausted:
                    // Descriptors come back when a connection ends.
                    logger.warning("no descriptor is free for a local connection")
                    if open > 0 {
                        try await group.next()
                        open -= 1
                    }
                case .connection(let connection):
                    open += 1
                    group.addTask { await self.answer(connection, handler) }
                }
            }
        }
    }

    private func answer(
        _ connection: LocalConnection,
        _ handler: @Sendable (LocalRequest) async -> LocalResponse
    ) async {
        do throws(LocalSocketFault) {
            let response: [UInt8]
            do throws(LocalSocketFault) {
                let transfer = limits.transfer
                let bytes = try await LocalThreads.run { () throws(LocalSocketFault) in
                    try connection.readFrame(
                        limit: LocalRequest.maximumBytes,
                        before: ContinuousClock.now.advanced(by: transfer),
                        waitingFor: "a request")
                }
                response = try await handler(try LocalRequest(encoded: bytes)).encoded
            } catch .closed {
                throw .closed
            } catch {
                response = try LocalResponse.failed(error.description).encoded
            }
            let deadline = ContinuousClock.now.advanced(by: limits.transfer)
            try await LocalThreads.run { () throws(LocalSocketFault) in
                try connection.writeFrame(
                    response, before: deadline, waitingFor: "a client to take its answer")
            }
        } catch {
            logger.debug("a local client was dropped", metadata: ["reason": "\(error)"])
        }
    }
}
