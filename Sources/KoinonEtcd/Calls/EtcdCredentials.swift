import Foundation
import GRPCNIOTransportHTTP2
import KoinonNode
import X509

/// The files by which a node shows etcd who it is, as they were read together.
struct EtcdCredentials: Sendable {
    /// Weeks before a certificate ends that its operator is told.
    static let warning = 21.0 * 86_400

    /// Of the files, for messages.
    private let path: String
    private let authorityPath: String
    private let authority: [UInt8]
    /// In PEM form, as is the key.
    let certificate: [UInt8]
    let key: [UInt8]
    /// Whom the certificate names, by which etcd finds its role.
    let name: String
    let end: Date
    /// When the first of those who sign others' certificates ends.
    let authorityEnd: Date

    /// - Returns: nil for an address that is spoken to without TLS.
    /// - Throws: ``HomeFault`` naming the file that cannot be read.
    init?(of address: EtcdAddress, in folder: URL) throws {
        guard let authority = address.authority, let certificate = address.certificate,
            let key = address.key
        else { return nil }
        path = certificate
        authorityPath = authority
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
        let text = String(decoding: self.authority, as: UTF8.self)
        guard let first = try? Certificate.all(inPEM: text).map(\.notValidAfter).min() else {
            throw HomeFault(
                "etcd.authority: \(authority) holds no certificates in PEM form; put there the authority's ca.pem"
            )
        }
        authorityEnd = first
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
        Self.days(until: end, at: now).map {
            "etcd.certificate: \(path) ends in \($0) days; put another one and its key in their places, signed by `koinon alliance certificate`, as docs/operate.md says: they are taken within \(CertificateKeeper.pause.components.seconds) seconds"
        }
    }

    /// What all operators have to know about the authority's end, with which everything ends that
    /// it has signed; nil while it is far.
    func authorityWarning(at now: Date) -> String? {
        Self.days(until: authorityEnd, at: now).map {
            "etcd.authority: \(authorityPath) holds a certificate that ends in \($0) days, and with it all that it has signed; members and etcd's operator go over to another authority, as docs/operate.md says"
        }
    }

    /// What operators have to know about servers' certificates that end; nil while that is far.
    ///
    /// - Parameter ends: by endpoint.
    static func serversWarning(_ ends: [(endpoint: String, end: Date)], at now: Date) -> String? {
        let near = ends.compactMap { endpoint, end in
            days(until: end, at: now).map {
                "that of \(endpoint) \($0 < 0 ? "has ended" : "in \($0) days")"
            }
        }
        return near.isEmpty
            ? nil
            : "etcd: certificates of its servers end: \(near.joined(separator: ", ")); the server's operator puts another one and its key in their places, signed by `koinon alliance certificate NAME --server`, as docs/operate.md says: nobody connects to a server whose certificate has ended"
    }

    /// Whole days that are left, once they are few; less than 0 when none are.
    private static func days(until end: Date, at now: Date) -> Int? {
        let left = end.timeIntervalSince(now)
        return left < warning ? Int((left / 86_400).rounded(.down)) : nil
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
