import KoinonProtocol

/// The document that an alliance begins with (docs/formats/genesis.md), its form checked.
///
/// The chain's id is the hash of the very bytes, so that not even a space may change.
/// Whether parameters and processes are acceptable is the machine's to say.
public struct GenesisDocument: Sendable {
    /// The file as it came.
    public let bytes: [UInt8]
    public let genesis: Genesis
    /// SHA-256("koinon/genesis/v1" ‖ 0x00 ‖ bytes).
    public let chain: ChainID
    /// Judges the first blocks.
    public let memberSet: MemberSet

    public static let format = "koinon/genesis/v1"
    public static let bytesMaximum = 1 << 20
    public static let membersMaximum = 100
    /// Of the names of the alliance and of members, in bytes of UTF-8.
    public static let nameBytesMaximum = 64

    /// Reads the content of a genesis.json.
    public init(contentsOf bytes: [UInt8]) throws(GenesisFault) {
        guard bytes.count <= Self.bytesMaximum else {
            throw GenesisFault(
                path: "", problem: "has \(bytes.count) bytes",
                remedy: "at most \(Self.bytesMaximum) are taken; shorten it")
        }
        do {
            genesis = try Genesis(jsonForm: bytes)
        } catch {
            throw GenesisFault(path: error.path, problem: error.problem, remedy: error.remedy)
        }
        self.bytes = bytes
        chain = ChainID(storage: Hash256.sha256(tag: Self.format, [bytes]).storage)
        memberSet = try GenesisCheck(genesis: genesis).memberSet()
    }

    /// The account whose first key this is; so of a member, whose first key the
    /// document names.
    public func accountID(of key: PublicKey) -> AccountID {
        AccountID(chain: chain, firstKey: key)
    }
}

/// The form of a genesis document, part by part in the order of its fields.
private struct GenesisCheck {
    let genesis: Genesis

    func memberSet() throws(GenesisFault) -> MemberSet {
        guard genesis.format == GenesisDocument.format else {
            throw GenesisFault(
                path: "format", problem: "is \"\(genesis.format.prefix(40))\"",
                remedy: "write \"\(GenesisDocument.format)\"")
        }
        try check(name: genesis.name, path: "name")
        guard (1...Timestamp.maximum.milliseconds).contains(genesis.timeMs) else {
            throw GenesisFault(
                path: "time_ms", problem: "is \(genesis.timeMs)",
                remedy: "give a moment after 1970 and before the year 10000, "
                    + "for instance \"2018-01-01T00:00:00Z\"")
        }
        let count = genesis.members.count
        guard (1...GenesisDocument.membersMaximum).contains(count) else {
            throw GenesisFault(
                path: "members", problem: "has \(count) members",
                remedy: "give 1 to \(GenesisDocument.membersMaximum)")
        }
        var ids: Set<MemberID> = []
        var keys: [PublicKey: String] = [:]
        var entries: [MemberSet.Entry] = []
        for (index, member) in genesis.members.enumerated() {
            let path = "members[\(index)]"
            let id = try self.id(of: member, path: path + ".id")
            guard ids.insert(id).inserted else {
                throw GenesisFault(
                    path: path + ".id", problem: "\"\(id)\" stands there twice",
                    remedy: "give each member a name of its own")
            }
            try check(name: member.name, path: path + ".name")
            let nodeKey = try key(member.nodeKey, path: path + ".node_key", seen: &keys)
            _ = try key(member.accountKey, path: path + ".account_key", seen: &keys)
            entries.append(MemberSet.Entry(id: id, nodeKey: nodeKey))
        }
        return MemberSet(entries)
    }

    private func check(name: String, path: String) throws(GenesisFault) {
        let count = name.utf8.count
        guard (1...GenesisDocument.nameBytesMaximum).contains(count) else {
            throw GenesisFault(
                path: path, problem: "has \(count) bytes",
                remedy: "give 1 to \(GenesisDocument.nameBytesMaximum)")
        }
    }

    private func id(of member: GenesisMember, path: String) throws(GenesisFault) -> MemberID {
        guard let id = MemberID(rawValue: member.id) else {
            throw GenesisFault(
                path: path, problem: "\"\(member.id.prefix(40))\" is no member name",
                remedy: "give 1 to 32 of a-z, 0-9, \"-\", \".\" and \"_\", "
                    + "a letter or digit first")
        }
        return id
    }

    private func key(
        _ bytes: some Collection<UInt8>, path: String, seen: inout [PublicKey: String]
    ) throws(GenesisFault) -> PublicKey {
        guard let key = PublicKey(bytes) else {
            throw GenesisFault(
                path: path, problem: "has \(bytes.count) bytes",
                remedy: "give an Ed25519 public key: 64 hex digits")
        }
        guard Ed25519.isValidPublicKey(key) else {
            throw GenesisFault(
                path: path, problem: "is no valid Ed25519 public key",
                remedy: "give one made by a key generator, for instance by `koinon keys`")
        }
        if let other = seen.updateValue(path, forKey: key) {
            throw GenesisFault(
                path: path, problem: "is the same key as \(other)",
                remedy: "give each purpose of each member a key of its own")
        }
        return key
    }
}
