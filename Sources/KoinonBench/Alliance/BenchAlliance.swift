import Foundation
import Glibc
import KoinonClient
import KoinonEtcd
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// An alliance of processes on this machine, for measurements: servers of etcd, a `koinon
/// node` a member, a crowd of accounts that is there from block 0. All ends with it.
final class BenchAlliance: @unchecked Sendable {
    // One task starts and ends processes; others only speak to nodes by HTTP.
    private var servers: [Process] = []
    private var nodes: [Process?] = []
    let folder: URL
    let members: [String]
    let genesis: GenesisDocument
    private let command: URL
    private let addresses: [String]
    private let keepBytes: Int?
    /// The operator's options.
    private let etcdctl: [String]
    let clients: [NodeClient]

    /// - Parameter keepBytes: of entries, at etcd; nil for what nodes keep by themselves.
    /// - Throws: ``BenchFault`` when etcd is not installed.
    init(
        members count: Int, servers: Int, accounts: Int, keepBytes: Int?, in parent: URL,
        progress: (Int) -> Void
    ) throws {
        for program in ["/usr/bin/etcd", "/usr/bin/etcdctl"]
        where !FileManager.default.isExecutableFile(atPath: program) {
            throw BenchFault(
                "\(program) is missing: apt-get install etcd-server etcd-client")
        }
        command = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        self.keepBytes = keepBytes
        folder = parent.appending(path: "alliance", directoryHint: .isDirectory)
        members = (1...count).map { "member\($0)" }
        let ports = try FreePorts.take(count + 2 * servers)
        genesis = try AllianceFolder.found(
            AllianceFolder.Plan(
                name: "Benchmark", members: members.compactMap { MemberID(rawValue: $0) },
                nodes: ports.prefix(count).map { .init(host: "127.0.0.1", port: $0) },
                servers: (0..<servers).map {
                    .init(
                        host: "127.0.0.1", clientPort: ports[count + 2 * $0],
                        peerPort: ports[count + 2 * $0 + 1])
                },
                time: SystemClock().now, processes: [LeaseProcess.definition]),
            in: folder)
        addresses = ports.prefix(count).map { "http://127.0.0.1:\($0)" }
        let engines = (0..<servers).map { "https://127.0.0.1:\(ports[count + 2 * $0])" }
        etcdctl = [
            "--endpoints", engines.joined(separator: ","), "--cacert",
            "etcd/certificates/ca.pem", "--cert", "etcd/certificates/root.pem", "--key",
            "etcd/certificates/root-key.pem",
        ]
        clients = try addresses.map { try NodeClient($0, connections: 256) }
        nodes = Array(repeating: nil, count: count)
        let homes = members.map { NodeHome(folder.appending(path: "members/\($0)")) }
        guard let first = MemberID(rawValue: members[0]) else {
            throw BenchFault("\(members[0]) is no member's name")
        }
        let staff = try KeyRing(home: homes[0].directory.path).key(named: members[0])
        try PreparedLedger.prepare(
            homes, genesis: genesis, member: first, issuer: staff, accounts: accounts, progress)
    }

    deinit {
        for process in nodes { process.map { _ = Glibc.kill($0.processIdentifier, SIGKILL) } }
        for process in servers { _ = Glibc.kill(process.processIdentifier, SIGKILL) }
        for process in nodes { process?.waitUntilExit() }
        for process in servers { process.waitUntilExit() }
    }

    func start() async throws {
        for index in 0..<serverCount {
            servers.append(
                try run("/usr/bin/etcd", ["--config-file", "etcd/etcd\(index + 1).yaml"], "etcd"))
        }
        var isReady = false
        for _ in 0..<100 where !isReady {
            let roles = try run("/bin/bash", ["etcd/roles.sh"], "roles")
            while roles.isRunning { try await Task.sleep(for: .milliseconds(50)) }
            isReady = roles.terminationStatus == 0
        }
        guard isReady else { throw BenchFault("etcd does not answer; see \(folder.path)") }
        for index in members.indices { try startNode(index) }
        for index in members.indices { try await untilAnswers(index) }
    }

    private var serverCount: Int {
        let names = try? FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "etcd").path)
        return names?.count { $0.hasSuffix(".yaml") } ?? 0
    }

    func startNode(_ index: Int) throws {
        nodes[index] = try run(
            command.path, ["node", "--home", "members/\(members[index])"], members[index])
    }

    func stopNode(_ index: Int) {
        guard let process = nodes[index] else { return }
        process.terminate()
        process.waitUntilExit()
        nodes[index] = nil
    }

    func untilAnswers(_ index: Int) async throws {
        for _ in 0..<1_200 {
            if let status = try? await clients[index].status(), status.hosts == [members[index]] {
                return
            }
            guard nodes[index]?.isRunning == true else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BenchFault("\(members[index]) does not answer; see \(folder.path)")
    }

    /// A home that nobody hosts joins from a snapshot of the first node, which goes on.
    ///
    /// - Returns: how long that took, until the ledger of the new home is durable.
    func join() async throws -> Duration {
        let home = NodeHome(folder.appending(path: "members/\(members[0])"))
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        let height = try await SnapshotFolder(home: home).make(of: store, genesis: genesis)
        try store.close()
        let begin = ContinuousClock.now
        let report = try await NewHome.arrive(
            folder.appending(path: "joiner", directoryHint: .isDirectory), genesis,
            from: addresses[0], worthSnapshot: 1)
        guard report.snapshot == height else {
            throw BenchFault("the new home did not begin from the snapshot")
        }
        return begin.duration(to: .now)
    }

    private struct EngineStatus: Decodable {
        struct Body: Decodable { var dbSize: Int }
        var status: Body

        enum CodingKeys: String, CodingKey { case status = "Status" }
    }

    /// What the largest server of etcd stores; it reuses what is free, and gives none back.
    func engineBytes() async throws -> Int {
        let file = folder.appending(path: "status.log")
        try Data().write(to: file)
        let asking = try run(
            "/usr/bin/etcdctl", etcdctl + ["endpoint", "status", "-w", "json"], "status")
        while asking.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        let answers = try JSONDecoder().decode([EngineStatus].self, from: Data(contentsOf: file))
        return answers.map(\.status.dbSize).max() ?? 0
    }

    private func run(_ program: String, _ arguments: [String], _ log: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["KOINON_LIMITS_REQUESTS_PER_SECOND"] = "0"
        environment["KOINON_LOG_LEVEL"] = "warning"
        if let keepBytes { environment["KOINON_ORDER_KEEP_BYTES"] = "\(keepBytes)" }
        environment["ETCDCTL_API"] = "3"
        process.environment = environment
        let file = folder.appending(path: "\(log).log")
        if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return process
    }

    /// Returns when the nodes have done what they had put off under load, which they begin 2 s
    /// after its end: all of them together take a tenth of a core, twice in a row.
    func untilQuiet() async throws {
        let step = 1.0
        try await Task.sleep(for: .seconds(2))
        var quiet = 0
        for _ in 0..<60 where quiet < 2 {
            let before = nodeSeconds
            try await Task.sleep(for: .seconds(step))
            quiet = nodeSeconds - before < 0.1 * step ? quiet + 1 : 0
        }
    }

    /// Processor time of all nodes so far.
    var nodeSeconds: Double { nodes.reduce(0) { $0 + Self.processorSeconds($1) } }

    /// Processor time of all servers of etcd so far.
    var engineSeconds: Double { servers.reduce(0) { $0 + Self.processorSeconds($1) } }

    /// User and system time of a process; 0 of one that is gone.
    private static func processorSeconds(_ process: Process?) -> Double {
        guard let process,
            let text = try? String(
                contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        // Fields 14 and 15, in ticks (proc(5)).
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
        else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Ports of this machine that nobody listens at.
enum FreePorts {
    /// All bound at once, so that they differ; then given back.
    static func take(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(socket)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
                }
            }
            guard bound else { throw BenchFault("no free port on 127.0.0.1") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
