import Glibc

/// Where a node of a home listens: `HOME/node.sock`, a Unix domain socket of mode 0600.
public enum LocalAddress {
    public static func path(home: String) -> String { home + "/node.sock" }

    /// What fits the kernel's `sockaddr_un` beside its final zero.
    static let pathMaximum = 107

    /// Calls `body` with the address of a path, for bind(2) and connect(2).
    package static func with<Result>(
        path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(LocalSocketFault) -> Result {
        let bytes = Array(path.utf8)
        guard bytes.count <= pathMaximum, !bytes.contains(0) else {
            throw .pathTooLong(path: path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
