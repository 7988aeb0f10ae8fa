import Foundation
import KoinonEtcd
import KoinonNode
import KoinonProtocol
import KoinonServer
import Logging
import ServiceLifecycle

/// A home's node with all that serves it, and the file in the home that tells commands where it
/// answers.
struct ServedHome {
    let node: Node
    private let services: [any Service]
    private let file: URL
    private let logger: Logger

    /// - Parameter name: the home as the user calls it.
    /// - Throws: what is wrong with the home, its ledger, or the certificate.
    init(_ home: NodeHome, settings: NodeSettings, name: String) throws {
        let logger = settings.logger
        self.logger = logger
        let node = try Node(
            home: home, engine: try Self.engine(of: home, logger: logger),
            clock: try Self.clock(of: home), pool: settings.pool,
            retention: settings.retention, logger: logger)
        self.node = node
        try Self.check(node, try home.configuration())
        logger.debug("memory", metadata: ["allocator": "jemalloc \(Allocator.version)"])
        let file = home.addressFile
        self.file = file
        var configuration = settings.server
        configuration.homePath = home.directory.path
        var context = ServerContext(node: node, configuration: configuration, logger: logger)
        context.snapshots = SnapshotFolder(home: home)
        let index = try context.open(home.directory)
        context.joining = try Joining(settings.server.join, keys: home.keyRing, node: node)
        let scheme = settings.server.tls == nil ? "http" : "https"
        let host = Self.reachable(settings.server.host)
        let http = try HTTPService(context) { port in
            let address = "\(scheme)://\(host):\(port)"
            do { try Data((address + "\n").utf8).write(to: file, options: .atomic) } catch {
                logger.error(
                    "commands will not find this node by its home",
                    metadata: ["file": "\(file.path)", "error": "\(error)"])
            }
            // At once, for whoever waits for the node behind a pipe, and behind what was printed.
            fflush(nil)
            FileHandle.standardOutput.write(Data(Self.greeting(node, address, name).utf8))
        }
        // Stopped from the last to the first: no requests, then no index, then no node.
        let housekeeping = Housekeeping(
            node: node, folder: SnapshotFolder(home: home), rules: settings.housekeeping,
            logger: logger)
        services = [node, index, housekeeping, http]
    }

    /// Serves until Control-C, SIGTERM or a fault; then finishes what is under way.
    func run() async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        // A client that never finishes its request does not keep the node for ever.
        configuration.maximumGracefulShutdownDuration = .seconds(60)
        defer { forget() }
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            // What ended the node says more than a fault of closing.
            try? node.store.close()
            throw Self.told(error)
        }
        try node.store.close()
        print("stopped at block \(node.replica.read { $0.header.height })")
    }

    /// Nobody answers there any more.
    private func forget() {
        do { try FileManager.default.removeItem(at: file) } catch {
            // It was never written, or somebody took it away.
        }
    }

    /// The most likely faults of all, in words: it cannot listen where it should.
    private static func told(_ error: any Error) -> any Error {
        let text = "\(error)"
        let isUnknown = text.hasPrefix("SocketAddressError.UnknownHost")
        guard text.contains("bind") || isUnknown else { return error }
        if isUnknown || text.contains("errno: \(EADDRNOTAVAIL)") {
            return HomeFault(
                "http.host: no address of this machine (\(text)); choose another with --host, 127.0.0.1 for this machine alone, 0.0.0.0 for all that reach it"
            )
        }
        if text.contains("errno: \(EADDRINUSE)") {
            return HomeFault(
                "http.port: somebody else listens there (\(text)); stop that, or choose another with --port, 0 for a free one"
            )
        }
        if text.contains("errno: \(EACCES)") {
            return HomeFault(
                "http.port: not for this user (\(text)); choose one from 1024 on with --port")
        }
        return error
    }

    /// What node.json names; nil for order within this process.
    private static func engine(of home: NodeHome, logger: Logger) throws -> (any OrderingEngine)? {
        switch try home.configuration().engine {
        case .etcd(let address):
            try EtcdEngine(
                address, folder: home.directory, chain: home.genesis().chain, epoch: home.epoch(),
                authors: home.hostedMembers().map(\.id), logger: logger)
        case nil: nil
        }
    }

    /// A home that joined others, and was told nothing of what orders for all of them, would order
    /// by itself and sign blocks that nobody else has.
    private static func check(_ node: Node, _ configuration: NodeConfiguration) throws {
        guard configuration.engine == nil, configuration.peers?.isEmpty == false,
            !node.hostsAllMembers
        else { return }
        throw HomeFault(
            "node.json: it names peers and no engine, and not all members are hosted here: write the engine as other members' node.json have it (docs/operate.md, \"One more member\"), or leave peers out if nobody else orders"
        )
    }

    private static func clock(of home: NodeHome) throws -> any NodeClock {
        switch try home.configuration().clock {
        case .system: return SystemClock()
        case .afterLastBlock: return ShiftedClock(startingAt: try home.lastBlockTime())
        }
    }

    /// What a client on this machine calls an address that means all of them.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "[::1]"
        default: host.contains(":") ? "[\(host)]" : host
        }
    }

    private static func greeting(_ node: Node, _ address: String, _ home: String) -> String {
        let hosted = node.hostedIDs.map(\.rawValue).joined(separator: ", ")
        let height = node.replica.read { $0.header.height }
        let holds = node.hostsAllMembers ? ": this operator holds all their keys" : ""
        return """
            \(node.genesis.genesis.name): block \(height), final up to \(node.finalHeight)
              hosts    \(hosted)\(holds)
              answers  \(address) (koinon send --home \(home)); stop with Control-C

            """
    }
}
