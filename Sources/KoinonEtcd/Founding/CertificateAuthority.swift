import Crypto
import Foundation
import X509

/// Signs the certificates by which an alliance's nodes and etcd servers know one another.
///
/// Its key is needed for new members and renewals only; keep it offline.
public struct CertificateAuthority {
    /// A certificate with its key, in PEM.
    public struct Issued: Sendable {
        public var certificate: String
        /// PKCS #8; to be kept from others.
        public var key: String
    }

    public enum Use: Sendable {
        /// Answers at these addresses and names, and speaks to its like.
        case server(hosts: [String])
        /// Speaks to servers under the certificate's name, the user that etcd takes it for.
        case client
    }

    public let issued: Issued
    /// After it nobody takes what it signed.
    public let end: Date
    private let name: DistinguishedName
    private let key: Certificate.PrivateKey

    private static let authorityYears = 10
    private static let memberYears = 2

    /// A new authority, good for ten years.
    public init(name: String, at now: Date) throws {
        let key = P256.Signing.PrivateKey()
        self.name = try DistinguishedName { CommonName(name) }
        self.key = Certificate.PrivateKey(key)
        end = Self.end(now, years: Self.authorityYears)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey), notValidBefore: Self.begin(now),
            notValidAfter: end, issuer: self.name,
            subject: self.name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: self.key)
        issued = try Issued(certificate, key)
    }

    /// One that was made before.
    ///
    /// - Throws: when a part of it is not what it should be, ``NotItsKey`` when they do not
    ///   belong together.
    public init(_ issued: Issued) throws {
        self.issued = issued
        key = try Certificate.PrivateKey(pemEncoded: issued.key)
        let certificate = try Certificate(pemEncoded: issued.certificate)
        guard certificate.publicKey == key.publicKey else { throw NotItsKey() }
        name = certificate.subject
        end = certificate.notValidAfter
    }

    public struct NotItsKey: Error, CustomStringConvertible {
        public var description: String { "the key is not the certificate's" }
    }

    /// A certificate for two years, or until the authority's own ends.
    ///
    /// - Parameter days: another time than two years.
    public func issue(
        _ name: String, for use: Use, at now: Date, days: Int? = nil
    ) throws -> Issued {
        let key = P256.Signing.PrivateKey()
        let end =
            days.map { now.addingTimeInterval(Double($0) * 86_400) }
            ?? Self.end(now, years: Self.memberYears)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey), notValidBefore: Self.begin(now),
            notValidAfter: min(end, self.end), issuer: self.name,
            subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256, extensions: try Self.extensions(for: use),
            issuerPrivateKey: self.key)
        return try Issued(certificate, key)
    }

    private static func extensions(for use: Use) throws -> Certificate.Extensions {
        switch use {
        case .client:
            try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth])
            }
        case .server(let hosts):
            try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                // etcd's servers are one another's clients.
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames(hosts.map(generalName))
            }
        }
    }

    private static func generalName(_ host: String) -> GeneralName {
        guard let bytes = HostText.addressBytes(host) else { return .dnsName(host) }
        return .ipAddress(.init(contentBytes: bytes[...]))
    }

    /// A little earlier, for machines whose clocks are behind.
    private static func begin(_ now: Date) -> Date { now.addingTimeInterval(-3_600) }

    private static func end(_ now: Date, years: Int) -> Date {
        now.addingTimeInterval(Double(years) * 365 * 86_400)
    }
}

extension CertificateAuthority.Issued {
    /// Each ends with a line, so that files can be put one behind the other.
    fileprivate init(_ certificate: Certificate, _ key: P256.Signing.PrivateKey) throws {
        self.init(
            certificate: try certificate.serializeAsPEM().pemString + "\n",
            key: key.pemRepresentation + "\n")
    }
}
