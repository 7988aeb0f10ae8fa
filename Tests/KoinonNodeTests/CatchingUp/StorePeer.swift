import Foundation
import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging
import Synchronization
import Testing

@testable import KoinonNode
@testable import TestNodes

/// A peer that gives what a store and a folder of snapshots hold, honestly or not.
final class StorePeer: Peer {
    let name: String
    private let home: NodeHome
    /// Kept, since its folder goes with it.
    private let owner: TestHome?
    private let store: LedgerStore
    private let finalHeight: Height
    /// What it makes of its blocks before it sends them.
    private let blocks: @Sendable ([StreamedBlock]) -> [StreamedBlock]
    /// What it makes of the bytes.
    private let bytes: @Sendable ([UInt8]) -> [UInt8]
    private let stalls: Bool
    private let claims: Height?
    /// Chunks that it gives before it breaks off.
    private let chunksLeft: Mutex<Int>
    let chunksGiven = Mutex<[Int]>([])

    convenience init(
        _ name: String, _ home: TestHome, finalHeight: Height? = nil, claims: Height? = nil,
        stalls: Bool = false, chunks: Int = .max,
        blocks: @escaping @Sendable ([StreamedBlock]) -> [StreamedBlock] = { $0 },
        bytes: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }
    ) throws {
        try self.init(
            name, home.home, home.genesis, owner: home, finalHeight: finalHeight, claims: claims,
            stalls: stalls, chunks: chunks, blocks: blocks, bytes: bytes)
    }

    init(
        _ name: String, _ home: NodeHome, _ genesis: GenesisDocument, owner: TestHome? = nil,
        finalHeight: Height? = nil, claims: Height? = nil, stalls: Bool = false,
        chunks: Int = .max,
        blocks: @escaping @Sendable ([StreamedBlock]) -> [StreamedBlock] = { $0 },
        bytes: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }
    ) throws {
        self.name = name
        self.home = home
        self.owner = owner
        store = try LedgerStore(opening: home.directory, readOnly: true)
        self.finalHeight = try finalHeight ?? Pruning.finalHeight(of: store, genesis: genesis)
        self.claims = claims
        self.blocks = blocks
        self.bytes = bytes
        self.stalls = stalls
        chunksLeft = Mutex(chunks)
    }

    deinit { try? store.close() }

    func status() async throws -> PeerStatus {
        PeerStatus(
            chain: try store.read { try $0.tip().header.chain.hex },
            finalHeight: claims ?? finalHeight,
            baseHeight: try store.read { try $0.baseHeight() })
    }

    func blocks(from height: Height) async throws -> PeerBytes {
        if stalls { return AsyncThrowingStream<[UInt8], any Error> { _ in } }
        var found: [StreamedBlock] = []
        var next = height
        while next <= finalHeight, let block = try store.read({ try $0.streamedBlock(at: next) }) {
            found.append(block)
            next = next.next
        }
        var all: [UInt8] = []
        for block in blocks(found) { BlockStream.write(block) { all += $0 } }
        all += BlockStream.bytes(of: .init(next: next, finalHeight: finalHeight))
        return Self.stream(bytes(all))
    }

    func snapshots() async throws -> [Height] { try SnapshotFolder(home: home).heights() }

    func manifest(at height: Height) async throws -> PeerBytes {
        Self.stream(try SnapshotFolder(home: home).manifest(at: height))
    }

    func chunk(_ number: Int, at height: Height) async throws -> PeerBytes {
        let left = chunksLeft.withLock { left in
            left -= 1
            return left
        }
        guard left >= 0 else { throw BrokeOff() }
        chunksGiven.withLock { $0.append(number) }
        return Self.stream(bytes(try SnapshotFolder(home: home).chunk(number, at: height)))
    }

    struct BrokeOff: Error {}

    /// In pieces that end anywhere.
    private static func stream(_ bytes: [UInt8]) -> PeerBytes {
        AsyncThrowingStream<[UInt8], any Error> { continuation in
            for start in stride(from: 0, to: bytes.count, by: 4_093) {
                continuation.yield(Array(bytes[start..<min(start + 4_093, bytes.count)]))
            }
            continuation.finish()
        }
    }
}

/// A home that hosts nobody and only takes what others have.
final class Follower {
    let home: NodeHome
    let genesis: GenesisDocument

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter ledger: a home whose ledger is copied; nil begins with block 0.
    init(_ genesis: GenesisDocument, ledger: NodeHome? = nil) throws {
        self.genesis = genesis
        home = NodeHome(
            FileManager.default.temporaryDirectory.appending(
                path: "koinon-follower-\(UUID().uuidString)", directoryHint: .isDirectory))
        try FileManager.default.createDirectory(
            at: home.directory, withIntermediateDirectories: true)
        try Data(genesis.bytes).write(to: home.genesisFile)
        if let ledger {
            try FileManager.default.copyItem(
                at: ledger.directory.appending(path: "ledger.sqlite"),
                to: home.directory.appending(path: "ledger.sqlite"))
        }
    }

    deinit { try? FileManager.default.removeItem(at: home.directory) }

    /// Catches up from these peers, then closes the ledger.
    @discardableResult
    func catchUp(_ peers: [any Peer], patience: Duration = .seconds(300)) async throws
        -> CatchUpReport
    {
        try await opened { store, replica in
            var catchUp = CatchUp(
                store: store, replica: replica, peers: peers, logger: Self.quiet)
            catchUp.patience.base = patience
            return try await catchUp.run()
        }
    }

    func opened<Value>(
        _ body: (LedgerStore, SharedReplica) async throws -> Value
    ) async throws -> Value {
        let store = try Resumption.openStore(
            home: home, genesis: genesis, options: StoreOptions())
        defer { try? store.close() }
        return try await body(store, SharedReplica(try store.resumeReplica()))
    }

    func verify() async throws -> Verification.Report {
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        defer { try? store.close() }
        return try await Verification.run(store, genesis: genesis)
    }

    var stateRoot: Hash256 {
        get async throws { try await opened { _, replica in replica.read { $0.header.stateRoot } } }
    }
}

/// Four members with leases, a fifth admitted by vote, and blocks that all five judge.
final class AllianceLedger: Sendable {
    let home: TestHome
    let tip: BlockHeader
    /// The block that admits the fifth.
    let change: Height

    /// Made once for all tests; nobody changes it.
    static let shared = Task { try await AllianceLedger() }

    static let names = ["alfa", "bravo", "carol", "delta"]

    private init() async throws {
        let home = try TestHome(members: Self.names)
        self.home = home
        try home.host(Self.names + ["echo"])
        (tip, change) = try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.start(on: node)
            home.clock.advance(20 * LeaseWorld.minute)
            try await world.finish(agreement, on: node)
            let (bravo, carol) = (home.member("bravo"), home.member("carol"))
            try await Decisions.decide(
                Decisions.admission("echo"), by: [world.alfa, bravo, carol], on: node)
            let change = node.tip.height
            for round in 0..<40 {
                try await bravo.done(.registerKind("kind-\(round)", title: "A kind"), to: node)
            }
            await node.untilIdle()
            return (node.tip, change)
        }
    }
}
