import Foundation
import KoinonNode
import KoinonStore
import Logging

/// What the routes work with; one for the whole process.
public struct ServerContext: Sendable {
    public let node: Node
    public let configuration: ServerConfiguration
    public let metrics: ServerMetrics
    public let logger: Logger
    /// Finds things by anything but their ids; nil: lists and searches are not answered.
    public var index: SearchIndex?
    /// Descriptions and pictures; nil: none are kept.
    public var content: ContentStore?
    /// Gets content from other nodes; nil: only what is here is given out.
    public var contentFetcher: ContentFetcher?
    /// Snapshots for nodes that join; nil: none are kept.
    public var snapshots: SnapshotFolder?
    /// Opens accounts by request; nil: nobody joins through this node.
    public var joining: Joining?
    /// In use; nil without TLS.
    var certificates: Certificates?
    /// For bodies of requests on their way in.
    let bodies: BodyMemory

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
        bodies = BodyMemory(bytes: configuration.limits.bodiesBytes)
    }
}

extension ServerContext {
    /// Free on the disk of the home; nil where the system does not tell.
    var freeDiskBytes: UInt64? {
        let attributes = try? FileManager.default.attributesOfFileSystem(
            forPath: configuration.homePath)
        return attributes?[.systemFreeSize] as? UInt64
    }
}
