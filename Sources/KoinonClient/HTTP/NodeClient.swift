import AsyncHTTPClient
import Foundation
import KoinonLedger
import KoinonProtocol
import NIOCore

/// Speaks to a node by HTTP (docs/http-api.md).
///
/// ```swift
/// let node = try NodeClient("http://127.0.0.1:8080")
/// let built = try builder.build(actions, now: try await node.status().ledgerNow)
/// let submission = try await node.submit(built.envelope, wait: .durable)
/// ```
///
/// All functions throw ``NodeClientFault``, or `CancellationError`.
public struct NodeClient: Sendable {
    /// How long an answer about sent transactions may take.
    public enum Wait: String, Sendable {
        case none, durable, final
    }

    /// Without a slash at its end.
    public let address: String
    private let http: HTTPClient

    /// The largest answer that is taken; streams have no bound.
    static let answerBytes = 64 * 1_048_576

    /// - Parameter address: for instance "http://127.0.0.1:8080".
    public init(_ address: String, http: HTTPClient = .oneTry) throws(NodeClientFault) {
        var text = address
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme),
            url.host(percentEncoded: false)?.isEmpty == false, url.path.isEmpty
        else { throw .badAddress(address) }
        self.address = text
        self.http = http
    }

    /// Over at most so many connections at the same time, of its own: ``close()`` ends them.
    public init(_ address: String, connections: Int) throws(NodeClientFault) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(configuration: configuration)
        do { try self.init(address, http: http) } catch {
            // It has opened nothing; one that is not shut down stops the process.
            http.shutdown { _ in }
            throw error
        }
    }

    /// Ends the connections of a client that was made with its own; it can send nothing then.
    ///
    /// - Throws: what shutting down throws.
    public func close() async throws { try await http.shutdown() }

    /// The node that runs on a home of this machine.
    public init(home: String, http: HTTPClient = .oneTry) throws(NodeClientFault) {
        let file = URL(filePath: home).appending(path: "node.url")
        let text: String
        do { text = try String(contentsOf: file, encoding: .utf8) } catch {
            throw .notRunning(home: home)
        }
        try self.init(text.trimmingCharacters(in: .whitespacesAndNewlines), http: http)
    }

    /// - Parameter limit: how long the answer may take, in whole seconds.
    public func status(within limit: Duration = .seconds(60)) async throws -> NodeStatus {
        try AnswerForm.status(
            await get("/v1/status", atMost: AnswerForm.shortBytesMaximum, limit: limit))
    }

    /// The alliance's document, byte for byte.
    public func genesis() async throws -> [UInt8] { try await get("/v1/genesis") }

    /// The JSON of any path, for instance "/v1/units".
    ///
    /// - Parameter path: with its query, percent-encoded.
    public func get(_ path: String, within limit: Duration = .seconds(60)) async throws -> [UInt8] {
        let request = HTTPClientRequest(url: address + path)
        return try await answer(to: request, limit: limit)
    }

    /// A proof file of an executed transaction.
    public func proof(ofTransaction id: Hash256) async throws -> [UInt8] {
        try await get("/v1/proofs/transactions/\(id.hex)")
    }

    /// A proof file of a block's place in the chain.
    public func proof(ofBlock height: Height) async throws -> [UInt8] {
        try await get("/v1/proofs/blocks/\(height)")
    }

    /// A proof file of what stands under a key of the state.
    ///
    /// - Parameter expectsValue: false to prove that nothing does.
    public func proof(ofStateKey key: [UInt8], expectsValue: Bool) async throws -> [UInt8] {
        try await get(
            "/v1/proofs/state/\(Hex.encode(key))?expect=\(expectsValue ? "present" : "absent")")
    }

    // MARK: Requests

    func post(
        _ path: String, _ body: ByteBuffer, type: String, limit: Duration
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: address + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: type)
        request.body = .bytes(body)
        return try await response(to: request, limit: limit)
    }

    private func answer(to request: HTTPClientRequest, limit: Duration) async throws -> [UInt8] {
        try await bytes(of: try await response(to: request, limit: limit))
    }

    func bytes(
        of response: HTTPClientResponse, atMost limit: Int = answerBytes
    ) async throws -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw NodeClientFault.badAnswer("more than \(limit) bytes")
        } catch {
            throw reachable(error)
        }
    }

    /// - Throws: the node's problem for every status of 400 and more.
    func response(
        to request: HTTPClientRequest, limit: Duration
    ) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await http.execute(
                request, timeout: .nanoseconds(limit.components.seconds * 1_000_000_000))
        } catch {
            throw reachable(error)
        }
        guard response.status.code >= 400 else { return response }
        throw NodeClientFault.problem(
            try AnswerForm.problem(
                await bytes(of: response, atMost: AnswerForm.shortBytesMaximum)))
    }

    private func reachable(_ error: any Error) -> any Error {
        if error is CancellationError || (error as? HTTPClientError) == .cancelled {
            return CancellationError()
        }
        return NodeClientFault.unreachable(address, cause: error)
    }
}

extension HTTPClient {
    /// Shared by all that have none of their own. Says at once that nobody listens, instead of
    /// connecting again and again until the request's time is over: whoever may wait for a node
    /// asks once more, and can tell meanwhile.
    public static let oneTry: HTTPClient = {
        var configuration = Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(configuration: configuration)
    }()
}
