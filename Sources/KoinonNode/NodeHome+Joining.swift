import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// A member that is to be admitted, with the public keys of this home.
public struct JoiningMember: Sendable, Equatable {
    public var id: MemberID
    public var nodeKey: PublicKey
    public var accountKey: PublicKey
}

extension NodeHome {
    /// Makes a home for an alliance that runs already: genesis document, node configuration,
    /// and the keys of hosted members that are not there yet. What is there stays.
    ///
    /// - Returns: members whose node key was made now.
    /// - Throws: ``HomeFault`` when the home belongs to another alliance, or a name is none.
    public func prepareToJoin(
        _ document: GenesisDocument, members: [String], peers: [String]
    ) throws -> [JoiningMember] {
        let ids = try members.map { name in
            guard let id = MemberID(rawValue: name), Slug.isValid(name + Self.nodeKeySuffix) else {
                throw HomeFault(
                    "--member: \"\(name)\": use 1 to 27 of a-z, 0-9, \"-\", \".\" and \"_\", beginning with a letter or digit"
                )
            }
            return id
        }
        if FileManager.default.fileExists(atPath: genesisFile.path) {
            guard try genesis().bytes == document.bytes else {
                throw HomeFault(
                    "\(directory.path): the home of another alliance; choose another --home")
            }
        }
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let ring = KeyRing(home: directory.path)
        var made: [JoiningMember] = []
        for id in ids {
            let known = Set(try ring.names())
            let nodeName = id.rawValue + Self.nodeKeySuffix
            if !known.contains(nodeName) { try addNodeKey(.generate(), of: id) }
            if !known.contains(id.rawValue) { try ring.add(.generate(), named: id.rawValue) }
            guard !known.contains(nodeName) else { continue }
            made.append(
                JoiningMember(
                    id: id, nodeKey: try ring.key(named: nodeName).publicKey,
                    accountKey: try ring.key(named: id.rawValue).publicKey))
        }
        try name(hosts: members, peers: peers)
        if !FileManager.default.fileExists(atPath: genesisFile.path) {
            try Data(document.bytes).write(to: genesisFile, options: .withoutOverwriting)
        }
        return made
    }

    /// In node.json, beside those that stand there from an earlier attempt.
    private func name(hosts: [String], peers: [String]) throws {
        guard FileManager.default.fileExists(atPath: configurationFile.path) else {
            return try write(NodeConfiguration(hosts: hosts, peers: peers))
        }
        var configuration = try configuration()
        let (oldHosts, oldPeers) = (configuration.hosts, configuration.peers ?? [])
        let newHosts = hosts.filter { !oldHosts.contains($0) }
        let newPeers = peers.filter { !oldPeers.contains($0) }
        guard !newHosts.isEmpty || !newPeers.isEmpty else { return }
        configuration.hosts += newHosts
        if !newPeers.isEmpty { configuration.peers = oldPeers + newPeers }
        try write(configuration)
    }
}
