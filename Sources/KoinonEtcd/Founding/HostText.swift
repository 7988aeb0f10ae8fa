import Foundation
import X509

/// Addresses and names of machines, as people write them and as certificates hold them.
enum HostText {
    /// The 4 or 16 bytes of an IP address; nil for a name.
    static func addressBytes(_ host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// Whether it is an address, or a name without scheme, port or path.
    static func isHost(_ host: String) -> Bool {
        addressBytes(host) != nil
            || (!host.isEmpty
                && host.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
                })
    }

    /// The addresses and names that a certificate is good for.
    static func hosts(of certificate: Certificate) -> [String] {
        let names = (try? certificate.extensions.subjectAlternativeNames) ?? nil
        return (names.map { Array($0) } ?? []).compactMap { name in
            switch name {
            case .dnsName(let host): host
            case .ipAddress(let octets): text(of: Array(octets.bytes))
            default: nil
            }
        }
    }

    private static func text(of address: [UInt8]) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = address.count == 4 ? AF_INET : AF_INET6
        guard address.count == 4 || address.count == 16,
            inet_ntop(family, address, &text, socklen_t(text.count)) != nil
        else { return nil }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
