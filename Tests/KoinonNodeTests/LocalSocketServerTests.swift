import Foundation
import Glibc
import KoinonLedger
import KoinonProtocol
import Logging
import ServiceLifecycle
import Testing

@testable import KoinonClient
@testable import KoinonNode
@testable import TestNodes

@Suite("The local socket")
struct LocalSocketServerTests {
    private let socket: SocketFixture
    private var home: String { socket.home }

    init() throws { socket = try SocketFixture() }

    @Test("requests reach the handler and its answers come back")
    func answers() async throws {
        let envelope = SigningKey.generate().sign([1, 2, 3], as: .transaction)
        let server = try socket.makeServer()
        try await socket.serving(
            server,
            { request in
                guard case .submit(let envelopes, let waits) = request else {
                    return .failed("only submit")
                }
                return .submitted(
                    envelopes.map {
                        LocalSubmission(
                            id: $0.bodyHash, outcome: waits ? .done : .pending, height: Height(2))
                    })
            }
        ) { client in
            let request = LocalRequest.submit([envelope, envelope], waitsUntilDurable: true)
            let one = LocalSubmission(id: envelope.bodyHash, outcome: .done, height: Height(2))
            try await socket.expect(client, request, .submitted([one, one]))
            try await socket.expect(client, .status, .failed("only submit"))
        }
    }

    @Test("many clients at once are all answered, also beyond the limit")
    func manyClients() async throws {
        let server = try socket.makeServer(connections: 3)
        try await socket.serving(
            server,
            { request in
                guard case .submit(let envelopes, _) = request else { return .failed("") }
                return .failed(envelopes.first?.bodyHash.hex ?? "")
            }
        ) { client in
            let key = SigningKey.generate()
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in UInt8(0)..<40 {
                    group.addTask {
                        let envelope = key.sign([index], as: .transaction)
                        let answer = try await client.send(
                            .submit([envelope], waitsUntilDurable: true))
                        return answer == .failed(envelope.bodyHash.hex)
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(answers.count == 40 && answers.allSatisfy { $0 })
        }
    }

    @Test("only the owner may connect, from the first moment on")
    func mode() throws {
        let server = try socket.makeServer()
        var status = stat()
        #expect(lstat(server.path, &status) == 0)
        #expect(status.st_mode == S_IFSOCK | 0o600)
    }

    @Test("a second node on the same home is refused, and the first goes on")
    func inUse() async throws {
        let server = try socket.makeServer()
        try await socket.serving(server, { _ in .failed("first") }) { client in
            #expect(throws: LocalSocketFault.inUse(path: server.path)) { try socket.makeServer() }
            try await socket.expect(client, .status, .failed("first"))
        }
    }

    @Test("the socket that a killed node left behind is replaced")
    func stale() async throws {
        let path = LocalAddress.path(home: home)
        let dead = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(try LocalAddress.with(path: path) { bind(dead, $0, $1) } == 0)
        close(dead)
        #expect(FileManager.default.fileExists(atPath: path))
        try await socket.serving(try socket.makeServer(), { _ in .failed("new") }) { client in
            try await socket.expect(client, .status, .failed("new"))
        }
    }

    @Test("a file that is no socket is never replaced")
    func foreignFile() throws {
        let path = LocalAddress.path(home: home)
        try Data("precious".utf8).write(to: URL(filePath: path))
        #expect(
            throws: LocalSocketFault.system(operation: "replace", path: path, code: ENOTSOCK)
        ) { try socket.makeServer() }
        #expect(try Data(contentsOf: URL(filePath: path)) == Data("precious".utf8))
    }

    @Test("without a node the fault says how to start one")
    func noNode() async throws {
        let client = LocalSocketClient(home: home)
        await #expect(throws: LocalSocketFault.noNode(path: client.path)) {
            try await client.send(.status)
        }
    }

    @Test("after serving, the name is gone, unless another took it")
    func removesName() async throws {
        let server = try socket.makeServer()
        try await socket.serving(server) { _ in }
        #expect(!FileManager.default.fileExists(atPath: server.path))

        let first = try socket.makeServer()
        #expect(unlink(first.path) == 0)
        let second = try socket.makeServer()
        try await socket.serving(first) { _ in }
        try await socket.serving(second, { _ in .failed("second") }) { client in
            try await socket.expect(client, .status, .failed("second"))
        }
    }

    @Test("a graceful shutdown finishes what is under way")
    func gracefulShutdown() async throws {
        let server = try socket.makeServer()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let service = HandlingService(server: server) { _ in
            enter.yield()
            for await _ in released { break }
            return .failed("finished")
        }
        let group = ServiceGroup(services: [service], logger: socket.logger)
        let client = LocalSocketClient(home: home)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let answer = Task { try await client.send(.status) }
            for await _ in entered { break }
            await group.triggerGracefulShutdown()
            release.yield()
            let response = try await answer.value
            #expect(response == .failed("finished"))
            try await tasks.waitForAll()
        }
        #expect(!FileManager.default.fileExists(atPath: server.path))
    }

    private struct HandlingService: Service {
        let server: LocalSocketServer
        let handler: @Sendable (LocalRequest) async -> LocalResponse
        func run() async throws { try await server.serve(handler) }
    }
}
