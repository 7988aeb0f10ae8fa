/// Where etcd answers and how one shows who one is, as `node.json` says it.
///
/// ```json
/// {"endpoints": ["127.0.0.1:2379"], "authority": "etcd/ca.pem",
///  "certificate": "etcd/anna.pem", "key": "etcd/anna-key.pem"}
/// ```
public struct EtcdAddress: Codable, Equatable, Sendable {
    /// `host:port`, one for each server; those that do not answer are passed over.
    public var endpoints: [String]
    /// PEM files: who signs the servers' certificates, and one's own certificate with its key.
    /// All three, or none for a server that asks for none.
    public var authority: String?
    public var certificate: String?
    public var key: String?

    public static let endpointsMaximum = 16

    public init(
        endpoints: [String], authority: String? = nil, certificate: String? = nil,
        key: String? = nil
    ) {
        self.endpoints = endpoints
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }

    /// - Throws: ``HomeFault`` naming the field and the remedy.
    public func check() throws {
        guard (1...Self.endpointsMaximum).contains(endpoints.count) else {
            throw HomeFault(
                "etcd.endpoints: \(endpoints.count) of them; name 1 to \(Self.endpointsMaximum), each as host:port"
            )
        }
        for endpoint in endpoints where Self.hostAndPort(endpoint) == nil {
            throw HomeFault("etcd.endpoints: \"\(endpoint)\" is not host:port")
        }
        let files = [authority, certificate, key]
        guard files.allSatisfy({ $0 == nil }) || files.allSatisfy({ $0 != nil }) else {
            throw HomeFault(
                "etcd: authority, certificate and key belong together; name all three or none")
        }
    }

    /// The parts of `host:port`, where a host may be an IPv6 address in brackets.
    public static func hostAndPort(_ endpoint: String) -> (host: String, port: Int)? {
        guard let colon = endpoint.lastIndex(of: ":"),
            let port = Int(endpoint[endpoint.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = endpoint[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }
}
