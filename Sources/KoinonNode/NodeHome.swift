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
            throw noHome(without: genesisFile)
        }
        return try GenesisDocument(file: genesisFile)
    }

    private func noHome(without file: URL) -> HomeFault {
        let files = FileManager.default
        if files.fileExists(atPath: directory.path),
            !files.isExecutableFile(atPath: directory.path)
        {
            return HomeFault(
                "\(directory.path): closed to this user; run it as the user whom the home belongs to, or name another with --home"
            )
        }
        return HomeFault(
            "\(directory.path): no \(file.lastPathComponent) here; make a home with `koinon init --home \(directory.path)` or name another with --home"
        )
    }

    /// - Throws: ``HomeFault`` when node.json is missing, ``NodeFileFault`` when it is wrong, what
    ///   the system says of a file that cannot be read.
    public func configuration() throws -> NodeConfiguration {
        guard FileManager.default.fileExists(atPath: configurationFile.path) else {
            throw noHome(without: configurationFile)
        }
        let data = try Data(contentsOf: configurationFile)
        do { return try JSONDecoder().decode(NodeConfiguration.self, from: data) } catch let error
            as DecodingError
        {
            throw NodeFileFault(error, file: configurationFile.relativePath)
        }
    }

    public func write(_ configuration: NodeConfiguration) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        // A crash must not take away what an operator has written there.
        try FileDraft(Array(encoder.encode(configuration)), of: configurationFile).settle()
    }
}

extension GenesisDocument {
    /// - Throws: `GenesisFault` with the file's name; what the system says of one that cannot be
    ///   read.
    public init(file: URL) throws {
        let bytes = try Array(Data(contentsOf: file))
        do { try self.init(contentsOf: bytes) } catch {
            var fault = error
            fault.file = file.relativePath
            throw fault
        }
    }
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
