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
        let place = try EtcdEndpoint(endpoint)
        self.endpoint = endpoint
        let config = HTTP2ClientTransport.Posix.Config.defaults { config in
            // A broken connection is noticed though nothing is being asked; etcd takes a
            // ping every 5 seconds for an attack.
            config.connection.keepalive = .init(
                time: .seconds(10), timeout: .seconds(5), allowWithoutCalls: true)
            config.backoff = .init(
                initial: .milliseconds(100), max: .seconds(2), multiplier: 1.6, jitter: 0.3)
            if let name = place.name { config.http2.authority = name }
        }
        let target: any ResolvableTarget =
            if place.isIPv6 {
                .ipv6(address: place.host, port: place.port)
            } else if let name = place.name {
                .dns(host: name, port: place.port)
            } else {
                .ipv4(address: place.host, port: place.port)
            }
        do {
            client = GRPCClient(
                transport: try HTTP2ClientTransport.Posix(
                    target: target, transportSecurity: security, config: config))
        } catch {
            throw HomeFault(
                "etcd: the certificate files cannot be used; certificate and key have to belong together, and all three files to be PEM: \(error)"
            )
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
