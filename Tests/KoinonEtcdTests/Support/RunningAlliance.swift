import Foundation
import Glibc
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore
import Synchronization
import Testing

@testable import KoinonEtcd
@testable import TestNodes

/// An alliance on this machine: servers of etcd and `koinon node`, each a process of its own,
/// founded as `koinon alliance init` does. Everything ends with it.
final class RunningAlliance: Sendable {
    private struct State {
        var servers: [Started?]
        var nodes: [Started?]
    }

    /// `@unchecked Sendable`: set once before it is shared; the process is only told to end,
    /// and waited for.
    private final class Started: @unchecked Sendable {
        let process: Process
        init(_ process: Process) { self.process = process }

        func signal(_ signal: Int32) { Glibc.kill(process.processIdentifier, signal) }
    }

    private static let loopback = "127.0.0.1"

    /// What has to come comes within this time, however slow the machine is.
    static let patience = Duration.seconds(180)

    let folder: URL
    /// The founders, then those who may join later.
    let members: [String]
    let genesis: GenesisDocument
    let nodes: [AllianceFolder.NodeAddress]
    let servers: [AllianceFolder.ServerAddress]
    let network: TestNetwork?
    /// In front of every port, when connections can be delayed.
    private let relays: [DelayRelay]
    private let state: Mutex<State>

    /// How processes reach each other.
    struct Ways: OptionSet {
        let rawValue: Int

        static let direct: Ways = []
        /// Each process is on a host of its own, whose network can be cut, or lose packets.
        static let isolated = Ways(rawValue: 1)
        /// By relays that can delay what they carry.
        static let relayed = Ways(rawValue: 2)
    }

    /// Founds it and starts all of it.
    ///
    /// - Parameter later: members with a name and an address that are not founded.
    static func start(
        members: Int = 4, later: Int = 0, servers: Int = 1, ways: Ways = .direct
    ) async throws -> RunningAlliance {
        let all = members + later
        let ports = try FreePorts.take(2 * (all + 2 * servers))
        let known = Array(ports.prefix(all + 2 * servers))
        let hidden = Dictionary(uniqueKeysWithValues: zip(known, ports.dropFirst(known.count)))
        let network = try await OwnThread.run {
            ways.contains(.isolated) ? try TestNetwork(hosts: all + servers) : nil
        }
        var relays: [DelayRelay] = []
        if ways.contains(.relayed) {
            for (place, port) in known.enumerated() {
                // A server has two ports.
                let process = place < all ? place : all + (place - all) / 2
                relays.append(
                    try await DelayRelay(
                        at: .init(host: network?.hub ?? loopback, port: port),
                        for: .init(
                            host: network?.address(process) ?? loopback,
                            port: try #require(hidden[port]))))
            }
        }
        let alliance = try await OwnThread.run { [relays] in
            try RunningAlliance(
                members: all, founders: members, servers: servers, ports: known,
                network: network, relays: relays)
        }
        if ways.contains(.relayed) { try alliance.listen(at: hidden) }
        try await OwnThread.run {
            for index in 0..<servers { try alliance.startServer(index) }
            try alliance.untilHealthy()
            let roles = try alliance.run("/bin/bash", ["etcd/roles.sh"])
            guard roles.status == 0 else { throw Failed(what: "roles.sh", output: roles.output) }
        }
        for index in 0..<members { try await alliance.startNode(index) }
        return alliance
    }

    struct Failed: Error {
        var what: String
        var output: String
    }

    private init(
        members count: Int, founders: Int, servers: Int, ports: [Int],
        network: TestNetwork?, relays: [DelayRelay]
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "koinon-alliance-\(UUID().uuidString)", directoryHint: .isDirectory)
        members = Array(["alfa", "bravo", "carol", "delta", "echo"].prefix(count))
        self.network = network
        self.relays = relays
        func host(_ process: Int) -> String {
            guard let network else { return Self.loopback }
            return relays.isEmpty ? network.address(process) : network.hub
        }
        nodes = (0..<count).map { .init(host: host($0), port: ports[$0]) }
        self.servers = (0..<servers).map {
            .init(
                host: host(count + $0),
                clientPort: ports[count + 2 * $0], peerPort: ports[count + 2 * $0 + 1])
        }
        genesis = try AllianceFolder.found(
            AllianceFolder.Plan(
                name: "A test", members: members.prefix(founders).compactMap(MemberID.init),
                nodes: Array(nodes.prefix(founders)), servers: self.servers,
                time: SystemClock().now,
                processes: StandardProcesses.all),
            in: folder)
        state = Mutex(
            State(
                servers: Array(repeating: nil, count: servers),
                nodes: Array(repeating: nil, count: count)))
    }

    /// Makes everybody listen behind the address that the others know.
    private func listen(at hidden: [Int: Int]) throws {
        let files =
            members.map { "members/\($0)/server.yaml" }
            + servers.indices.map { "etcd/\(AllianceFolder.serverName($0)).yaml" }
        for (process, file) in files.map({ folder.appending(path: $0) }).enumerated() {
            let lines = try String(contentsOf: file, encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false)
            let moved = lines.map { line in
                guard ["  host:", "  port:", "listen-"].contains(where: line.hasPrefix) else {
                    return String(line)
                }
                let own = network.map { line.replacing($0.hub, with: $0.address(process)) }
                return hidden.reduce(String(own ?? line)) {
                    $0.hasSuffix("\($1.key)")
                        ? $0.dropLast("\($1.key)".count) + "\($1.value)" : $0
                }
            }
            try moved.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        }
    }

    /// Everything that anybody sends from now on comes so much later.
    func delay(_ delay: Duration) {
        for relay in relays { relay.set(delay) }
    }

    deinit {
        let left = state.withLock { ($0.nodes + $0.servers).compactMap { $0 } }
        for started in left { started.signal(SIGKILL) }
        for started in left { started.process.waitUntilExit() }
        // A test that failed may have left a disk of its own.
        _ = try? run("/bin/bash", ["-c", "umount members/* 2>/dev/null || true"])
        if ProcessInfo.processInfo.environment["KOINON_TEST_KEEP"] == nil {
            try? FileManager.default.removeItem(at: folder)
        }
    }

    // MARK: Processes

    func home(_ index: Int) -> URL { folder.appending(path: "members/\(members[index])") }

    private func process(_ executable: String, _ arguments: [String], log: String) throws -> Started
    {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["KOINON_LIMITS_REQUESTS_PER_SECOND"] = "0"
        environment["KOINON_LIMITS_WAIT_MILLISECONDS"] = "600000"
        process.environment = environment
        let file = folder.appending(path: log)
        if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return Started(process)
    }

    func startServer(_ index: Int) throws {
        let name = AllianceFolder.serverName(index)
        let process = try process(
            "/usr/bin/env",
            (network?.wrapper(members.count + index) ?? [])
                + ["/usr/bin/etcd", "--config-file", "etcd/\(name).yaml"], log: "\(name).log")
        state.withLock { $0.servers[index] = process }
    }

    func untilHealthy() throws {
        let command = ["-c", "\(try etcdctl()) endpoint health"]
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let health = try run("/bin/bash", command)
            if health.status == 0 { return }
            guard ContinuousClock.now < deadline else {
                throw Failed(what: "etcd", output: health.output)
            }
            usleep(100_000)
        }
    }

    /// The operator's etcdctl with its options, for the shell.
    func etcdctl() throws -> String {
        let text = try String(
            contentsOf: folder.appending(path: "etcd/roles.sh"), encoding: .utf8)
        let begin = try #require(text.range(of: "ETCDCTL_API"))
        let end = try #require(text.range(of: " \"$@\""))
        return String(text[begin.lowerBound..<end.lowerBound])
    }

    /// Runs shell text in the alliance's folder.
    func shell(_ text: String) async throws -> (status: Int32, output: String) {
        try await OwnThread.run { try self.run("/bin/bash", ["-c", text]) }
    }

    func run(_ executable: String, _ arguments: [String]) throws -> (status: Int32, output: String)
    {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// Starts a member's node and waits until it answers.
    ///
    /// - Parameter wrapper: put before the command, for instance variables for `env`.
    func startNode(_ index: Int, wrapper: [String] = []) async throws {
        let url = home(index).appending(path: "node.url")
        try? FileManager.default.removeItem(at: url)
        let command =
            (network?.wrapper(index) ?? []) + wrapper + [
                BuiltCommand.koinon.path, "node", "--home", "members/\(members[index])",
            ]
        let process = try process(
            "/usr/bin/env", command, log: "\(members[index]).log")
        state.withLock { $0.nodes[index] = process }
        let deadline = ContinuousClock.now + Self.patience
        while process.process.isRunning, ContinuousClock.now < deadline {
            if FileManager.default.fileExists(atPath: url.path) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failed(what: members[index], output: log(of: members[index]))
    }

    /// The end of what a node or server has logged.
    func log(of name: String) -> String {
        let text = try? String(contentsOf: folder.appending(path: "\(name).log"), encoding: .utf8)
        return String((text ?? "").suffix(16_000))
    }

    /// Returns once a node has ended by itself.
    func untilEnded(_ index: Int) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while state.withLock({ $0.nodes[index]?.process.isRunning ?? false }) {
            try #require(
                ContinuousClock.now < deadline,
                "\(members[index]) runs on. \(log(of: members[index]))")
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    func signalNode(_ index: Int, _ signal: Int32) {
        state.withLock { $0.nodes[index] }?.signal(signal)
    }

    func signalServer(_ index: Int, _ signal: Int32) {
        state.withLock { $0.servers[index] }?.signal(signal)
    }

    /// Ends it as a loss of power does.
    func killNode(_ index: Int) async throws {
        try await end(state.withLock { $0.nodes[index].take() }, SIGKILL)
    }

    func killServer(_ index: Int) async throws {
        try await end(state.withLock { $0.servers[index].take() }, SIGKILL)
    }

    /// Asks it to stop.
    ///
    /// - Returns: its exit status.
    @discardableResult
    func stopNode(_ index: Int) async throws -> Int32 {
        try await end(state.withLock { $0.nodes[index].take() }, SIGTERM)
    }

    @discardableResult
    private func end(_ started: Started?, _ signal: Int32) async throws -> Int32 {
        guard let started else { return 0 }
        return try await OwnThread.run {
            started.signal(signal)
            // A stopped process takes no other signal.
            started.signal(SIGCONT)
            started.process.waitUntilExit()
            return started.process.terminationStatus
        }
    }

    // MARK: What the nodes say

    func client(_ index: Int) throws -> NodeClient {
        try NodeClient("http://\(nodes[index].host):\(nodes[index].port)")
    }

    /// The header of a block at every node that has it, as far as nodes run or not.
    func header(_ index: Int, at height: UInt64) throws -> BlockHeader? {
        let store = try LedgerStore(opening: home(index), readOnly: true)
        defer { try? store.close() }
        return try store.read { try $0.block(at: Height(height))?.header }
    }

    func builder(of index: Int) throws -> TransactionBuilder {
        let key = try KeyRing(home: home(index).path).key(named: members[index])
        return TransactionBuilder(
            chain: genesis.chain, sender: genesis.accountID(of: key.publicKey), key: key)
    }

    /// Ids of all transactions that a member's ledger holds, in order.
    func executed(_ index: Int) throws -> [Hash256] {
        let store = try LedgerStore(opening: home(index), readOnly: true)
        defer { try? store.close() }
        return try store.read { reader in
            try (0...reader.tip().header.height.rawValue).flatMap {
                try reader.executedTransactions(at: Height($0)).ids
            }
        }
    }
}

/// The command that was built with the tests.
enum BuiltCommand {
    static let koinon: URL = {
        let package = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let runner = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = runner.deletingLastPathComponent()
        while folder.path != "/" {
            let file = folder.appending(path: "koinon")
            if FileManager.default.isExecutableFile(atPath: file.path) { return file }
            folder.deleteLastPathComponent()
        }
        // `swift test` may start a helper of the toolchain that loads the tests.
        return [".build/release/koinon", ".build-debug/debug/koinon", ".build/debug/koinon"]
            .map { package.appending(path: $0) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
            ?? package.appending(path: ".build/debug/koinon")
    }()
}
