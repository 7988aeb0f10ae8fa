import Foundation
import KoinonLedger
import KoinonProtocol
import Logging

/// Fetches a snapshot from peers, chunk by chunk; what is there already is kept, so that an
/// interruption costs one chunk.
public struct SnapshotFetch: Sendable {
    private let folder: SnapshotFolder
    private let genesis: GenesisDocument
    private let peers: [any Peer]
    private let logger: Logger
    var patience = Patience.Limits()

    /// Chunks on their way at the same time.
    private static let underWay = 4

    public init(
        folder: SnapshotFolder, genesis: GenesisDocument, peers: [any Peer], logger: Logger
    ) {
        self.folder = folder
        self.genesis = genesis
        self.peers = peers
        self.logger = logger
    }

    /// What was fetched.
    public struct Fetched: Sendable {
        public var manifest: SnapshotManifest
        /// Holds the chunks, each as the manifest names it.
        public var folder: URL
        public var faults: [PeerFault]
    }

    private struct Offer {
        var peer: any Peer
        var manifest: SnapshotManifest
        var bytes: [UInt8]
    }

    /// Fetches the highest snapshot that any peer has and proves.
    ///
    /// - Parameter progress: called with the bytes that are there, and those of all chunks.
    /// - Returns: nil when no peer has one.
    /// - Throws: ``SnapshotFault`` or ``PeerFault`` when none can be had whole; what the disk
    ///   says; `CancellationError`.
    public func run(
        progress: (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
    ) async throws -> Fetched? {
        var faults: [PeerFault] = []
        let offers = try await offers(&faults)
        for offer in offers {
            let target = folder.url.appending(
                path: "fetching-\(offer.manifest.header.height)", directoryHint: .isDirectory)
            do {
                try prepare(target, for: offer)
                try await fetch(offer, into: target, progress)
                return Fetched(manifest: offer.manifest, folder: target, faults: faults)
            } catch let fault as PeerFault {
                logger.warning("a snapshot cannot be had", metadata: ["fault": "\(fault)"])
                faults.append(fault)
            }
        }
        if let last = faults.last, !offers.isEmpty { throw last }
        for fault in faults {
            logger.warning("a peer has no snapshot", metadata: ["fault": "\(fault)"])
        }
        return nil
    }

    /// The peers' newest snapshots, the highest first; one that is begun comes before all
    /// others, while a peer still has it.
    private func offers(_ faults: inout [PeerFault]) async throws -> [Offer] {
        var offers: [Offer] = []
        let begun = begunHeights()
        for peer in peers {
            do {
                let heights = try await peer.snapshots()
                guard let height = heights.first(where: begun.contains) ?? heights.max() else {
                    continue
                }
                let bytes = try await bytes(
                    of: peer, atMost: SnapshotManifest.bytesMaximum
                ) { try await peer.manifest(at: height) }
                let manifest = try SnapshotManifest(encoded: bytes)
                try manifest.check(genesis: genesis)
                offers.append(Offer(peer: peer, manifest: manifest, bytes: bytes))
            } catch let fault as SnapshotFault {
                faults.append(PeerFault(peer: peer.name, kind: .forged("\(fault)")))
            } catch {
                guard let fault = PeerFault.fault(of: peer.name, error) as? PeerFault else {
                    throw error
                }
                faults.append(fault)
            }
        }
        return offers.sorted { one, other in
            let (a, b) = (one.manifest.header.height, other.manifest.header.height)
            let (x, y) = (begun.contains(a), begun.contains(b))
            return x == y ? a > b : x
        }
    }

    private func begunHeights() -> Set<Height> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? []
        return Set(
            names.filter { $0.hasPrefix("fetching-") }
                .compactMap { UInt64($0.dropFirst("fetching-".count)) }.map { Height($0) })
    }

    /// Keeps what was fetched of the same snapshot before.
    private func prepare(_ target: URL, for offer: Offer) throws {
        let file = target.appending(path: SnapshotFolder.manifestName)
        if FileManager.default.fileExists(atPath: file.path) {
            let known = try? SnapshotManifest(encoded: Array(Data(contentsOf: file)))
            if known?.describesTheSame(as: offer.manifest) == true { return }
            try FileManager.default.removeItem(at: target)
        }
        try folder.create(target)
        try Data(offer.bytes).write(to: file, options: .atomic)
    }

    private func fetch(
        _ offer: Offer, into target: URL,
        _ progress: (UInt64, UInt64) -> Void
    ) async throws {
        let chunks = offer.manifest.chunks
        let total = offer.manifest.bytes
        try await withThrowingTaskGroup(of: Int.self) { group in
            var next = 0
            var done: UInt64 = 0
            func add() {
                guard next < chunks.count else { return }
                let number = next
                next += 1
                group.addTask {
                    try await fetch(number, chunks[number], offer, into: target)
                    return chunks[number].bytes
                }
            }
            for _ in 0..<Self.underWay { add() }
            while let bytes = try await group.next() {
                done += UInt64(bytes)
                progress(done, total)
                add()
            }
        }
    }

    private func fetch(
        _ number: Int, _ chunk: SnapshotManifest.Chunk, _ offer: Offer, into target: URL
    ) async throws {
        let file = target.appending(path: SnapshotFolder.chunkName(number))
        if let known = try? Data(contentsOf: file), known.count == chunk.bytes,
            Hash256.sha256(Array(known)) == chunk.hash
        {
            return
        }
        let height = offer.manifest.header.height
        let bytes = try await bytes(of: offer.peer, atMost: chunk.bytes) { [peer = offer.peer] in
            try await peer.chunk(number, at: height)
        }
        guard bytes.count == chunk.bytes, Hash256.sha256(bytes) == chunk.hash else {
            throw PeerFault(
                peer: offer.peer.name, height: height,
                kind: .forged(SnapshotFault.wrongChunk(number).description))
        }
        try Data(bytes).write(to: file, options: .atomic)
    }

    private func bytes(
        of peer: any Peer, atMost limit: Int,
        _ ask: @escaping @Sendable () async throws -> PeerBytes
    ) async throws -> [UInt8] {
        let gathered = Gathered(limit: limit)
        let name = peer.name
        do {
            try await Patience(patience).read(of: name, ask) { piece in
                guard await gathered.add(piece) else {
                    throw PeerFault(
                        peer: name, kind: .malformed("more than the \(limit) bytes that are due"))
                }
            }
        } catch {
            throw PeerFault.fault(of: name, error)
        }
        return await gathered.bytes
    }
}

private actor Gathered {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// False when there are too many.
    func add(_ piece: [UInt8]) -> Bool {
        guard bytes.count + piece.count <= limit else { return false }
        bytes += piece
        return true
    }
}
