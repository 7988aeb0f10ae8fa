import Foundation
import GRPCNIOTransportHTTP2
import KoinonNode
import X509

/// The files by which a node shows etcd who it is.
enum EtcdCredentials {
    /// Weeks before a certificate ends that its operator is told.
    static let warning = 21.0 * 86_400

    /// - Throws: ``HomeFault`` naming the file that cannot be read.
    static func security(
        of address: EtcdAddress, in folder: URL
    ) throws -> HTTP2ClientTransport.Posix.TransportSecurity {
        guard let authority = address.authority, let certificate = address.certificate,
            let key = address.key
        else { return .plaintext }
        let files = try [
            ("authority", authority), ("certificate", certificate), ("key", key),
        ].map { try read($0.1, named: $0.0, in: folder) }
        return .mTLS(
            certificateChain: [.bytes(files[1], format: .pem)],
            privateKey: .bytes(files[2], format: .pem)
        ) { tls in
            tls.trustRoots = .certificates([.bytes(files[0], format: .pem)])
        }
    }

    /// What an operator has to know about the certificate's end; nil while it is far.
    static func warning(of address: EtcdAddress, in folder: URL, at now: Date) -> String? {
        guard let file = address.certificate else { return nil }
        do {
            let text = String(
                decoding: try read(file, named: "certificate", in: folder), as: UTF8.self)
            let end = try Certificate(pemEncoded: text).notValidAfter
            guard end.timeIntervalSince(now) < warning else { return nil }
            let days = Int((end.timeIntervalSince(now) / 86_400).rounded(.down))
            return
                "etcd.certificate: \(file) ends in \(days) days; replace it and its key and restart the node, as docs/operate.md says"
        } catch {
            return "etcd.certificate: \(file) cannot be read: \(error)"
        }
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
