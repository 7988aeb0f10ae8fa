import Foundation
import Glibc
import KoinonLedger
import KoinonProtocol
import Logging
import ServiceLifecycle
import Testing

@testable import KoinonClient
@testable import KoinonNode

@Suite("The local socket")
struct LocalSocketServerTests {
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

    private func makeServer(
        connections: Int = 8, transfer: Duration = .seconds(20)
    ) throws -> LocalSocketServer {
        try LocalSocketServer(
            home: home, limits: .init(connections: connections, transfer: transfer),
            logger: logger)
    }

    /// Runs `body` beside a serving server, then stops it.
    private func serving(
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

    private func expect(
        _ client: LocalSocketClient, _ request: LocalRequest, _ response: LocalResponse,
        _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await client.send(request)
        #expect(answer == response, sourceLocation: place)
    }

    private func connect(before seconds: Int = 20) throws -> LocalConnection {
        try LocalConnection.open(
            path: LocalAddress.path(home: home), before: .now.advanced(by: .seconds(seconds)))
    }

    @Test("requests reach the handler and its answers come back")
    func answers() async throws {
        let envelope = SigningKey.generate().sign([1, 2, 3], as: .transaction)
        let server = try makeServer()
        try await serving(
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
            try await expect(client, request, .submitted([one, one]))
            try await expect(client, .status, .failed("only submit"))
        }
    }

    @Test("many clients at once are all answered, also beyond the limit")
    func manyClients() async throws {
        let server = try makeServer(connections: 3)
        try await serving(
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
        let server = try makeServer()
        var status = stat()
        #expect(lstat(server.path, &status) == 0)
        #expect(status.st_mode == S_IFSOCK | 0o600)
    }

    @Test("a second node on the same home is refused, and the first goes on")
    func inUse() async throws {
        let server = try makeServer()
        try await serving(server, { _ in .failed("first") }) { client in
            #expect(throws: LocalSocketFault.inUse(path: server.path)) { try makeServer() }
            try await expect(client, .status, .failed("first"))
        }
    }

    @Test("the socket that a killed node left behind is replaced")
    func stale() async throws {
        let path = LocalAddress.path(home: home)
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(try LocalAddress.with(path: path) { bind(dead, $0, $1) } == 0)
        close(dead)
        #expect(FileManager.default.fileExists(atPath: path))
        try await serving(try makeServer(), { _ in .failed("new") }) { client in
            try await expect(client, .status, .failed("new"))
        }
    }

    @Test("a file that is no socket is never replaced")
    func foreignFile() throws {
        let path = LocalAddress.path(home: home)
        try Data("precious".utf8).write(to: URL(filePath: path))
        #expect(
            throws: LocalSocketFault.system(operation: "replace", path: path, code: ENOTSOCK)
        ) { try makeServer() }
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
        let server = try makeServer()
        try await serving(server) { _ in }
        #expect(!FileManager.default.fileExists(atPath: server.path))

        let first = try makeServer()
        #expect(unlink(first.path) == 0)
        let second = try makeServer()
        try await serving(first) { _ in }
        try await serving(second, { _ in .failed("second") }) { client in
            try await expect(client, .status, .failed("second"))
        }
    }

    @Test("a graceful shutdown finishes what is under way")
    func gracefulShutdown() async throws {
        let server = try makeServer()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let service = HandlingService(server: server) { _ in
            enter.yield()
            for await _ in released { break }
            return .failed("finished")
        }
        let group = ServiceGroup(services: [service], logger: logger)
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

    @Test("a client that sends nothing is told so and dropped; others are served meanwhile")
    func stalledClient() async throws {
        let server = try makeServer(connections: 1, transfer: .milliseconds(1))
        let stalled = try connect()
        try await serving(server, { _ in .failed("served") }) { _ in
            let bytes = try await LocalThreads.run { () throws(LocalSocketFault) in
                try stalled.readFrame(
                    limit: 1 << 20, before: .now.advanced(by: .seconds(20)), waitingFor: "")
            }
            let fault = LocalSocketFault.timedOut(waitingFor: "a request")
            #expect(try LocalResponse(encoded: bytes) == .failed(fault.description))
        }
    }

    @Test("a client that stops in the middle does not hold the only place")
    func interruptedClient() async throws {
        let server = try makeServer(connections: 1)
        // Half a head, then gone; and one that goes at once.
        try connect().write([0, 0], before: .now.advanced(by: .seconds(20)), waitingFor: "")
        _ = try connect()
        try await serving(server, { _ in .failed("served") }) { client in
            try await expect(client, .status, .failed("served"))
        }
    }

    @Test("what is no request is answered with the reason")
    func malformed() async throws {
        let server = try makeServer()
        try await serving(server) { _ in
            let answer = try await exchange(Array("{}".utf8))
            guard case .failed(let reason) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect(reason.hasPrefix("the message is malformed"))
        }
    }

    @Test("a frame that states too great a length is refused before it is read")
    func tooLarge() async throws {
        let server = try makeServer()
        try await serving(server) { _ in
            let connection = try connect()
            // Only the head of the frame: its length as stated.
            let raw = LocalRequest.maximumBytes + 1
            let answer = try await LocalThreads.run { () throws(LocalSocketFault) in
                let deadline = ContinuousClock.now.advanced(by: .seconds(20))
                let head = withUnsafeBytes(of: UInt32(raw).bigEndian) { Array($0) }
                try connection.write(head, before: deadline, waitingFor: "")
                return try connection.readFrame(limit: 1 << 20, before: deadline, waitingFor: "")
            }
            let fault = LocalSocketFault.tooLarge(bytes: raw, limit: LocalRequest.maximumBytes)
            #expect(try LocalResponse(encoded: answer) == .failed(fault.description))
        }
    }

    @Test("a server that goes away in the middle is a fault with the remedy")
    func serverGoes() async throws {
        let path = LocalAddress.path(home: home)
        let listener = try LocalListener(path: path)
        let client = LocalSocketClient(home: home)
        let answer = Task { try await client.send(.status) }
        _ = try await LocalThreads.run { () throws(LocalSocketFault) in
            guard case .connection(let connection) = try listener.accept() else { return false }
            _ = try connection.readFrame(
                limit: 1 << 20, before: .now.advanced(by: .seconds(20)), waitingFor: "")
            return true
        }
        await #expect(throws: LocalSocketFault.closed) { try await answer.value }
    }

    @Test("a node that does not answer in time is a fault")
    func clientTimesOut() async throws {
        let listener = try LocalListener(path: LocalAddress.path(home: home))
        let client = LocalSocketClient(home: home)
        await #expect(throws: LocalSocketFault.timedOut(waitingFor: "the node's answer")) {
            try await client.send(.status, timeout: .milliseconds(10))
        }
        listener.stop()
        guard case .stopped = try listener.accept() else {
            Issue.record("a stopped listener accepts")
            return
        }
    }

    private func exchange(_ request: [UInt8]) async throws -> LocalResponse {
        let connection = try connect()
        let bytes = try await LocalThreads.run { () throws(LocalSocketFault) in
            let deadline = ContinuousClock.now.advanced(by: .seconds(20))
            try connection.writeFrame(request, before: deadline, waitingFor: "")
            return try connection.readFrame(limit: 1 << 20, before: deadline, waitingFor: "")
        }
        return try LocalResponse(encoded: bytes)
    }
}
