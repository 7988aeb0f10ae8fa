import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// The alliance that a simulation begins with.
public struct Setting: Equatable, Sendable {
    /// Ids; all of them found the alliance.
    public var members: [String]
    /// 0: the standard value.
    public var parameters: Parameters
    public var timeMs: UInt64
    /// Ids of the program's own processes.
    public var processes: [String]
    /// Pages after which the store moves its write-ahead log into the database.
    public var checkpointPages: Int

    /// The processes that this program brings along, by id.
    public static let knownProcesses: [String: ProcessDefinition] = Dictionary(
        uniqueKeysWithValues: StandardProcesses.all.map { ($0.id, $0) })

    func genesis() throws -> GenesisDocument {
        var content = Genesis()
        content.format = GenesisDocument.format
        content.name = "A simulated alliance"
        content.timeMs = timeMs
        content.members = members.map { id in
            var member = GenesisMember()
            member.id = id
            member.name = id
            member.nodeKey = Data(KeyChest.key(Self.nodeKey(of: id)).publicKey.bytes)
            member.accountKey = Data(KeyChest.key(Self.accountKey(of: id)).publicKey.bytes)
            return member
        }
        content.parameters = parameters
        content.processes = processes.compactMap { Self.knownProcesses[$0] }
        return try GenesisDocument(contentsOf: Array(content.jsonForm(pretty: false).utf8))
    }

    /// Names of keys, by which scripts tell them.
    static func nodeKey(of member: String) -> String { "node \(member)" }

    /// Whose node key has that name; nil for keys that are none.
    static func signer(named key: String) -> String? {
        key.hasPrefix("node ") ? String(key.dropFirst(5)) : nil
    }
    static func accountKey(of member: String) -> String { "account \(member)" }
}

/// The keys of a simulation: made from their names, so that a script needs no secrets.
final class KeyChest {
    private var keys: [String: SigningKey] = [:]
    private var names: [PublicKey: String] = [:]

    static func key(_ name: String) -> SigningKey {
        let seed = Hash256.sha256(Array("koinon simulation key \(name)".utf8)).bytes
        guard let key = SigningKey(seed: seed) else {
            preconditionFailure("a hash has the 32 bytes of a seed")
        }
        return key
    }

    func key(_ name: String) -> SigningKey {
        if let key = keys[name] { return key }
        let key = Self.key(name)
        keys[name] = key
        names[key.publicKey] = name
        return key
    }

    /// The name of a key that was asked for before.
    func name(of key: PublicKey) -> String? { names[key] }
}
