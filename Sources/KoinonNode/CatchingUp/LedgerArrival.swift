import Foundation
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging

/// Brings a home's ledger to where the alliance is, before a node runs on it: from a snapshot
/// when it is empty and a peer has one, then by blocks.
public struct LedgerArrival: Sendable {
    /// How it goes, for people.
    public enum Step: Sendable {
        case fetching(bytes: UInt64, of: UInt64)
        case loading(Height)
        case blocks(Height, of: Height)
    }

    /// What it came to.
    public struct Report: Sendable {
        /// The snapshot's block, when one was used.
        public var snapshot: Height?
        public var fetchedBytes: UInt64 = 0
        public var snapshotSeconds = 0.0
        public var catchUp: CatchUpReport
    }

    private let home: NodeHome
    private let peers: [any Peer]
    private let logger: Logger
    /// A peer's final block so far ahead is worth a snapshot.
    public var worthSnapshot: UInt64 = 1_000
    var patience = Patience.Limits()

    public init(home: NodeHome, peers: [any Peer], logger: Logger) {
        self.home = home
        self.peers = peers
        self.logger = logger
    }

    /// - Throws: ``CatchUpFault``, ``SnapshotFault``, ``PeerFault``, `HomeFault`, the store's
    ///   fault, `CancellationError`. Started again, it goes on where it was.
    public func run(progress: (Step) -> Void = { _ in }) async throws -> Report {
        try Ed25519.selfTest()
        let genesis = try home.genesis()
        let start = ContinuousClock.now
        let loaded = try await loadSnapshot(genesis, progress)
        let snapshotTime = start.duration(to: .now)
        let store = try Resumption.openStore(
            home: home, genesis: genesis, options: StoreOptions())
        do {
            let replica: SharedReplica
            if let known = loaded?.replica {
                replica = known
            } else {
                replica = SharedReplica(try store.resumeReplica())
            }
            var catchUp = CatchUp(store: store, replica: replica, peers: peers, logger: logger)
            catchUp.patience = patience
            let report = try await catchUp.run { progress(.blocks($0, of: $1)) }
            guard report.answering > 0 || peers.isEmpty || report.blocks.blocks > 0 else {
                throw CatchUpFault.nobodyHas(report.to.next, faults: report.faults)
            }
            try store.close()
            return Report(
                snapshot: loaded?.height, fetchedBytes: loaded?.bytes ?? 0,
                snapshotSeconds: loaded == nil ? 0 : snapshotTime.inSeconds, catchUp: report)
        } catch {
            // The fault that it met says more than one of closing.
            try? store.close()
            throw error
        }
    }

    /// How many final blocks a peer has beyond the ledger's last one; 0 when none answers.
    ///
    /// - Throws: the store's fault.
    public func distance() async throws -> UInt64 {
        let own = try ownHeight()
        var furthest: UInt64 = 0
        for peer in peers {
            // Those that do not answer are named when blocks are asked for.
            if let status = try? await peer.status() {
                furthest = max(furthest, status.finalHeight.rawValue)
            }
        }
        return furthest - min(furthest, own.rawValue)
    }

    private struct Loaded {
        var height: Height
        var bytes: UInt64
        var replica: SharedReplica
    }

    private func loadSnapshot(
        _ genesis: GenesisDocument, _ progress: (Step) -> Void
    ) async throws -> Loaded? {
        guard try ownHeight() == .genesis, try await distance() >= worthSnapshot else { return nil }
        let folder = SnapshotFolder(home: home)
        var fetch = SnapshotFetch(folder: folder, genesis: genesis, peers: peers, logger: logger)
        fetch.patience = patience
        guard
            let fetched = try await fetch.run(progress: { progress(.fetching(bytes: $0, of: $1)) })
        else { return nil }
        let height = fetched.manifest.header.height
        progress(.loading(height))
        let replica: SharedReplica
        do {
            replica = try await SnapshotLoading(
                manifest: fetched.manifest, folder: fetched.folder
            ).run(into: home.directory, genesis: genesis)
        } catch let fault as SnapshotFault {
            // Worth nothing to the next start either.
            try FileManager.default.removeItem(at: fetched.folder)
            throw fault
        }
        try FileManager.default.removeItem(at: fetched.folder)
        return Loaded(height: height, bytes: fetched.manifest.bytes, replica: replica)
    }

    /// The last block of the home's ledger; 0 also when there is none.
    private func ownHeight() throws -> Height {
        do {
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            let height = try store.read { try $0.tip().header.height }
            try store.close()
            return height
        } catch StoreFault.noLedger {
            return .genesis
        }
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
