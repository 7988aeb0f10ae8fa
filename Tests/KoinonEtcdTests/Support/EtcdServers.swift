import Foundation
import Glibc
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Logging
import Testing

@testable import KoinonEtcd
@testable import TestNodes

/// Whether Debian's etcd-server and etcd-client are here.
let hasEtcd = ["/usr/bin/etcd", "/usr/bin/etcdctl"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
}

extension Trait where Self == ConditionTrait {
    static var needsEtcd: Self {
        .enabled(if: hasEtcd, "etcd is not installed: apt-get install etcd-server etcd-client")
    }
}

/// Servers of etcd on free ports of this machine, with certificates and roles, in a folder
/// that goes away with them.
final class EtcdServers: @unchecked Sendable {
    // Changed by one test alone, one step after the other.
    private var processes: [Process?]
    let folder: URL
    let ports: [(client: Int, peer: Int)]
    let chain: ChainID
    let authority: CertificateAuthority
    private let quota: Int?

    var keys: EntryKeys { EntryKeys(chain: chain, epoch: 0) }

    /// Starts the servers and gives each author its role.
    ///
    /// - Parameter quota: bytes that each server stores at most; nil leaves etcd its own limit.
    static func start(
        _ count: Int = 1, authors: [String] = ["alfa", "bravo"], quota: Int? = nil
    ) async throws -> EtcdServers {
        try await OwnThread.run { try EtcdServers(count, authors: authors, quota: quota) }
    }

    private init(_ count: Int, authors: [String], quota: Int?) throws {
        self.quota = quota
        folder = FileManager.default.temporaryDirectory.appending(
            path: "koinon-etcd-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authority = try CertificateAuthority(name: "test", at: Date())
        let free = try FreePorts.take(2 * count)
        ports = (0..<count).map { (client: free[2 * $0], peer: free[2 * $0 + 1]) }
        chain = try #require(ChainID(Hash256.sha256(Array(folder.path.utf8)).bytes))
        processes = Array(repeating: nil, count: count)
        try authority.issued.certificate.write(
            to: folder.appending(path: "ca.pem"), atomically: true, encoding: .utf8)
        try issue("server", for: .server(hosts: ["127.0.0.1", "localhost"]))
        for name in authors + ["root"] { try issue(name, for: .client) }
        for index in 0..<count { try start(index) }
        try untilHealthy()
        for line in EtcdRoles.commands(chain: chain, members: authors.compactMap(MemberID.init)) {
            try ctl(line)
        }
    }

    deinit {
        for process in processes { process.map { Glibc.kill($0.processIdentifier, SIGKILL) } }
        for process in processes { process?.waitUntilExit() }
        try? FileManager.default.removeItem(at: folder)
    }

    func issue(
        _ name: String, for use: CertificateAuthority.Use, at now: Date = Date(), days: Int? = nil
    ) throws {
        let issued = try authority.issue(name, for: use, at: now, days: days)
        try issued.certificate.write(
            to: folder.appending(path: "\(name).pem"), atomically: true, encoding: .utf8)
        try issued.key.write(
            to: folder.appending(path: "\(name)-key.pem"), atomically: true, encoding: .utf8)
    }

    /// Starts a server, or starts it again with what it has stored.
    func start(_ index: Int) throws {
        let client = "https://127.0.0.1:\(ports[index].client)"
        let peer = "https://127.0.0.1:\(ports[index].peer)"
        let cluster = ports.enumerated()
            .map { "e\($0.offset)=https://127.0.0.1:\($0.element.peer)" }.joined(separator: ",")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/etcd")
        process.currentDirectoryURL = folder
        process.arguments = [
            "--name", "e\(index)", "--data-dir", "e\(index)", "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", cluster,
            "--trusted-ca-file", "ca.pem", "--cert-file", "server.pem",
            "--key-file", "server-key.pem", "--client-cert-auth",
            "--peer-trusted-ca-file", "ca.pem", "--peer-cert-file", "server.pem",
            "--peer-key-file", "server-key.pem", "--peer-client-cert-auth",
            "--log-level", "error",
        ]
        if let quota { process.arguments? += ["--quota-backend-bytes", "\(quota)"] }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        processes[index] = process
    }

    /// Ends a server as a loss of power does.
    func kill(_ index: Int) {
        guard let process = processes[index] else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        processes[index] = nil
    }

    func untilHealthy() throws {
        let deadline = ContinuousClock.now + .seconds(180)
        while try run(["endpoint", "health"], within: 5).status != 0,
            ContinuousClock.now < deadline
        {
            usleep(100_000)
        }
        try ctl(["endpoint", "health"])
    }

    /// Runs etcdctl.
    ///
    /// - Parameter name: as whom; the operator unless told otherwise.
    @discardableResult
    func ctl(_ arguments: [String], as name: String = "root") throws -> String {
        let (status, output) = try run(arguments, as: name)
        guard status == 0 else { throw Refused(arguments: arguments, output: output) }
        return output
    }

    struct Refused: Error {
        var arguments: [String]
        var output: String
    }

    /// - Parameter limit: in seconds; a slow disk makes a server wait long for each change.
    private func run(
        _ arguments: [String], as name: String = "root", within limit: Int = 60
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/etcdctl")
        process.currentDirectoryURL = folder
        process.environment = ["ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"]
        process.arguments =
            [
                "--endpoints", endpoints.map { "https://\($0)" }.joined(separator: ","),
                "--cacert", "ca.pem", "--cert", "\(name).pem", "--key",
                "\(name)-key.pem", "--command-timeout", "\(limit)s",
            ] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    var endpoints: [String] { ports.map { "127.0.0.1:\($0.client)" } }

    func address(of name: String) -> EtcdAddress {
        EtcdAddress(
            endpoints: endpoints, authority: "ca.pem", certificate: "\(name).pem",
            key: "\(name)-key.pem")
    }

    /// The engine of a member's node.
    func engine(of name: String, in epoch: UInt64 = 0) throws -> EtcdEngine {
        try EtcdEngine(
            address(of: name), folder: folder, chain: chain, epoch: epoch,
            authors: [try #require(MemberID(rawValue: name))],
            logger: .silent)
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Waiting for a process would hold one of the few threads that all tests share.
enum OwnThread {
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }
}
