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
    private let conditions: EtcdConditions
    private let values = WatchedValues()
    private let news = Signal()
    private let logger: Logger
    /// Nil where etcd is spoken to without TLS.
    private let certificates: CertificateKeeper?
    private let keeping: Task<Void, Never>?
    private let stopped = Atomic(false)
    private let watching = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - folder: where relative file names of the address begin, a node's home.
    ///   - epoch: whose log it reads and writes.
    ///   - authors: the members whose entries this process appends and, once trimmed, deletes.
    ///   - pause: between two looks at the files of the certificate; nil for 10 seconds. Those of
    ///     the servers are looked at more rarely in proportion.
    /// - Throws: `HomeFault` when the address or a file of it cannot be used. Whether a server
    ///   answers shows later.
    public init(
        _ address: EtcdAddress, folder: URL, chain: ChainID, epoch: UInt64, authors: [MemberID],
        lookingAtCertificateEvery pause: Duration? = nil, logger: Logger
    ) throws {
        let watched = WatchedFiles(EtcdCredentials.paths(of: address, in: folder))
        let credentials = try EtcdCredentials(of: address, in: folder)
        client = try EtcdClient(address, credentials: credentials)
        keys = EntryKeys(chain: chain, epoch: epoch)
        conditions = EtcdConditions(keys: keys)
        self.authors = authors
        self.logger = logger
        appender = Appender(
            client: client, keys: keys, values: values, conditions: conditions, news: news,
            logger: logger)
        var probe = EtcdRangeRequest()
        probe.key = Data(keys.marks)
        certificates = credentials.map { [client, conditions] in
            CertificateKeeper(
                client: client, address: address, folder: folder, watched: watched, used: $0,
                probe: probe, conditions: conditions, logger: logger)
        }
        keeping = certificates.map { keeper in
            Task { await keeper.run(every: pause ?? CertificateKeeper.pause) }
        }
        certificates?.warn(at: Date())
    }

    deinit {
        keeping?.cancel()
        watching.withLock { $0?.cancel() }
        client.close()
    }

    public func append(_ entries: [SignedEntry]) -> PendingAppend { appender.append(entries) }

    public func entries(
        after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
    ) -> EtcdEntries {
        let watcher = Watcher(
            client: client, keys: keys, authors: authors, values: values, news: news,
            logger: logger)
        watching.withLock { watching in
            watching?.cancel()
            watching = Task { await watcher.run(from: position?.rawValue) }
        }
        return EtcdEntries(
            position: position, settled: settled, lister: Lister(client: client, keys: keys),
            values: values,
            news: news, conditions: conditions,
            isStopped: { [weak self] in self?.stopped.load(ordering: .acquiring) ?? true },
            logger: logger)
    }

    /// Nothing to do: etcd keeps what it has until it is trimmed.
    public func stored(through position: OrderPosition) {}

    public func stop(_ error: any Error) {
        appender.stop(error)
        stopped.store(true, ordering: .releasing)
        keeping?.cancel()
        watching.withLock { $0?.cancel() }
        news.wake()
    }

    /// - Throws: ``EtcdFault``
    public func mark(_ height: Height, among members: [MemberID]) async throws -> Height {
        certificates?.warn(at: Date())
        return try await reporting { try await $0.mark(height, among: members) }
    }

    /// - Throws: ``EtcdFault``
    public func trim(before position: OrderPosition) async throws {
        try await reporting { try await $0.delete(before: position.rawValue) }
    }

    private func reporting<Result>(
        _ body: (Trimming) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(
                Trimming(client: client, keys: keys, authors: authors.map(\.rawValue)))
            conditions.clear(.trimming)
            return result
        } catch {
            conditions.set(.trimming, "\(error)")
            throw error
        }
    }

    /// Nothing to do: authors are found by their keys. A new member needs a role of its own,
    /// which the operator of etcd gives.
    public func membersChanged(to members: [MemberID]) async throws {}

    public var report: EngineReport {
        var report = conditions.report
        report.certificates = certificates?.certificates ?? []
        return report
    }
}
