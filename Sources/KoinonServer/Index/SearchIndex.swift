import Foundation
import GRDB
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Logging
import ServiceLifecycle
import Synchronization

/// `index.sqlite`: everything that is found by anything but its id.
///
/// It follows the durable blocks at its own pace and is never needed to go on: it may be
/// deleted at any time, and is made again from the ledger. While it is made anew the one
/// before goes on answering.
public final class SearchIndex: Service {
    let node: Node
    private let files: IndexFiles
    private let current: Mutex<IndexDatabase>
    private let logger: Logger
    /// Text of a description by its hash, if this node has it.
    let text: @Sendable (Hash256) -> String?
    private let wishes = Mutex(Wishes())

    private struct Wishes {
        var rebuild = false
        /// Descriptions that came or went since they were looked up.
        var texts: Set<Data> = []
    }

    /// - Parameter home: the node's directory.
    /// - Throws: what SQLite says when a file can neither be used nor made anew.
    public init(
        home: URL, node: Node, logger: Logger,
        text: @escaping @Sendable (Hash256) -> String? = { _ in nil }
    ) throws {
        self.node = node
        self.logger = logger
        self.text = text
        files = IndexFiles(home: home)
        let database = try files.open(chain: node.chain)
        let tip = try node.store.read { try $0.tip().header.height.rawValue }
        if try database.height() > tip {
            // Of another life of this ledger.
            try database.pool.close()
            IndexDatabase.remove(database.path)
            current = Mutex(try files.open(chain: node.chain))
        } else {
            current = Mutex(database)
        }
    }

    var database: IndexDatabase { current.withLock { $0 } }

    /// The block up to which it finds everything.
    public func height() throws -> UInt64 { try database.height() }

    /// Makes it anew beside the present one, which answers meanwhile.
    public func requestRebuild() { wishes.withLock { $0.rebuild = true } }

    /// Whether a rebuild was asked for and is not finished.
    public var isRebuilding: Bool {
        wishes.withLock { $0.rebuild } || files.isRebuildRequested
    }

    /// A description came or went: offers with it are entered anew.
    public func textChanged(_ hash: Hash256) {
        _ = wishes.withLock { $0.texts.insert(Data(hash.bytes)) }
    }

    /// How often it looks for new blocks, and pauses between full batches.
    private static let pause = Duration.milliseconds(100)
    private static let breath = Duration.milliseconds(2)
    /// While so many events come a second it looks less often: rows of many blocks that are
    /// written at once share their pages.
    private static let livelyRate = 1_000.0
    private static let livelyPause = Duration.seconds(1)

    /// Follows the ledger until a graceful shutdown or cancellation.
    ///
    /// A fault of its file ends nothing but itself: the file is begun anew.
    public func run() async {
        await cancelWhenGracefulShutdown {
            var faults = 0
            while !Task.isCancelled {
                do {
                    try await self.follow()
                    faults = 0
                } catch is CancellationError {
                    return
                } catch {
                    faults += 1
                    self.logger.error(
                        "the index met a fault", metadata: ["error": "\(error)"])
                    if faults == 3 { self.requestRebuild() }
                    try? await Task.sleep(for: .seconds(min(faults, 30)))
                }
            }
        }
    }

    private func follow() async throws {
        var looked = ContinuousClock.now
        while !Task.isCancelled {
            if isRebuilding { try await rebuild() }
            let follower = IndexFollower(node: node, text: text)
            let texts = wishes.withLock { wishes in
                defer { wishes.texts = [] }
                return wishes.texts
            }
            if !texts.isEmpty { try await follower.rewrite(descriptions: texts, in: database) }
            let step = try await follower.step(database)
            let now = ContinuousClock.now
            let rate = Double(step.weight) / (looked.duration(to: now) / .seconds(1))
            looked = now
            let pause = rate < Self.livelyRate ? Self.pause : Self.livelyPause
            try await Task.sleep(for: step.isMore ? Self.breath : pause)
        }
    }

    /// Fills a new file up to the ledger's end, then puts it in the place of the old one.
    private func rebuild() async throws {
        let before = database
        let next = try files.begin(besides: before, chain: node.chain)
        logger.notice("making the index anew")
        let follower = IndexFollower(node: node, text: text)
        while try await follower.step(next).isMore { try await Task.sleep(for: Self.breath) }
        try next.markComplete()
        current.withLock { $0 = next }
        wishes.withLock { $0.rebuild = false }
        files.finish(replacing: before)
        let height = try next.height()
        logger.notice("the index is new", metadata: ["height": "\(height)"])
    }

    /// Brings it up to the ledger's end; for those who do not run it as a service.
    func catchUp() async throws {
        let follower = IndexFollower(node: node, text: text)
        if isRebuilding { try await rebuild() }
        while try await follower.step(database).isMore {}
    }
}
