import ArgumentParser
import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Logging
import ServiceLifecycle

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Run the node of a home: order, execute, store and sign.",
        discussion: """
            Takes transactions from `koinon send` until stopped with Control-C or SIGTERM, and
            then finishes what it has accepted. Nothing is acknowledged before it is on disk.

              koinon node --home koinon-home
            """)

    @OptionGroup var homeOption: HomeOption

    func run() async throws {
        try await ExitStatus.reporting {
            var logger = Logger(label: "koinon") { StreamLogHandler.standardError(label: $0) }
            logger.logLevel = .info
            let home = homeOption.nodeHome
            let node = try Node(home: home, clock: try Self.clock(of: home), logger: logger)
            let desk = try LocalDesk(node: node, home: home, logger: logger)
            let hosted = node.hosted.map(\.id.rawValue).joined(separator: ", ")
            let height = node.replica.read { $0.header.height }
            // At once, for whoever waits for the node behind a pipe.
            FileHandle.standardOutput.write(
                Data(
                    """
                    \(node.genesis.genesis.name): block \(height), final up to \(node.finalHeight)
                      hosts    \(hosted): this operator holds all their keys
                      takes transactions through \(homeOption.home)/node.sock (koinon send); stop with Control-C

                    """.utf8))
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(service: node),
                        .init(
                            service: desk, successTerminationBehavior: .gracefullyShutdownGroup),
                    ],
                    gracefulShutdownSignals: [.sigint, .sigterm], logger: logger))
            try await group.run()
            try node.store.close()
            print("stopped at block \(node.replica.read { $0.header.height })")
        }
    }

    private static func clock(of home: NodeHome) throws -> any NodeClock {
        switch try home.configuration().clock {
        case .system: return SystemClock()
        case .afterLastBlock: return ShiftedClock(startingAt: try home.lastBlockTime())
        }
    }
}

/// Answers `koinon send` on the home's socket.
struct LocalDesk: Service {
    private let node: Node
    private let server: LocalSocketServer

    init(node: Node, home: NodeHome, logger: Logger) throws {
        self.node = node
        server = try LocalSocketServer(home: home.directory.path, logger: logger)
    }

    func run() async throws {
        try await server.serve { [node] request in await Self.answer(request, node) }
    }

    private static func answer(_ request: LocalRequest, _ node: Node) async -> LocalResponse {
        switch request {
        case .status:
            let header = node.replica.read { $0.header }
            return .status(
                LocalStatus(
                    chain: node.chain, allianceName: node.genesis.genesis.name,
                    height: header.height, finalHeight: node.finalHeight, time: header.time,
                    now: node.now,
                    hostedMembers: node.hosted.map(\.id)))
        case .submit(let envelopes, let waits):
            let statuses = await node.submit(envelopes, waits: waits)
            return .submitted(
                zip(envelopes, statuses).map { LocalSubmission($0.bodyHash, $1) })
        }
    }
}

extension LocalSubmission {
    init(_ id: Hash256, _ status: Node.SubmissionStatus) {
        switch status {
        case .refused(let refusal):
            self.init(id: id, outcome: .refused, reason: refusal.code, message: "\(refusal)")
        case .pending: self.init(id: id, outcome: .pending)
        case .unknown: self.init(id: id, outcome: .unknown)
        case .settled(_, .executed(let height, _, let receipt)):
            guard receipt.code != 0 else {
                self.init(id: id, outcome: .done, height: height)
                return
            }
            let meaning = Modules.rejectionMeanings[receipt.code]
            self.init(
                id: id, outcome: .rejected, height: height, reason: meaning?.name,
                message: ReceiptText.rejection(receipt))
        case .settled(_, .ignored(let height, let reason)):
            self.init(
                id: id, outcome: .ignored, height: height, reason: reason.rawValue,
                message: reason.remedy)
        case .settled(_, .expired):
            self.init(
                id: id, outcome: .ignored, reason: IgnoredReason.expired.rawValue,
                message: IgnoredReason.expired.remedy)
        }
    }
}
