import Foundation
import KoinonClient
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// A new alliance in one folder: a home a member, an etcd, certificates, and what starts it
/// all. Each part may then be moved to the machine where it will run.
///
///     genesis.json            the alliance's document
///     authority/              signs certificates; keep it offline once everything runs
///     members/<name>/         a member's home, with etcd/ca.pem, etcd/<name>.pem and its key
///     etcd/<name>.yaml        configuration of one server of etcd
///     etcd/certificates/      of the servers, and of root, etcd's operator
///     etcd/roles.sh           gives each member its role in a new etcd
///     systemd/                a unit for each server and each node
///     start.sh                starts everything here, and ends it
public struct AllianceFolder: Sendable {
    /// What to found.
    public struct Plan: Sendable {
        public var name: String
        public var members: [MemberID]
        /// Where the members' nodes answer, in their order.
        public var nodes: [NodeAddress]
        /// Where the servers of etcd answer; an odd number, since a majority of them must run.
        public var servers: [ServerAddress]
        public var time: Timestamp
        public var processes: [ProcessDefinition]

        public init(
            name: String, members: [MemberID], nodes: [NodeAddress], servers: [ServerAddress],
            time: Timestamp, processes: [ProcessDefinition]
        ) {
            self.name = name
            self.members = members
            self.nodes = nodes
            self.servers = servers
            self.time = time
            self.processes = processes
        }
    }

    public struct NodeAddress: Sendable, Equatable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public struct ServerAddress: Sendable, Equatable {
        /// An address, since etcd listens at no name.
        public var host: String
        public var clientPort: Int
        /// For the other servers.
        public var peerPort: Int

        public init(host: String, clientPort: Int, peerPort: Int) {
            self.host = host
            self.clientPort = clientPort
            self.peerPort = peerPort
        }

        var client: String { "\(host):\(clientPort)" }
        var peer: String { "\(host):\(peerPort)" }
    }

    let folder: URL
    let plan: Plan
    let genesis: GenesisDocument

    /// Writes the folder.
    ///
    /// - Throws: `HomeFault` when the folder is there, or a member's name is too long for its
    ///   key's; what the genesis document refuses.
    @discardableResult
    public static func found(_ plan: Plan, in folder: URL) throws -> GenesisDocument {
        guard !FileManager.default.fileExists(atPath: folder.path) else {
            throw HomeFault("\(folder.path): is there already; choose another --folder")
        }
        let members = plan.members.map {
            FoundingMember(
                id: $0, name: $0.rawValue, nodeKey: .generate(), accountKey: .generate())
        }
        let genesis = try NodeHome.genesis(
            name: plan.name, at: plan.time, members: members, processes: plan.processes)
        let alliance = AllianceFolder(folder: folder, plan: plan, genesis: genesis)
        let authority = try CertificateAuthority(name: "\(plan.name) authority", at: alliance.now)
        try alliance.makeFolder("")
        try alliance.write(genesis.bytes, to: "genesis.json")
        try alliance.makeFolder("authority", isSecret: true)
        try alliance.write(authority.issued, named: "ca", in: "authority")
        try alliance.writeServers(authority)
        for (member, address) in zip(members, plan.nodes) {
            try alliance.writeHome(of: member, at: address, authority)
        }
        try alliance.writeUnits()
        try alliance.write(
            Array(alliance.startScript.utf8), to: "start.sh", mode: Self.executable)
        return genesis
    }

    private var now: Date { Date(timeIntervalSince1970: Double(plan.time.milliseconds) / 1_000) }

    private static let plain = 0o644
    private static let secret = 0o600
    private static let executable = 0o755

    static func serverName(_ index: Int) -> String { "etcd\(index + 1)" }

    private func writeServers(_ authority: CertificateAuthority) throws {
        try makeFolder("etcd")
        try makeFolder("etcd/certificates", isSecret: true)
        try write(
            Array(authority.issued.certificate.utf8), to: "etcd/certificates/ca.pem")
        for (index, server) in plan.servers.enumerated() {
            let name = Self.serverName(index)
            try write(
                authority.issue(name, for: .server(hosts: [server.host, "localhost"]), at: now),
                named: name, in: "etcd/certificates")
            try write(Array(serverConfiguration(index).utf8), to: "etcd/\(name).yaml")
        }
        try write(
            authority.issue("root", for: .client, at: now), named: "root",
            in: "etcd/certificates")
        try write(Array(rolesScript.utf8), to: "etcd/roles.sh", mode: Self.executable)
    }

    private func writeHome(
        of member: FoundingMember, at node: NodeAddress, _ authority: CertificateAuthority
    ) throws {
        let path = "members/\(member.id)"
        try makeFolder("members")
        try makeFolder(path, isSecret: true)
        try makeFolder("\(path)/etcd", isSecret: true)
        let home = NodeHome(folder.appending(path: path))
        let ring = KeyRing(home: home.directory.path)
        try home.addNodeKey(member.nodeKey, of: member.id)
        try ring.add(member.accountKey, named: member.id.rawValue)
        try write(
            Array(authority.issued.certificate.utf8), to: "\(path)/etcd/ca.pem")
        try write(
            authority.issue(member.id.rawValue, for: .client, at: now),
            named: member.id.rawValue, in: "\(path)/etcd")
        let address = EtcdAddress(
            endpoints: plan.servers.map(\.client), authority: "etcd/ca.pem", certificate: "etcd/\(member.id).pem",
            key: "etcd/\(member.id)-key.pem")
        let peers = plan.nodes.filter { $0 != node }.map { "http://\($0.host):\($0.port)" }
        try home.write(
            NodeConfiguration(
                hosts: [member.id.rawValue], engine: .etcd(address), peers: peers))
        let settings = """
            http:
              host: \(node.host)
              port: \(node.port)

            """
        try write(Array(settings.utf8), to: "\(path)/server.yaml")
        // Last: a home with it is complete.
        try write(genesis.bytes, to: "\(path)/genesis.json")
    }

    private func writeUnits() throws {
        try makeFolder("systemd")
        for index in plan.servers.indices {
            let name = Self.serverName(index)
            try write(Array(serverUnit(index).utf8), to: "systemd/koinon-\(name).service")
        }
        for member in plan.members {
            try write(Array(nodeUnit(member).utf8), to: "systemd/koinon-\(member).service")
        }
    }

    private func makeFolder(_ path: String, isSecret: Bool = false) throws {
        try FileManager.default.createDirectory(
            at: folder.appending(path: path), withIntermediateDirectories: true,
            attributes: [.posixPermissions: isSecret ? 0o700 : 0o755])
    }

    private func write(
        _ issued: CertificateAuthority.Issued, named name: String, in path: String
    ) throws {
        try write(Array(issued.certificate.utf8), to: "\(path)/\(name).pem")
        try write(Array(issued.key.utf8), to: "\(path)/\(name)-key.pem", mode: Self.secret)
    }

    private func write(_ bytes: [UInt8], to path: String, mode: Int = Self.plain) throws {
        let file = folder.appending(path: path).path
        // Keys lie in folders that only their owner enters.
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(bytes), attributes: [.posixPermissions: mode])
        else { throw HomeFault("\(file): cannot be written; is the disk full?") }
    }
}
