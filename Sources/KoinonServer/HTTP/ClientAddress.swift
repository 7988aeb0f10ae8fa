import Foundation
import NIOCore

extension SocketAddress {
    /// Who is counted as one client: an IPv4 address, or the first 64 bits of an IPv6 one,
    /// since whoever has one of these has all of them.
    var client: String {
        switch self {
        case .v4, .unixDomainSocket: return ipAddress ?? "local"
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
            if bytes.starts(with: mapped) {
                return bytes.suffix(4).map(String.init).joined(separator: ".")
            }
            return stride(from: 0, to: 8, by: 2)
                .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
                .joined(separator: ":") + "::/64"
        }
    }
}
