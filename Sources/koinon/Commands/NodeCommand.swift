import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonServer
import Logging
import ServiceLifecycle

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run the node of a home: order, execute, store, sign and serve.",
        discussion: """
            Answers by HTTP, for `koinon send`, programs and browsers, until stopped with
            Control-C or SIGTERM, and then finishes what it has accepted. Nothing is
            acknowledged before it is on disk.

              koinon node --home koinon-home
              koinon node --home koinon-home --port 0 --check-config

            Settings come from flags, then variables (KOINON_HTTP_PORT), then a file:
            server.yaml or server.json in the home, or --config. docs/configuration.md
            describes them.
            """)

    @OptionGroup var homeOption: HomeOption
    @Option(name: .long, help: "A file with settings, in YAML or JSON.") var config: String?
    @Option(name: .long, help: "The address to listen at.") var host: String?
    @Option(name: .long, help: "The port to listen at; 0 takes a free one.") var port: String?
    @Option(name: .long, help: "What to log: trace, debug, info, notice, warning or error.")
    var logLevel: String?
    @Flag(name: .long, help: "Check all settings, print them, and run nothing.")
    var checkConfig = false

    func run() async throws {
        try await ExitStatus.reporting {
            let settings = try await readSettings()
            if checkConfig { return }
            try await run(settings)
        }
    }

    /// - Throws: `ExitStatus.fault` after each fault's message.
    private func readSettings() async throws -> NodeSettings {
        var flags: [String: String] = [:]
        flags["http.host"] = host
        flags["http.port"] = port
        flags["log.level"] = logLevel
        let reader = await SettingsReader(
            flags: flags, environment: ProcessInfo.processInfo.environment, file: config,
            home: homeOption.nodeHome.directory)
        for fault in reader.faults { Terminal.writeError("koinon: \(fault)\n") }
        guard reader.faults.isEmpty else { throw ExitStatus.fault }
        if checkConfig {
            print(
                Text.table(
                    Setting.all.map {
                        [$0.key, $0.show(reader.settings), reader.origins[$0.key] ?? "as it comes"]
                    }))
        }
        return reader.settings
    }

    private func run(_ settings: NodeSettings) async throws {
        let logger = settings.logger
        let home = homeOption.nodeHome
        let node = try Node(
            home: home, clock: try Self.clock(of: home), pool: settings.pool, logger: logger)
        logger.debug("memory", metadata: ["allocator": "jemalloc \(Allocator.version)"])
        let served = try ServedHome(
            node: node, home: home, settings: settings, name: homeOption.home, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: node),
                .init(
                    service: served.service, successTerminationBehavior: .gracefullyShutdownGroup),
            ],
            gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        // A client that never finishes its request does not keep the node for ever.
        configuration.maximumGracefulShutdownDuration = .seconds(60)
        defer { served.forget() }
        try await ServiceGroup(configuration: configuration).run()
        try node.store.close()
        print("stopped at block \(node.replica.read { $0.header.height })")
    }

    private static func clock(of home: NodeHome) throws -> any NodeClock {
        switch try home.configuration().clock {
        case .system: return SystemClock()
        case .afterLastBlock: return ShiftedClock(startingAt: try home.lastBlockTime())
        }
    }
}

/// A node's HTTP service, and the file in its home that tells commands where it answers.
struct ServedHome {
    let service: HTTPService
    private let file: URL

    init(
        node: Node, home: NodeHome, settings: NodeSettings, name: String, logger: Logger
    ) throws {
        let file = home.addressFile
        self.file = file
        let context = ServerContext(
            node: node, configuration: settings.server, logger: logger)
        let scheme = settings.server.tls == nil ? "http" : "https"
        let host = Self.reachable(settings.server.host)
        service = try HTTPService(context) { port in
            let address = "\(scheme)://\(host):\(port)"
            do { try Data((address + "\n").utf8).write(to: file, options: .atomic) } catch {
                logger.error(
                    "commands will not find this node by its home",
                    metadata: ["file": "\(file.path)", "error": "\(error)"])
            }
            // At once, for whoever waits for the node behind a pipe.
            FileHandle.standardOutput.write(Data(Self.greeting(node, address, name).utf8))
        }
    }

    /// Nobody answers there any more.
    func forget() {
        do { try FileManager.default.removeItem(at: file) } catch {
            // It was never written, or somebody took it away.
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
        let hosted = node.hosted.map(\.id.rawValue).joined(separator: ", ")
        let height = node.replica.read { $0.header.height }
        return """
            \(node.genesis.genesis.name): block \(height), final up to \(node.finalHeight)
              hosts    \(hosted): this operator holds all their keys
              answers  \(address) (koinon send --home \(home)); stop with Control-C

            """
    }
}
