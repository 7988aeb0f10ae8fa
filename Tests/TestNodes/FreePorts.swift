import Foundation
import Glibc
import Synchronization

/// Ports of this machine that nobody listens at, for programs that are told theirs.
///
/// They lie outside the range from which the kernel takes those of connections: between here
/// and the program that is to listen, or while it is down, nobody else gets one by chance. No
/// two tests of a process get the same.
enum FreePorts {
    private static let given = Mutex<Set<Int>>([])

    /// So many in a row.
    static func take(_ count: Int) throws -> [Int] {
        let range = try candidates()
        for _ in 0..<1_000 {
            let first = Int.random(in: range.lowerBound...(range.upperBound - count))
            let ports = Array(first..<first + count)
            let isNew = given.withLock { given in
                guard given.isDisjoint(with: ports) else { return false }
                given.formUnion(ports)
                return true
            }
            if isNew, ports.allSatisfy(isFree) { return ports }
        }
        throw POSIXError(.EADDRINUSE)
    }

    private static func candidates() throws -> Range<Int> {
        let path = "/proc/sys/net/ipv4/ip_local_port_range"
        let bounds = try String(contentsOfFile: path, encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard bounds.count == 2 else { return 10_000..<32_000 }
        let above = (bounds[1] + 1)..<65_536
        if bounds[0] > 12_000 { return 10_000..<bounds[0] }
        // Where nearly all ports are the kernel's, chance has to do.
        return above.count > 2_000 ? above : 10_000..<65_536
    }

    private static func isFree(_ port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
