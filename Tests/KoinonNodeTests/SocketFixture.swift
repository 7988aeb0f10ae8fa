import Foundation
import KoinonProtocol
import Logging
import Testing

@testable import KoinonClient
@testable import KoinonNode
@testable import TestNodes

/// A home of its own for one test, with ways to serve and to connect there.
///
/// Deadlines that must not matter are two minutes: beside tests that keep every core busy
/// an answer may take a while.
struct SocketFixture {
    let home: String
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let remover: Remover

    /// Removes the folder with the last reference.
    private final class Remover: Sendable {
        let path: String
        init(path: String) { self.path = path }
        deinit {
            do { try FileManager.default.removeItem(atPath: path) } catch {
                print("\(path) stays behind: \(error)")
            }
        }
    }

    init() throws {
        let name = "koinon-" + String(UInt32.random(in: 0 ... .max), radix: 36)
        let folder = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        home = folder.path
        remover = Remover(path: folder.path)
    }

    func makeServer(
        connections: Int = 8, transfer: Duration = .seconds(120)
    ) throws -> LocalSocketServer {
        try LocalSocketServer(
            home: home, limits: .init(connections: connections, transfer: transfer),
            logger: logger)
    }

    /// Runs `body` beside a serving server, then stops it.
    func serving(
        _ server: LocalSocketServer,
        _ handler: @escaping @Sendable (LocalRequest) async -> LocalResponse = { _ in
            .failed("not asked for")
        },
        _ body: (LocalSocketClient) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve(handler) }
            try await body(LocalSocketClient(home: home))
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    func expect(
        _ client: LocalSocketClient, _ request: LocalRequest, _ response: LocalResponse,
        _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await client.send(request)
        #expect(answer == response, sourceLocation: place)
    }

    func connect(before seconds: Int = 120) throws -> LocalConnection {
        try LocalConnection.open(
            path: LocalAddress.path(home: home), before: .now.advanced(by: .seconds(seconds)))
    }

    func exchange(_ request: [UInt8]) async throws -> LocalResponse {
        let connection = try connect()
        let bytes = try await LocalThreads.run { () throws(LocalSocketFault) in
            let deadline = ContinuousClock.now.advanced(by: .seconds(120))
            try connection.writeFrame(request, before: deadline, waitingFor: "")
            return try connection.readFrame(limit: 1 << 20, before: deadline, waitingFor: "")
        }
        return try LocalResponse(encoded: bytes)
    }
}
