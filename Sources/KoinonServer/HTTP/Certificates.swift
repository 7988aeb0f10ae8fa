import Foundation
import KoinonNode
import Logging
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Certificate and key from two files, read again when one of them changes.
///
/// Connections that are open keep what they began with. Files that are wrong leave the last
/// good ones in use, with an error in the log.
final class Certificates: Service {
    private let files: ServerConfiguration.TLSFiles
    private let logger: Logger
    private let state: Mutex<(context: NIOSSLContext, watched: WatchedFiles)>
    private let pause: Duration

    /// - Parameter pause: between two looks at the files.
    /// - Throws: ``Fault`` when they cannot be used.
    init(
        _ files: ServerConfiguration.TLSFiles, pause: Duration = .seconds(10), logger: Logger
    ) throws {
        self.files = files
        self.logger = logger
        self.pause = pause
        let watched = WatchedFiles([files.certificate, files.key])
        state = Mutex((try Self.context(files), watched))
    }

    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    var current: NIOSSLContext { state.withLock { $0.context } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await Task.sleep(for: self.pause) } catch { return }
                self.look()
            }
        }
    }

    /// Takes the files' new content, if they have any.
    func look() {
        guard state.withLock({ $0.watched.haveChanged() }) else { return }
        do {
            let context = try Self.context(files)
            state.withLock { $0.context = context }
            logger.info(
                "the certificate was read again", metadata: ["file": "\(files.certificate)"])
        } catch {
            logger.error(
                "the certificate stays the old one", metadata: ["error": "\(error)"])
        }
    }

    /// - Throws: ``Fault``, naming the file.
    static func context(_ files: ServerConfiguration.TLSFiles) throws -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(files.certificate) } catch {
            throw Fault(
                description:
                    "tls.certificate: \(files.certificate) holds no certificates in PEM form (\(error))"
            )
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: files.key, format: .pem) } catch {
            throw Fault(
                description: "tls.key: \(files.key) holds no private key in PEM form (\(error))")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        if let end = chain.first?.notValidAfter, Double(end) < Date().timeIntervalSince1970 {
            throw Fault(
                description:
                    "tls.certificate: \(files.certificate) has ended; put one there that is valid")
        }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw Fault(
                description: "tls: certificate and key do not belong together (\(error))")
        }
    }
}

extension ServerConfiguration {
    /// Looks whether the files that are named can be used.
    ///
    /// - Throws: what is wrong, naming the field and the file.
    public static func check(_ configuration: ServerConfiguration) throws {
        if let files = configuration.tls { _ = try Certificates.context(files) }
    }
}
