import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// A member of an alliance that is being founded, with the keys that this home will hold.
public struct FoundingMember: Sendable {
    public var id: MemberID
    /// For people; at most 64 bytes.
    public var name: String
    public var nodeKey: SigningKey
    public var accountKey: SigningKey

    public init(id: MemberID, name: String, nodeKey: SigningKey, accountKey: SigningKey) {
        self.id = id
        self.name = name
        self.nodeKey = nodeKey
        self.accountKey = accountKey
    }
}

extension NodeHome {
    /// Founds an alliance whose members are all hosted here: writes keys, genesis
    /// document and node configuration, and begins the ledger at block 0.
    ///
    /// - Throws: ``HomeFault`` when there is an alliance here already; what the
    ///   genesis document or the machine refuses.
    @discardableResult
    public func found(
        name: String, at time: Timestamp, members: [FoundingMember],
        processes: [ProcessDefinition], parameters: Parameters = Parameters(),
        clock: NodeConfiguration.Clock = .system
    ) throws -> GenesisDocument {
        guard !FileManager.default.fileExists(atPath: genesisFile.path) else {
            throw HomeFault(
                "\(directory.path): there is an alliance here already; choose another --home")
        }
        let document = try Self.genesis(
            name: name, at: time, members: members, processes: processes, parameters: parameters)
        let bytes = document.bytes
        let block = try GenesisBlock.make(document)

        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let ring = KeyRing(home: directory.path)
        for member in members {
            try addNodeKey(member.nodeKey, of: member.id)
            try ring.add(member.accountKey, named: member.id.rawValue)
        }
        try write(NodeConfiguration(hosts: members.map(\.id.rawValue), clock: clock))
        // Before the ledger: a node that finds it alone begins the ledger itself.
        try Data(bytes).write(to: genesisFile, options: .withoutOverwriting)
        try LedgerStore.create(home: directory, genesis: bytes, block: block).close()
        return document
    }

    /// The document of a new alliance.
    ///
    /// - Throws: ``HomeFault`` when a member's name leaves no room for that of its node key;
    ///   what the document refuses.
    public static func genesis(
        name: String, at time: Timestamp, members: [FoundingMember],
        processes: [ProcessDefinition], parameters: Parameters = Parameters()
    ) throws -> GenesisDocument {
        for member in members {
            let keyName = member.id.rawValue + nodeKeySuffix
            guard Slug.isValid(keyName), !member.id.rawValue.hasSuffix(nodeKeySuffix) else {
                throw HomeFault(
                    "member \"\(member.id)\": the name of its node key, \"\(keyName)\", must fit into \(Slug.maximumBytes) bytes and be its alone; choose a name of at most \(Slug.maximumBytes - nodeKeySuffix.count) bytes that does not end in \"\(nodeKeySuffix)\""
                )
            }
        }
        var genesis = Genesis()
        genesis.format = GenesisDocument.format
        genesis.name = name
        genesis.timeMs = time.milliseconds
        genesis.members = members.map { member in
            var entry = GenesisMember()
            entry.id = member.id.rawValue
            entry.name = member.name
            entry.nodeKey = Data(member.nodeKey.publicKey.bytes)
            entry.accountKey = Data(member.accountKey.publicKey.bytes)
            return entry
        }
        genesis.parameters = parameters
        genesis.processes = processes
        return try GenesisDocument(
            contentsOf: Array((genesis.jsonForm(pretty: true) + "\n").utf8))
    }
}
