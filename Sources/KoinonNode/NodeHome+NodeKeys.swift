import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// How far a home is with another node key for a member.
public enum NodeKeyRenewal: Hashable, Sendable {
    /// None is under way.
    case none
    /// It lies in the home, has signed nothing, and the alliance does not know it.
    case waits(PublicKey)
    /// The alliance knows it; in the home it has not taken the place of the one before.
    case registered(PublicKey)
}

/// The keys with which a member's node signs, and how one takes the place of another.
extension NodeHome {
    /// The members that this node hosts, with their node keys; a member twice that is changing
    /// from one to another.
    public func hostedMembers() throws -> [HostedMember] {
        try configuration().hosts.flatMap { name in
            guard let id = MemberID(rawValue: name) else {
                throw HomeFault(
                    "\(configurationFile.path): hosts: \"\(name)\" is no member name")
            }
            return try nodeKeys(of: id)
        }
    }

    /// The member's node key, and the one that is to take its place.
    ///
    /// - Throws: ``HomeFault`` when there is neither.
    func nodeKeys(of member: MemberID) throws -> [HostedMember] {
        let name = Self.nodeKeyName(of: member)
        var keys: [SigningKey] = []
        if try ring.names().contains(name) { keys.append(try ring.key(named: name)) }
        if let next = try nextNodeKey(of: member) { keys.append(next) }
        guard !keys.isEmpty else {
            throw HomeFault(
                "\(ring.path(of: name)): the node key of \(member) is not there; put it back, or make another with `koinon renew-key --node URL`, the address of another member's node"
            )
        }
        return keys.map { HostedMember(id: member, nodeKey: $0) }
    }

    private var ring: KeyRing { KeyRing(home: directory.path) }

    /// Keys that are to take the places of those of the same names.
    private var nextRing: KeyRing { KeyRing(folder: ring.folder + "/next") }

    private func nextNodeKey(of member: MemberID) throws -> SigningKey? {
        let name = Self.nodeKeyName(of: member)
        return try nextRing.names().contains(name) ? nextRing.key(named: name) : nil
    }

    /// Where the key lies that is to take the place of a member's node key.
    public func nextNodeKeyPath(of member: MemberID) -> String {
        nextRing.path(of: Self.nodeKeyName(of: member))
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
        try (isNext ? nextRing : ring).add(key, named: Self.nodeKeyName(of: member))
    }

    /// What is under way.
    ///
    /// - Parameter known: the node key that the alliance knows of the member.
    /// - Throws: ``HomeFault`` when the home is further than whoever told of `known`;
    ///   `GuardFault`, `KeyFileFault`.
    public func nodeKeyRenewal(
        of member: MemberID, known: PublicKey
    ) throws -> NodeKeyRenewal {
        if let key = try nextNodeKey(of: member)?.publicKey {
            if key == known { return .registered(key) }
            switch try guardRecord(of: member, key) {
            case let record? where record.isUnused: return .waits(key)
            case let record? where !record.isBarred:
                throw HomeFault(
                    "\(nextNodeKeyPath(of: member)): it has signed block \(record.height) already, but the node that was asked does not know that it is \(member)'s; ask again when that node has caught up, or another one with --node"
                )
            default: break
            }
        }
        // Made for a home whose ledger was taken anew: the one before is lost.
        let present = Self.nodeKeyName(of: member)
        guard try ring.names().contains(present) else { return .none }
        let key = try ring.key(named: present).publicKey
        let record = try guardRecord(of: member, key)
        return key != known && record?.isUnused == true ? .waits(key) : .none
    }

    /// Makes the key that is to take the place of the member's node key. One that waits already
    /// gives way: it was no good without its guard, or was refused.
    ///
    /// - Throws: `GuardFault`, `KeyFileFault`
    public func makeNextNodeKey(of member: MemberID) throws -> PublicKey {
        if try nextNodeKey(of: member) != nil {
            try nextRing.remove(named: Self.nodeKeyName(of: member))
        }
        let key = SigningKey.generate()
        try addNodeKey(key, of: member, isNext: true)
        return key.publicKey
    }

    /// Whether the member may sign with that key as far as its guard tells.
    public func hasGuard(of member: MemberID, _ key: PublicKey) throws -> Bool {
        try guardRecord(of: member, key).map { !$0.isBarred } ?? false
    }

    private func guardRecord(of member: MemberID, _ key: PublicKey) throws -> GuardRecord? {
        try GuardFile(home: directory, member: member, nodeKey: key).current()
    }

    /// A member's next node key takes the place of the one before: a final block has registered
    /// it, and the other one never signs again. Nothing when it has done so already.
    ///
    /// - Throws: `KeyFileFault`, or ``HomeFault`` when the file cannot be renamed.
    public func settleNodeKey(_ key: PublicKey, of member: MemberID) throws {
        guard try nextNodeKey(of: member)?.publicKey == key else { return }
        let next = nextNodeKeyPath(of: member)
        guard rename(next, ring.path(of: Self.nodeKeyName(of: member))) == 0 else {
            throw HomeFault(
                "cannot rename \(next): \(String(cString: strerror(errno))); check the permissions of the folder"
            )
        }
    }

    /// Name of a member's node key in the key directory; its account key has the bare name.
    public static let nodeKeySuffix = ".node"

    static func nodeKeyName(of member: MemberID) -> String { member.rawValue + nodeKeySuffix }
}
