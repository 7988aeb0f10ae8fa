import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging
import ServiceLifecycle

/// Makes snapshots and gives up old blocks while a node runs, as its settings say.
public struct Housekeeping: Service {
    public struct Rules: Sendable, Equatable {
        /// A snapshot is made when the last one is so many blocks old; 0: never.
        public var snapshotEvery = 0
        /// The newest ones that are kept.
        public var snapshotsKept = 2
        /// The last blocks that are kept; 0 keeps all.
        public var keepBlocks = 0

        public init() {}
    }

    private let node: Node
    private let folder: SnapshotFolder
    private let rules: Rules
    private let logger: Logger
    private let pause: Duration

    /// Blocks are given up when there are so many.
    private static let pruneStep: UInt64 = 256

    /// - Parameter pause: between two looks at the chain.
    public init(
        node: Node, folder: SnapshotFolder, rules: Rules, pause: Duration = .seconds(2),
        logger: Logger
    ) {
        self.node = node
        self.folder = folder
        self.rules = rules
        self.pause = pause
        self.logger = logger
    }

    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            var seen = node.progress.current
            do {
                while true {
                    try await tend()
                    guard let next = try await node.progress.next(after: seen) else { return }
                    seen = next
                    try await Task.sleep(for: pause)
                }
            } catch is CancellationError {}
        }
    }

    /// Does what is due now. What fails is logged, and tried again at the next look.
    func tend() async throws {
        do {
            try await makeSnapshot()
            try await prune()
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.error("housekeeping failed", metadata: ["error": "\(error)"])
        }
    }

    private func makeSnapshot() async throws {
        guard rules.snapshotEvery > 0 else { return }
        let newest = try folder.heights().first?.rawValue ?? 0
        guard node.finalHeight.rawValue >= newest + UInt64(rules.snapshotEvery) else { return }
        let height = try await folder.make(of: node.store, genesis: node.genesis)
        logger.info("a snapshot was made", metadata: ["height": "\(height)"])
        for old in try folder.heights().dropFirst(max(1, rules.snapshotsKept)) {
            try folder.remove(at: old)
        }
    }

    private func prune() async throws {
        guard rules.keepBlocks > 0 else { return }
        let (store, genesis) = (node.store, node.genesis)
        let base = try store.read { try $0.baseHeight() }
        guard
            let height = try Pruning.highest(
                in: store, keeping: UInt64(rules.keepBlocks), finalHeight: node.finalHeight),
            height.rawValue >= base.rawValue + Self.pruneStep
        else { return }
        try await OwnThread.run { try Pruning.run(store, genesis: genesis, through: height) }
        logger.info("old blocks were given up", metadata: ["through": "\(height)"])
    }
}
