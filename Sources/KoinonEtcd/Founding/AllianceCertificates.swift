import Foundation
import KoinonNode
import KoinonProtocol
import X509

/// Certificates that an alliance's authority signs once it is founded: for new members and
/// servers, and in the places of those that end.
public struct AllianceCertificates {
    /// Whose certificate it is, and with it what it is good for and where it lies.
    public enum Holder: Sendable {
        /// A member's node.
        case member(MemberID)
        /// The one who runs etcd.
        case etcdOperator
        /// A server of etcd, with the addresses and names at which it answers besides
        /// `localhost`; none: those of the certificate that lies there.
        case server(String, hosts: [String])
    }

    /// A certificate and its key, in their places.
    public struct Signed: Sendable {
        public var certificate: URL
        public var key: URL
        /// What a server answers at; none for a client.
        public var hosts: [String]
        public var end: Date
        /// What was in their places before, and lies beside them now.
        public var kept: [URL]
    }

    /// etcd's name for whoever may do everything there.
    public static let operatorName = "root"

    private let folder: URL
    private let authority: CertificateAuthority

    /// - Parameter folder: the alliance's, with `authority/` in it.
    /// - Throws: `HomeFault` when the authority is not there, is not whole, or has ended.
    public init(in folder: URL, at now: Date) throws {
        self.folder = folder
        let place = folder.appending(path: "authority")
        func text(_ name: String) throws -> String {
            let file = place.appending(path: name)
            do { return try String(contentsOf: file, encoding: .utf8) } catch {
                throw HomeFault(
                    "\(file.relativePath): cannot be read; name with --folder the alliance's folder, with its authority/ in it for as long as it signs"
                )
            }
        }
        let issued = CertificateAuthority.Issued(
            certificate: try text("ca.pem"), key: try text("ca-key.pem"))
        do { authority = try CertificateAuthority(issued) } catch {
            throw HomeFault(
                "\(place.relativePath): ca.pem and ca-key.pem are no certificate with its key in PEM form (\(error)); put back the two that founded the alliance"
            )
        }
        guard now < authority.end else {
            throw HomeFault(
                "\(place.relativePath)/ca.pem: ended on \(authority.end.formatted(.iso8601)); nobody takes what it signs. Make another with `koinon alliance authority`, as docs/operate.md says"
            )
        }
    }

    /// Signs a certificate and puts it and its key in their places; a crash in between leaves two
    /// that do not belong together, which nothing takes. What was there stays beside them, with
    /// the time in its name.
    ///
    /// - Parameter output: the folder to put them into; nil for the one in the alliance's folder
    ///   into which such files were founded.
    /// - Throws: `HomeFault` naming the field and the remedy.
    public func sign(for holder: Holder, into output: URL? = nil, at now: Date) throws -> Signed {
        let name = try Self.name(of: holder)
        let place = output ?? defaultPlace(of: holder)
        let use = try use(of: holder, before: place.appending(path: "\(name).pem"))
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try trust(in: place)
        let issued = try authority.issue(name, for: use, at: now)
        return try Self.put(issued, named: name, in: place, at: now)
    }

    private static func put(
        _ issued: CertificateAuthority.Issued, named name: String, in place: URL, at now: Date
    ) throws -> Signed {
        let certificate = place.appending(path: "\(name).pem")
        let key = place.appending(path: "\(name)-key.pem")
        // Everything is written before anything changes its name.
        let drafts = [
            try FileDraft(Array(issued.key.utf8), of: key, mode: 0o600),
            try FileDraft(Array(issued.certificate.utf8), of: certificate),
        ]
        let kept = try keep([certificate, key], named: name, at: now)
        for draft in drafts { try draft.settle() }
        let made = try Certificate(pemEncoded: issued.certificate)
        return Signed(
            certificate: certificate, key: key, hosts: HostText.hosts(of: made),
            end: made.notValidAfter, kept: kept)
    }

    /// Makes another authority in the place of the one that is to end, which stays beside it.
    ///
    /// - Parameter folder: the alliance's.
    /// - Throws: `HomeFault` when a file cannot be written.
    public static func makeAuthority(in folder: URL, at now: Date) throws -> Signed {
        let place = folder.appending(path: "authority")
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Of another name than any before: whoever trusts both finds the right one by it.
        let authority = try CertificateAuthority(name: "authority of \(stamp(now))", at: now)
        return try put(authority.issued, named: "ca", in: place, at: now)
    }

    private static func name(of holder: Holder) throws -> String {
        switch holder {
        case .etcdOperator: return operatorName
        case .member(let id):
            guard id.rawValue != "ca" else { throw taken(id.rawValue) }
            return id.rawValue
        case .server(let name, _):
            guard Slug.isValid(name) else {
                throw HomeFault(
                    "NAME: \"\(name)\": use 1 to \(Slug.maximumBytes) of a-z, 0-9, \"-\", \".\" and \"_\", beginning with a letter or digit"
                )
            }
            guard name != "ca", name != operatorName, !name.hasSuffix("-key") else {
                throw taken(name)
            }
            return name
        }
    }

    private static func taken(_ name: String) -> HomeFault {
        HomeFault("NAME: \"\(name)\": other files have such names; choose another name")
    }

    private func defaultPlace(of holder: Holder) -> URL {
        switch holder {
        case .member(let id): folder.appending(path: "members/\(id)/etcd")
        case .etcdOperator, .server: folder.appending(path: "etcd/certificates")
        }
    }

    private func use(
        of holder: Holder, before certificate: URL
    ) throws -> CertificateAuthority.Use {
        let before =
            (try? String(contentsOf: certificate, encoding: .utf8))
            .flatMap { try? Certificate.all(inPEM: $0).first }.map(HostText.hosts) ?? []
        guard case .server(_, let named) = holder else {
            guard before.isEmpty else {
                throw HomeFault(
                    "\(certificate.relativePath): is a server's; sign another for it with --server"
                )
            }
            return .client
        }
        if let wrong = named.first(where: { !HostText.isHost($0) }) {
            throw HomeFault(
                "--host: \"\(wrong)\": give an address or a name, without scheme and port")
        }
        let hosts = named.isEmpty ? before : named
        guard !hosts.isEmpty else {
            throw HomeFault(
                "--host: name the addresses at which the server answers; there is no certificate of it at \(certificate.relativePath) to take them from"
            )
        }
        return .server(hosts: hosts.contains("localhost") ? hosts : hosts + ["localhost"])
    }

    /// The certificates of those whom the holder trusts lie beside its own.
    private func trust(in place: URL) throws {
        let file = place.appending(path: "ca.pem")
        guard FileManager.default.fileExists(atPath: file.path) else {
            return try FileDraft(Array(authority.issued.certificate.utf8), of: file).settle()
        }
        let own = try Certificate(pemEncoded: authority.issued.certificate)
        let trusted =
            (try? String(contentsOf: file, encoding: .utf8))
            .flatMap { try? Certificate.all(inPEM: $0) } ?? []
        guard trusted.contains(own) else {
            throw HomeFault(
                "\(file.relativePath): does not hold the certificate of this authority, so others will hardly know what it signs; first add \(folder.relativePath)/authority/ca.pem to it, here and wherever else it lies (docs/operate.md)"
            )
        }
    }

    /// Copies what is there to where it stays.
    private static func keep(_ files: [URL], named name: String, at now: Date) throws -> [URL] {
        try files.filter { FileManager.default.fileExists(atPath: $0.path) }.map { file in
            let rest = file.lastPathComponent.dropFirst(name.count)
            let kept = file.deletingLastPathComponent().appending(
                path: "\(name)-\(stamp(now))\(rest)")
            guard !FileManager.default.fileExists(atPath: kept.path) else {
                throw HomeFault(
                    "\(kept.relativePath): is there already, from within this second; run the command again"
                )
            }
            try FileDraft(Array(Data(contentsOf: file)), of: kept, mode: 0o600).settle()
            return kept
        }
    }

    private static func stamp(_ time: Date) -> String {
        time.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
    }
}
