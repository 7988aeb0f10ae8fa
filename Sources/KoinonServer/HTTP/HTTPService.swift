import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Serves a node by HTTP until a graceful shutdown; then takes no new requests and finishes
/// those under way, which wait no longer for what others have to do.
///
/// Stands behind the node in a service group, so that it ends first.
public struct HTTPService: Service {
    private let context: ServerContext
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameter onListening: gets the port once connections are taken.
    /// - Throws: what is wrong with the certificate or key.
    public init(
        _ context: ServerContext, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.onListening = onListening
        var context = context
        context.certificates = try context.configuration.tls.map {
            try Certificates($0, logger: context.logger)
        }
        self.context = context
    }

    /// "http" or "https".
    public var scheme: String { context.certificates == nil ? "http" : "https" }

    public func run() async throws {
        let configuration = context.configuration
        let certificates = context.certificates
        let passage = Passage(context)
        let direct = DirectSubmission.Service(
            routes: SubmitRoutes(context: context), passage: passage)
        let counter = ConnectionCounter(limits: configuration.limits, metrics: context.metrics)
        let server = HTTPServerBuilder { responder in
            LimitedChannel(
                base: HTTP1Channel(
                    responder: responder,
                    configuration: .init(
                        idleTimeout: .seconds(Int64(configuration.limits.idleSeconds)))),
                connections: counter, certificates: certificates, direct: direct)
        }
        var quiet = context.logger
        // Its own lines repeat ours.
        quiet.logLevel = max(quiet.logLevel, .warning)
        let application = Application(
            router: API.router(context, passage), server: server,
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port)),
            services: [Heartbeat(progress: context.node.progress)]
                + (certificates.map { [$0] } ?? []),
            onServerRunning: { channel in
                await onListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: quiet)
        try await withGracefulShutdownHandler {
            try await application.run()
        } onGracefulShutdown: {
            context.node.endWaiting()
        }
    }
}
