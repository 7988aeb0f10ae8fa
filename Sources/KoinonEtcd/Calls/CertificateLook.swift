import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// Looks at the certificate that a server shows now, by a handshake behind which nothing is asked.
///
/// Calls go over connections that last for weeks, and a server shows another certificate, once
/// its files are replaced, only to those who connect anew.
enum CertificateLook {
    /// For the connection, and once more for the handshake.
    private static let limit = TimeAmount.seconds(5)

    struct NoAnswer: Error {}

    /// - Parameter credentials: with which the server lets the node in.
    /// - Returns: when the server's certificate ends, or ended: whether it is any good is for
    ///   those to judge who say something over a connection.
    /// - Throws: why there was no handshake.
    static func end(
        shownBy endpoint: EtcdEndpoint, to credentials: EtcdCredentials
    ) async throws -> Date {
        let context = try NIOSSLContext(configuration: configuration(credentials))
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let shown = loop.makePromise(of: Date.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop).connectTimeout(limit)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            NIOSSLClientHandler(context: context, serverHostname: endpoint.name),
                            HandshakeEnd(shown))
                    }
                }
                .connect(host: endpoint.host, port: endpoint.port).get()
        } catch {
            shown.fail(error)
            throw error
        }
        let giveUp = loop.scheduleTask(in: limit) { shown.fail(NoAnswer()) }
        defer {
            giveUp.cancel()
            channel.close(promise: nil)
        }
        return try await shown.futureResult.get()
    }

    /// One that has ended is to be seen too, so it is not verified.
    private static func configuration(_ credentials: EtcdCredentials) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(credentials.certificate)
            .map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: credentials.key, format: .pem))
        tls.applicationProtocols = ["h2"]
        return tls
    }
}

private final class HandshakeEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let shown: EventLoopPromise<Date>

    init(_ shown: EventLoopPromise<Date>) { self.shown = shown }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        do {
            guard
                let certificate = try context.pipeline.syncOperations.nioSSL_peerCertificate()
            else { throw CertificateLook.NoAnswer() }
            shown.succeed(Date(timeIntervalSince1970: Double(certificate.notValidAfter)))
        } catch {
            shown.fail(error)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        shown.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        shown.fail(CertificateLook.NoAnswer())
        context.fireChannelInactive()
    }
}
