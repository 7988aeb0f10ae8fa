import KoinonNode

/// Where one server of etcd answers.
struct EtcdEndpoint: Sendable {
    let host: String
    let port: Int
    let isIPv6: Bool
    /// What its certificate has to name; nil for an address, which is looked for by itself.
    let name: String?

    /// - Parameter text: `host:port`.
    /// - Throws: ``HomeFault`` for anything else.
    init(_ text: String) throws {
        guard let (host, port) = EtcdAddress.hostAndPort(text) else {
            throw HomeFault("etcd.endpoints: \"\(text)\" is not host:port")
        }
        self.host = host
        self.port = port
        isIPv6 = host.contains(":")
        let isIPv4 = host.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: ".")
        }
        name = isIPv4 || isIPv6 ? nil : host
    }
}
