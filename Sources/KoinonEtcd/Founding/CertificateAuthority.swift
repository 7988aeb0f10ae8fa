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
        /// Answers at these IPv4 addresses and names, and speaks to its like.
        case server(hosts: [String])
        /// Speaks to servers under the certificate's name, the user that etcd takes it for.
        case client
    }

    public let issued: Issued
    private let name: DistinguishedName
    private let key: Certificate.PrivateKey

    private static let authorityYears = 10
    private static let memberYears = 2

    /// A new authority, good for ten years.
    public init(name: String, at now: Date) throws {
        let key = P256.Signing.PrivateKey()
        self.name = try DistinguishedName { CommonName(name) }
        self.key = Certificate.PrivateKey(key)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey), notValidBefore: Self.begin(now),
            notValidAfter: Self.end(now, years: Self.authorityYears), issuer: self.name,
            subject: self.name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: self.key)
        issued = Issued(
            certificate: try certificate.serializeAsPEM().pemString,
            key: key.pemRepresentation)
    }

    /// One that was made before.
    public init(_ issued: Issued) throws {
        self.issued = issued
        key = try Certificate.PrivateKey(pemEncoded: issued.key)
        name = try Certificate(pemEncoded: issued.certificate).subject
    }

    /// A certificate for two years.
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
            notValidAfter: end, issuer: self.name,
            subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256, extensions: try Self.extensions(for: use),
            issuerPrivateKey: self.key)
        return Issued(
            certificate: try certificate.serializeAsPEM().pemString,
            key: key.pemRepresentation)
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
        let numbers = host.split(separator: ".").compactMap { UInt8($0) }
        guard numbers.count == 4, host.split(separator: ".").count == 4 else {
            return .dnsName(host)
        }
        return .ipAddress(.init(contentBytes: numbers[...]))
    }

    /// A little earlier, for machines whose clocks are behind.
    private static func begin(_ now: Date) -> Date { now.addingTimeInterval(-3_600) }

    private static func end(_ now: Date, years: Int) -> Date {
        now.addingTimeInterval(Double(years) * 365 * 86_400)
    }
}
