import KoinonProtocol

/// What a node shows to whoever follows the chain by signatures: changes of members and
/// beginnings of epochs from some height on, and a final header with its quorum
/// (docs/formats/trust.md).
public struct TrustDocument: Hashable, Sendable {
    public var chain: ChainID
    /// Oldest first.
    public var memberChanges: [ProofFile.MemberChange]
    /// Oldest first.
    public var epochRecords: [ProofFile.EpochRecord]
    /// The highest final block with a quorum of its own, or the last of as many changes as one
    /// document holds.
    public var header: BlockHeader
    public var attestations: [ProofFile.Attestation]

    public static let format = "koinon/trust/v1"
    public static let bytesMaximum = 8 << 20
    /// Changes of members and beginnings of epochs in one document.
    public static let turnsMaximum = 64

    public init(
        header: BlockHeader, attestations: [ProofFile.Attestation],
        memberChanges: [ProofFile.MemberChange], epochRecords: [ProofFile.EpochRecord]
    ) {
        chain = header.chain
        self.memberChanges = memberChanges
        self.epochRecords = epochRecords
        self.header = header
        self.attestations = attestations.sorted { $0.member < $1.member }
    }

    /// Whether there may be more behind it.
    public var isFull: Bool { memberChanges.count + epochRecords.count >= Self.turnsMaximum }

    /// Reads the JSON text; says nothing yet about what it is worth.
    ///
    /// - Throws: ``ProofFault`` for anything unknown, missing, repeated or malformed.
    public init(json bytes: [UInt8]) throws(ProofFault) {
        let file = try ProofJSON.parse(bytes, maximumBytes: Self.bytesMaximum).object(
            ["format", "chain", "member_changes", "header", "attestations"],
            optional: ["epoch_records"])
        guard try file["format"].text() == Self.format else {
            throw ProofFault(path: "format", problem: "is not \"\(Self.format)\"")
        }
        chain = try file["chain"].value(ChainID.self)
        memberChanges = try file["member_changes"].array(ProofFile.memberChange)
        epochRecords = try file.values["epoch_records"]?.array(ProofFile.epochRecord) ?? []
        header = try file["header"].header()
        attestations = try file["attestations"].array(ProofFile.attestation)
        guard memberChanges.count + epochRecords.count <= Self.turnsMaximum else {
            throw ProofFault(
                path: "member_changes", problem: "has more than \(Self.turnsMaximum) changes")
        }
    }

    /// The JSON text; reading it gives the same document again.
    public var json: String {
        var members: [JSONTree.Member] = [
            .init(name: "format", value: .string(Self.format)),
            .init(name: "chain", value: .hex(chain)),
            .init(
                name: "member_changes", value: .array(memberChanges.map { ProofFile.tree($0) })),
        ]
        if !epochRecords.isEmpty {
            members.append(
                .init(
                    name: "epoch_records",
                    value: .array(epochRecords.map { ProofFile.tree($0) })))
        }
        members += [
            .init(name: "header", value: .hex(header.encoded)),
            .init(name: "attestations", value: .array(attestations.map { ProofFile.tree($0) })),
        ]
        return JSONText.write(.object(members), indented: true) + "\n"
    }
}

/// An older header, shown by the history root of a later one.
public struct Ancestry: Hashable, Sendable {
    public var header: BlockHeader
    /// RFC 6962 inclusion path; its index is the older height, its tree's size the later one.
    public var path: [Hash256]

    public static let bytesMaximum = 1 << 16

    public init(header: BlockHeader, path: [Hash256]) {
        self.header = header
        self.path = path
    }

    /// Whether it shows an ancestor of the later header.
    public func holds(in later: BlockHeader) -> Bool {
        header.chain == later.chain && header.height < later.height
            && MerkleTree.verifyInclusion(
                leafHash: MerkleTree.leafHash(header.hash), index: header.height.rawValue,
                size: later.height.rawValue, path: path, root: later.historyRoot)
    }

    /// - Throws: ``ProofFault`` for anything unknown, missing, repeated or malformed.
    public init(json bytes: [UInt8]) throws(ProofFault) {
        let file = try ProofJSON.parse(bytes, maximumBytes: Self.bytesMaximum)
            .object(["header", "path"])
        header = try file["header"].header()
        path = try file["path"].hashes()
    }

    public var json: String {
        JSONText.write(
            .object([
                .init(name: "header", value: .hex(header.encoded)),
                .init(name: "path", value: .array(path.map { .hex($0) })),
            ]), indented: true) + "\n"
    }
}
