import ArgumentParser
import Foundation
import KoinonEtcd
import KoinonNode

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
    @Option(
        name: .long, help: "What to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Flag(name: .long, help: "Check all settings, print them, and run nothing.")
    var checkConfig = false

    func run() async throws {
        try await ExitStatus.reporting {
            let settings = try await readSettings()
            if checkConfig { return }
            try await Arriving.run(homeOption.nodeHome, logger: settings.logger)
            try await serve(settings)
        }
    }

    /// Serves; blocks that have to come from peers first are taken from them, and so is what the
    /// engine does not show any more to a member that was expelled while its node was away.
    private func serve(_ settings: NodeSettings) async throws {
        let home = homeOption.nodeHome
        var hasAskedPeers = false
        while true {
            do {
                return try await ServedHome(
                    home, settings: settings, name: homeOption.home
                ).run()
            } catch let fault as OrderFault where fault.needsBlocks {
                guard try home.configuration().peers?.isEmpty == false else { throw fault }
                settings.logger.warning("\(fault)")
                try await Arriving.run(home, isNeeded: true, logger: settings.logger)
            } catch let fault as EtcdFault {
                guard case .denied = fault, !hasAskedPeers else { throw fault }
                hasAskedPeers = true
                do {
                    try await Arriving.run(home, isNeeded: true, logger: settings.logger)
                } catch {
                    settings.logger.error(
                        "peers do not say either", metadata: ["reason": "\(error)"])
                    throw fault
                }
            }
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
        for warning in reader.warnings { Terminal.writeError("koinon: warning: \(warning)\n") }
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
}
