import Foundation
import KoinonNode
import KoinonProtocol
import Logging
import NIOSSL
import ServiceLifecycle
import Synchronization

/// Certificate and key from two files, read again when one of them changes.
///
/// Connections that are open keep what they began with. Files that are wrong leave the last
/// good ones in use, with an error in the log.
final class Certificates: Service {
    private struct State {
        var used: (context: NIOSSLContext, ends: Timestamp)
        var watched: WatchedFiles
        /// Whether the files have changed since, and could not be used.
        var hasRefused = false
    }

    private let files: ServerConfiguration.TLSFiles
    private let logger: Logger
    private let state: Mutex<State>
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
        state = Mutex(State(used: try Self.read(files), watched: watched))
    }

    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    var current: NIOSSLContext { state.withLock { $0.used.context } }

    /// When the certificate ends that new connections get, and whether the files hold another
    /// that could not be used.
    var standing: (ends: Timestamp, hasRefused: Bool) {
        state.withLock { ($0.used.ends, $0.hasRefused) }
    }

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
            let found = try Self.read(files)
            state.withLock { ($0.used, $0.hasRefused) = (found, false) }
            logger.info(
                "the certificate was read again", metadata: ["file": "\(files.certificate)"])
        } catch {
            state.withLock { $0.hasRefused = true }
            logger.error(
                "the certificate stays the old one", metadata: ["error": "\(error)"])
        }
    }

    /// - Throws: ``Fault``, naming the file.
    static func read(
        _ files: ServerConfiguration.TLSFiles
    ) throws -> (context: NIOSSLContext, ends: Timestamp) {
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
        // The first is the node's own.
        guard let end = chain.first?.notValidAfter else {
            throw Fault(description: "tls.certificate: \(files.certificate) holds no certificate")
        }
        guard Double(end) >= Date().timeIntervalSince1970 else {
            throw Fault(
                description:
                    "tls.certificate: \(files.certificate) has ended; put one there that is valid")
        }
        let ends = Timestamp(milliseconds: UInt64(end) * 1_000)
        do { return (try NIOSSLContext(configuration: configuration), ends) } catch {
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
        if let files = configuration.tls { _ = try Certificates.read(files) }
    }
}
