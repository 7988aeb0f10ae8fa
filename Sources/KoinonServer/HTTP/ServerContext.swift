import KoinonNode
import KoinonStore
import Logging

/// What the routes work with; one for the whole process.
public struct ServerContext: Sendable {
    public let node: Node
    public let configuration: ServerConfiguration
    public let metrics: ServerMetrics
    public let logger: Logger

    public var store: LedgerStore { node.store }
    public var replica: SharedReplica { node.replica }

    public init(
        node: Node, configuration: ServerConfiguration = ServerConfiguration(),
        metrics: ServerMetrics = ServerMetrics(), logger: Logger
    ) {
        self.node = node
        self.configuration = configuration
        self.metrics = metrics
        self.logger = logger
    }
}
