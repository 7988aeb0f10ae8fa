import KoinonProtocol
import Testing

@testable import KoinonClient
@testable import KoinonNode
@testable import TestNodes

@Suite("Clients and servers of the local socket that misbehave")
struct LocalSocketClientsTests {
    private let socket: SocketFixture
    private var home: String { socket.home }

    init() throws { socket = try SocketFixture() }

    @Test("a client that sends nothing is told so and dropped; others are served meanwhile")
    func stalledClient() async throws {
        let server = try socket.makeServer(connections: 1, transfer: .milliseconds(1))
        let stalled = try socket.connect()
        try await socket.serving(server, { _ in .failed("served") }) { _ in
            let bytes = try await LocalThreads.run { () throws(LocalSocketFault) in
                try stalled.readFrame(
                    limit: 1 << 20, before: .now.advanced(by: .seconds(120)), waitingFor: "")
            }
            let fault = LocalSocketFault.timedOut(waitingFor: "a request")
            #expect(try LocalResponse(encoded: bytes) == .failed(fault.description))
        }
    }

    @Test("a client that stops in the middle does not hold the only place")
    func interruptedClient() async throws {
        let server = try socket.makeServer(connections: 1)
        // Half a head, then gone; and one that goes at once.
        try socket.connect().write(
            [0, 0], before: .now.advanced(by: .seconds(120)), waitingFor: "")
        _ = try socket.connect()
        try await socket.serving(server, { _ in .failed("served") }) { client in
            try await socket.expect(client, .status, .failed("served"))
        }
    }

    @Test("what is no request is answered with the reason")
    func malformed() async throws {
        let server = try socket.makeServer()
        try await socket.serving(server) { _ in
            let answer = try await socket.exchange(Array("{}".utf8))
            guard case .failed(let reason) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect(reason.hasPrefix("the message is malformed"))
        }
    }

    @Test("a frame that states too great a length is refused before it is read")
    func tooLarge() async throws {
        let server = try socket.makeServer()
        try await socket.serving(server) { _ in
            let connection = try socket.connect()
            // Only the head of the frame: its length as stated.
            let raw = LocalRequest.maximumBytes + 1
            let answer = try await LocalThreads.run { () throws(LocalSocketFault) in
                let deadline = ContinuousClock.now.advanced(by: .seconds(120))
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
                limit: 1 << 20, before: .now.advanced(by: .seconds(120)), waitingFor: "")
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
}
