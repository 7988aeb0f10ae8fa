import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// A home that cannot be used as it is; says what to do.
public struct HomeFault: Error, CustomStringConvertible {
    public var message: String
    public var description: String { message }
    public init(_ message: String) { self.message = message }
}

/// Where a node keeps everything.
///
///     genesis.json   the alliance's document, the same at every member
///     node.json      which members this node hosts
///     keys/          key files, 0600
///     guards/        what was signed last with each node key; never in a backup
///     ledger.sqlite  the ledger
///     node.url       where a running node answers; gone when it has stopped
public struct NodeHome: Sendable {
    public let directory: URL

    public init(_ directory: URL) {
        self.directory = directory
    }

    public var genesisFile: URL { directory.appending(path: "genesis.json") }
    public var configurationFile: URL { directory.appending(path: "node.json") }
    public var addressFile: URL { directory.appending(path: "node.url") }

    /// The alliance's document.
    ///
    /// - Throws: ``HomeFault`` when there is none here, `GenesisFault` when it is wrong.
    public func genesis() throws -> GenesisDocument {
        guard FileManager.default.fileExists(atPath: genesisFile.path) else {
            throw HomeFault(
                "\(directory.path): no genesis.json here; make a home with `koinon init --home \(directory.path)` or name another with --home"
            )
        }
        return try GenesisDocument(contentsOf: Array(Data(contentsOf: genesisFile)))
    }

    /// - Throws: ``HomeFault`` when node.json is missing or wrong.
    public func configuration() throws -> NodeConfiguration {
        do {
            let data = try Data(contentsOf: configurationFile)
            return try JSONDecoder().decode(NodeConfiguration.self, from: data)
        } catch {
            throw HomeFault(
                "\(configurationFile.path): not a node configuration (\(error)); docs/formats/home.md says what it holds"
            )
        }
    }

    /// The members that this node hosts, with their node keys; a member twice that is changing
    /// from one to another.
    public func hostedMembers() throws -> [HostedMember] {
        let ring = KeyRing(home: directory.path)
        let names = Set(try ring.names())
        return try configuration().hosts.flatMap { name in
            guard let id = MemberID(rawValue: name) else {
                throw HomeFault(
                    "\(configurationFile.path): hosts: \"\(name)\" is no member name")
            }
            let next = name + Self.nextNodeKeySuffix
            return try [name + Self.nodeKeySuffix, next].filter {
                $0 != next || names.contains(next)
            }
            .map { HostedMember(id: id, nodeKey: try ring.key(named: $0)) }
        }
    }

    /// Stores a node key that was just made and begins its guard: with a key that has no guard
    /// a member signs no blocks.
    ///
    /// - Parameter isNext: it is to take the place of the member's present one, once its account
    ///   has registered it; until then the node holds both.
    /// - Throws: `GuardFault`, `KeyFileFault`
    public func addNodeKey(
        _ key: SigningKey, of member: MemberID, isNext: Bool = false
    ) throws {
        // The guard first: alone it does no harm.
        try GuardFile.begin(home: directory, member: member, nodeKey: key.publicKey)
        try KeyRing(home: directory.path).add(
            key,
            named: member.rawValue + (isNext ? Self.nextNodeKeySuffix : Self.nodeKeySuffix))
    }

    /// A member's next node key takes the place of the one before: a final block has registered
    /// it, and the other one never signs again. Nothing when it has done so already.
    func settle(_ member: HostedMember) throws {
        let ring = KeyRing(home: directory.path)
        let next = member.id.rawValue + Self.nextNodeKeySuffix
        guard try ring.names().contains(next),
            try ring.key(named: next).publicKey == member.nodeKey.publicKey
        else { return }
        let name = member.id.rawValue + Self.nodeKeySuffix
        guard rename(ring.path(of: next), ring.path(of: name)) == 0 else {
            throw HomeFault(
                "cannot rename \(ring.path(of: next)): \(String(cString: strerror(errno))); check the permissions of the folder"
            )
        }
    }

    public func write(_ configuration: NodeConfiguration) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(configuration).write(to: configurationFile)
    }

    /// Name of a member's node key in the key directory; its account key has the bare name.
    public static let nodeKeySuffix = ".node"
    /// Name of a node key that is to take the place of a member's present one.
    public static let nextNodeKeySuffix = ".next.node"
}

/// node.json
public struct NodeConfiguration: Codable, Sendable {
    /// What the node takes the time from.
    public enum Clock: String, Codable, Sendable {
        /// The machine's own clock.
        case system
        /// Goes on from the last block at the pace of the machine's clock: for ledgers
        /// of recorded data, whose time is not ours.
        case afterLastBlock = "after-last-block"
    }

    /// Ids of the members whose entries and attestations this node signs.
    public var hosts: [String]
    public var clock: Clock
    /// What orders the entries; nil for the node itself.
    public var engine: Engine?
    /// Where other members' nodes answer by HTTP, for what the engine has forgotten.
    public var peers: [String]?

    /// An engine apart from the node.
    public enum Engine: Codable, Equatable, Sendable {
        case etcd(EtcdAddress)

        private enum Key: String, CodingKey, CaseIterable { case etcd }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            self = .etcd(try container.decode(EtcdAddress.self, forKey: .etcd))
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            switch self {
            case .etcd(let address): try container.encode(address, forKey: .etcd)
            }
        }
    }

    public init(
        hosts: [String], clock: Clock = .system, engine: Engine? = nil, peers: [String]? = nil
    ) {
        self.hosts = hosts
        self.clock = clock
        self.engine = engine
        self.peers = peers
    }
}
