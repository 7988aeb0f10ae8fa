import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import KoinonNode
import SwiftProtobuf

/// One server of etcd, connected again by itself for as long as ``run()`` runs.
final class EtcdConnection: Sendable {
    let endpoint: String
    private let client: GRPCClient<HTTP2ClientTransport.Posix>

    /// A few entries of the largest size in one answer.
    private static let messageBytes = 64 * 1_048_576

    /// - Throws: ``HomeFault`` when a certificate or key cannot be used.
    init(endpoint: String, security: HTTP2ClientTransport.Posix.TransportSecurity) throws {
        guard let (host, port) = EtcdAddress.hostAndPort(endpoint) else {
            throw HomeFault("etcd.endpoints: \"\(endpoint)\" is not host:port")
        }
        self.endpoint = endpoint
        let isName = !host.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: ".")
        }
        let isIPv6 = host.contains(":")
        let config = HTTP2ClientTransport.Posix.Config.defaults { config in
            // A broken connection is noticed though nothing is being asked; etcd takes a
            // ping every 5 seconds for an attack.
            config.connection.keepalive = .init(
                time: .seconds(10), timeout: .seconds(5), allowWithoutCalls: true)
            config.backoff = .init(
                initial: .milliseconds(100), max: .seconds(2), multiplier: 1.6, jitter: 0.3)
            // The name in the server's certificate; an address is looked for by itself.
            if isName, !isIPv6 { config.http2.authority = host }
        }
        let target: any ResolvableTarget =
            if isIPv6 {
                .ipv6(address: host, port: port)
            } else if isName {
                .dns(host: host, port: port)
            } else {
                .ipv4(address: host, port: port)
            }
        do {
            client = GRPCClient(
                transport: try HTTP2ClientTransport.Posix(
                    target: target, transportSecurity: security, config: config))
        } catch {
            throw HomeFault("etcd: the certificate files cannot be used; certificate and key have to belong together, and all three files to be PEM: \(error)")
        }
    }

    /// Keeps the connection; returns after ``close()``.
    func run() async {
        do { try await client.runConnections() } catch {
            // Calls say what is wrong.
        }
    }

    func close() { client.beginGracefulShutdown() }

    private static func options(timeout: Duration?) -> CallOptions {
        var options = CallOptions.defaults
        options.timeout = timeout
        // Another server is asked instead.
        options.waitForReady = false
        // The transport takes its limit for answers from that for requests.
        options.maxRequestMessageBytes = messageBytes
        options.maxResponseMessageBytes = messageBytes
        return options
    }

    /// - Throws: `RPCError`.
    func call<Request: Message, Response: Message>(
        _ method: EtcdMethod<Request, Response>, _ request: Request, within limit: Duration
    ) async throws -> Response {
        try await client.unary(
            request: ClientRequest(message: request), descriptor: method.descriptor,
            serializer: ProtobufSerializer<Request>(),
            deserializer: ProtobufDeserializer<Response>(),
            options: Self.options(timeout: limit)
        ) { response in try response.message }
    }

    /// Calls `body` with each message of a watch; returns when the server ends it.
    ///
    /// - Throws: `RPCError`, or what `body` throws.
    func watch(
        _ request: EtcdWatchRequest,
        _ body: @escaping @Sendable (EtcdWatchResponse) throws -> Void
    ) async throws {
        // A watch lives as long as its request does.
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        defer { release.finish() }
        let method = EtcdMethod<EtcdWatchRequest, EtcdWatchResponse>.watch
        try await client.bidirectionalStreaming(
            request: StreamingClientRequest(metadata: ["hasleader": "true"]) { writer in
                try await writer.write(request)
                for await _ in held {}
            },
            descriptor: method.descriptor, serializer: ProtobufSerializer<EtcdWatchRequest>(),
            deserializer: ProtobufDeserializer<EtcdWatchResponse>(),
            options: Self.options(timeout: nil)
        ) { response in
            for try await message in response.messages { try body(message) }
            release.finish()
        }
    }
}
