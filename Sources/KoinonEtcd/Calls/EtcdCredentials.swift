import Foundation
import GRPCNIOTransportHTTP2
import KoinonNode
import X509

/// The files by which a node shows etcd who it is, as they were read together.
struct EtcdCredentials: Sendable {
    /// Weeks before a certificate ends that its operator is told.
    static let warning = 21.0 * 86_400

    /// Of the file, for messages.
    private let path: String
    private let authority: [UInt8]
    private let certificate: [UInt8]
    private let key: [UInt8]
    /// Whom the certificate names, by which etcd finds its role.
    let name: String
    let end: Date

    /// - Returns: nil for an address that is spoken to without TLS.
    /// - Throws: ``HomeFault`` naming the file that cannot be read.
    init?(of address: EtcdAddress, in folder: URL) throws {
        guard let authority = address.authority, let certificate = address.certificate,
            let key = address.key
        else { return nil }
        path = certificate
        self.authority = try Self.read(authority, named: "authority", in: folder)
        self.certificate = try Self.read(certificate, named: "certificate", in: folder)
        self.key = try Self.read(key, named: "key", in: folder)
        do {
            let first = try Certificate(
                pemEncoded: String(decoding: self.certificate, as: UTF8.self))
            name = first.subject.description
            end = first.notValidAfter
        } catch {
            throw HomeFault(
                "etcd.certificate: \(certificate) does not begin with a certificate in PEM form: \(error)"
            )
        }
    }

    /// Where they lie, once known to be there.
    static func paths(of address: EtcdAddress, in folder: URL) -> [String] {
        [address.authority, address.certificate, address.key].compactMap { file in
            file.map { URL(filePath: $0, relativeTo: folder).path }
        }
    }

    var security: HTTP2ClientTransport.Posix.TransportSecurity {
        .mTLS(
            certificateChain: [.bytes(certificate, format: .pem)],
            privateKey: .bytes(key, format: .pem)
        ) { tls in
            tls.trustRoots = .certificates([.bytes(authority, format: .pem)])
        }
    }

    /// What an operator has to know about the certificate's end; nil while it is far.
    func warning(at now: Date) -> String? {
        guard end.timeIntervalSince(now) < Self.warning else { return nil }
        let days = Int((end.timeIntervalSince(now) / 86_400).rounded(.down))
        return
            "etcd.certificate: \(path) ends in \(days) days; put another one and its key in their places, as docs/operate.md says: they are taken within \(CertificateKeeper.pause.components.seconds) seconds"
    }

    private static func read(_ file: String, named field: String, in folder: URL) throws -> [UInt8]
    {
        let url = URL(filePath: file, relativeTo: folder)
        do {
            return Array(try Data(contentsOf: url))
        } catch {
            throw HomeFault("etcd.\(field): \(url.path) cannot be read; put the file there")
        }
    }
}
