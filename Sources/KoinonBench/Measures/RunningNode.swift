import Foundation
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore
import Logging

/// A node at work in this process.
struct RunningNode {
    let node: Node
    private let running: Task<Void, any Error>

    init(_ home: NodeHome, pool: Pool = Pool()) throws {
        var logger = Logger(label: "koinon.bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let node = try Node(home: home, pool: pool, logger: logger)
        self.node = node
        running = Task { try await node.run() }
    }

    /// Ends the node once everything is durable.
    func stop() async throws {
        node.stop()
        try await running.value
        try node.store.close()
    }
}
