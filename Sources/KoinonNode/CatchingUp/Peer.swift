import KoinonClient
import KoinonProtocol

/// Bytes as they come in, in pieces of any length.
public typealias PeerBytes = any AsyncSequence<[UInt8], any Error> & Sendable

/// Another member's node, asked for what it has. Nothing that it says is believed: what
/// comes from it is checked against signatures before it counts.
public protocol Peer: Sendable {
    /// For people, for instance its address.
    var name: String { get }

    /// How far it says it is.
    func status() async throws -> PeerStatus
    /// Blocks from a height on, up to its last final one at most, as ``BlockStream`` writes
    /// them.
    func blocks(from height: Height) async throws -> PeerBytes
    /// Heights at which it has snapshots, descending.
    func snapshots() async throws -> [Height]
    /// The manifest of a snapshot, at most ``SnapshotManifest/bytesMaximum`` bytes.
    func manifest(at height: Height) async throws -> PeerBytes
    /// A chunk of a snapshot, counted from 0.
    func chunk(_ number: Int, at height: Height) async throws -> PeerBytes
}

/// What a peer says of itself.
public struct PeerStatus: Sendable, Equatable {
    public var chain: String
    public var finalHeight: Height
    /// It has no blocks up to here: they were pruned, or it began from a snapshot.
    public var baseHeight: Height

    public init(chain: String, finalHeight: Height, baseHeight: Height = .genesis) {
        self.chain = chain
        self.finalHeight = finalHeight
        self.baseHeight = baseHeight
    }
}

/// What is wrong with a peer or with what it sent; another one is taken.
public struct PeerFault: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// It does not answer, or breaks off.
        case unreachable(String)
        /// It answers that it cannot.
        case refused(String)
        /// Bytes come too slowly, or not at all.
        case stalled
        /// It belongs to another alliance.
        case otherChain
        /// It says that it has more than it gives.
        case withheld(Height)
        /// What it sent has not the form that it must have.
        case malformed(String)
        /// A block other than the next one.
        case gap(expected: Height)
        /// The members who judge this block have not signed it.
        case unsigned(String)
        /// Something else than what is signed.
        case forged(String)
    }

    public var peer: String
    /// The block that it is about, when it is about one.
    public var height: Height?
    public var kind: Kind

    public init(peer: String, height: Height? = nil, kind: Kind) {
        self.peer = peer
        self.height = height
        self.kind = kind
    }

    /// Whether the peer sent something wrong, rather than nothing.
    public var isLie: Bool {
        switch kind {
        case .unreachable, .refused, .stalled: false
        default: true
        }
    }

    public var description: String {
        let place = height.map { "\(peer), block \($0): " } ?? "\(peer): "
        return place + what
    }

    var what: String {
        switch kind {
        case .unreachable(let cause): "does not answer (\(cause))"
        case .refused(let answer): "says no: \(answer)"
        case .stalled: "sends too slowly or not at all"
        case .otherChain: "belongs to another alliance"
        case .withheld(let height): "said it was final up to \(height), and gave no blocks"
        case .malformed(let what): "sent what is no stream of blocks: \(what)"
        case .gap(let expected): "sent this block where \(expected) was due"
        case .unsigned(let what), .forged(let what): what
        }
    }
}

/// A node that is asked by HTTP.
public struct HTTPPeer: Peer {
    private let client: NodeClient

    public var name: String { client.address }

    public init(_ client: NodeClient) { self.client = client }

    /// - Parameter address: for instance "https://node.example:8080".
    /// - Throws: `NodeClientFault`.
    public init(_ address: String) throws {
        client = try NodeClient(address)
    }

    public func status() async throws -> PeerStatus {
        let status = try await client.status(within: .seconds(5))
        return PeerStatus(
            chain: status.chain, finalHeight: Height(status.finalHeight),
            baseHeight: Height(status.baseHeight ?? 0))
    }

    public func blocks(from height: Height) async throws -> PeerBytes {
        try await client.stream("/v1/sync/blocks?from=\(height)")
    }

    public func snapshots() async throws -> [Height] {
        try await client.snapshotHeights().map { Height($0) }
    }

    public func manifest(at height: Height) async throws -> PeerBytes {
        try await client.stream("/v1/sync/snapshots/\(height)")
    }

    public func chunk(_ number: Int, at height: Height) async throws -> PeerBytes {
        try await client.stream("/v1/sync/snapshots/\(height)/chunks/\(number)")
    }
}

extension PeerFault {
    /// What a call to a peer threw; `CancellationError` stays one.
    static func fault(of peer: String, height: Height? = nil, _ error: any Error) -> any Error {
        switch error {
        case is CancellationError: error
        case let fault as PeerFault: fault
        case NodeClientFault.problem(let problem):
            PeerFault(peer: peer, height: height, kind: .refused(problem.description))
        default: PeerFault(peer: peer, height: height, kind: .unreachable("\(error)"))
        }
    }
}
