import KoinonLedger
import KoinonProtocol

/// What a node leaves that found a quorum for another block than its own
/// (docs/formats/evidence.md).
public struct DivergenceEvidence: Sendable {
    public let elsewhere: QuorumElsewhere
    /// This node's block at that height.
    public let own: BlockHeader
    /// What the quorum signed, where a peer showed it.
    public var theirs: BlockHeader?
    /// Where both results part, where a peer showed its own.
    public var transaction: (id: Hash256?, leaf: Int, what: String)?
    public var row: (key: [UInt8], own: [UInt8]?, theirs: [UInt8]?)?
    /// Why rows of state, or some before ``row``, could not be compared with a peer's; nil where
    /// they were, or no peer showed the quorum's block.
    public var whyNoRow: String?

    public static let format = "koinon/evidence/v1"

    public init(_ elsewhere: QuorumElsewhere, own: BlockHeader) {
        self.elsewhere = elsewhere
        self.own = own
    }

    /// Names of the header's fields that differ; nil while theirs is not known.
    public var differs: [String]? { theirs.map { own.differences(from: $0) } }

    /// Whether the two were made of other entries: the order differs, not the execution.
    public var isOtherOrder: Bool? {
        differs.map { $0.contains("entries_root") || $0.contains("parent") }
    }

    public var meaning: String {
        let head =
            "\(elsewhere.attestations.count) of \(elsewhere.judges) members signed block \(elsewhere.height) as \(elsewhere.theirs); this node has \(elsewhere.own)."
        switch isOtherOrder {
        case true?:
            return head + " The blocks hold other entries: this node was given another order."
        case false?:
            return head
                + " The blocks hold the same entries: executing them led to another result here or there."
        case nil: return head
        }
    }

    public var remedy: String {
        switch isOtherOrder {
        case true?:
            "keep this home as it is; while the others go on, take the ledger anew from them (docs/operate.md, \"A node was shown another order\"), and if nobody does, follow docs/recovery.md together"
        case false?:
            "keep this home as it is; run `koinon verify` here, and `koinon diff-state` with a copy of another member's home; then restore that copy"
        case nil:
            "keep this home as it is; run `koinon diff-state` with a copy of another member's home: it tells whether the order or the execution differs, and where first"
        }
    }

    public var json: String {
        var members: [JSONTree.Member] = [
            .init(name: "format", value: .string(Self.format)),
            .init(name: "chain", value: .string(own.chain.hex)),
            .init(name: "height", value: .string("\(elsewhere.height)")),
            .init(name: "epoch", value: .string("\(own.epoch)")),
            .init(name: "own_header", value: .string(Hex.encode(own.encoded))),
            .init(name: "own_hash", value: .string(elsewhere.own.hex)),
            .init(name: "their_hash", value: .string(elsewhere.theirs.hex)),
        ]
        if let theirs, let differs {
            members += [
                .init(name: "their_header", value: .string(Hex.encode(theirs.encoded))),
                .init(name: "differs", value: .array(differs.map { .string($0) })),
            ]
        }
        members.append(
            .init(name: "quorum", value: .array(elsewhere.attestations.map(Self.tree))))
        if let first = firstDifference {
            members.append(.init(name: "first_difference", value: .object(first)))
        }
        if let whyNoRow {
            members.append(.init(name: "state_not_compared", value: .string(whyNoRow)))
        }
        members += [
            .init(name: "meaning", value: .string(meaning)),
            .init(name: "remedy", value: .string(remedy)),
        ]
        return JSONText.write(.object(members), indented: true) + "\n"
    }

    private var firstDifference: [JSONTree.Member]? {
        var members: [JSONTree.Member] = []
        if let transaction {
            if let id = transaction.id {
                members.append(.init(name: "transaction", value: .string(id.hex)))
            }
            members += [
                .init(name: "leaf", value: .string("\(transaction.leaf)")),
                .init(name: "what", value: .string(transaction.what)),
            ]
        }
        if let row {
            members += [
                .init(name: "state_key", value: .string(Hex.encode(row.key))),
                .init(name: "own_value", value: row.own.map { .string(Hex.encode($0)) } ?? .null),
                .init(
                    name: "their_value", value: row.theirs.map { .string(Hex.encode($0)) } ?? .null
                ),
            ]
        }
        return members.isEmpty ? nil : members
    }

    private static func tree(_ signed: QuorumElsewhere.MemberAttestation) -> JSONTree {
        let envelope = signed.attestation.envelope
        return .object([
            .init(name: "member", value: .string(signed.member.rawValue)),
            .init(name: "body", value: .string(Hex.encode(envelope.body))),
            .init(name: "public_key", value: .string(envelope.publicKey.hex)),
            .init(name: "signature", value: .string(Hex.encode(envelope.signature.bytes))),
        ])
    }
}
