import Foundation
import KoinonLedger
import KoinonNode
import KoinonProtocol
import Logging
import Synchronization

/// Order from etcd: an entry's place is the revision that created its key.
///
/// Everything that is read comes from ranges at one revision, which etcd answers for a
/// majority of its servers; a watch only says when to look. Entries are put one of each
/// author at a time, and only where there is nothing, so repeating is harmless.
///
/// What etcd may do wrong changes at most who is delayed: a watch that ends, repeats itself
/// or stays silent, compacted history, a server that is behind. A lost or deleted entry is
/// noticed by the gap in its author's sequence, asked for at the other servers, and reported.
public final class EtcdEngine: OrderingEngine {
    let client: EtcdClient
    private let keys: EntryKeys
    private let authors: [MemberID]
    private let appender: Appender
    private let conditions = EtcdConditions()
    private let values = WatchedValues()
    private let news = Signal()
    private let logger: Logger
    private let address: EtcdAddress
    private let folder: URL
    private let stopped = Atomic(false)
    private let watching = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - folder: where relative file names of the address begin, a node's home.
    ///   - authors: the members whose entries this process appends and, once trimmed, deletes.
    /// - Throws: `HomeFault` when the address or a file of it cannot be used. Whether a server
    ///   answers shows later.
    public init(
        _ address: EtcdAddress, folder: URL, chain: ChainID, authors: [MemberID], logger: Logger
    ) throws {
        client = try EtcdClient(address, folder: folder)
        keys = EntryKeys(chain: chain)
        self.authors = authors
        self.logger = logger
        self.address = address
        self.folder = folder
        appender = Appender(
            client: client, keys: keys, conditions: conditions, news: news, logger: logger)
        checkCertificate()
    }

    deinit {
        watching.withLock { $0?.cancel() }
        client.close()
    }

    public func append(_ entries: [SignedEntry]) -> PendingAppend { appender.append(entries) }

    public func entries(after cursor: OrderCursor) -> EtcdEntries {
        let watcher = Watcher(
            client: client, keys: keys, values: values, news: news, logger: logger)
        watching.withLock { watching in
            watching?.cancel()
            watching = Task { await watcher.run(from: cursor.position.rawValue) }
        }
        return EtcdEntries(
            cursor: cursor, lister: Lister(client: client, keys: keys), values: values,
            news: news, conditions: conditions,
            isStopped: { [weak self] in self?.stopped.load(ordering: .acquiring) ?? true },
            logger: logger)
    }

    /// Nothing to do: etcd keeps what it has until it is trimmed.
    public func stored(through position: OrderPosition) {}

    public func stop(_ error: any Error) {
        appender.stop(error)
        stopped.store(true, ordering: .releasing)
        watching.withLock { $0?.cancel() }
        news.wake()
    }

    /// - Throws: ``EtcdFault``
    public func trim(through position: OrderPosition) async throws {
        checkCertificate()
        do {
            try await Trimming(client: client, keys: keys, authors: authors.map(\.rawValue))
                .trim(through: position.rawValue)
            conditions.clear(.trimming)
        } catch {
            conditions.set(.trimming, "\(error)")
            throw error
        }
    }

    /// Nothing to do: authors are found by their keys. A new member needs a role of its own,
    /// which the operator of etcd gives.
    public func membersChanged(to members: [MemberID]) async throws {}

    public var report: EngineReport { conditions.report }

    private func checkCertificate() {
        guard let text = EtcdCredentials.warning(of: address, in: folder, at: Date()) else {
            return conditions.clear(.certificate)
        }
        conditions.set(.certificate, text)
        logger.warning("certificate", metadata: ["reason": "\(text)"])
    }
}
