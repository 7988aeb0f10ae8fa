import KoinonProtocol

extension ProofFile {
    /// The JSON text, one field a line; reading it gives the same proof again.
    public var json: String {
        var members: [JSONTree.Member] = [
            .init(name: "format", value: .string(Self.format)),
            .init(name: "chain", value: .hex(chain)),
            .init(name: "member_changes", value: .array(memberChanges.map(Self.tree))),
        ]
        if !epochRecords.isEmpty {
            members.append(
                .init(name: "epoch_records", value: .array(epochRecords.map(Self.tree))))
        }
        members += [
            .init(name: "header", value: .hex(header.encoded)),
            .init(name: "attestations", value: .array(attestations.map(Self.tree))),
        ]
        if let history {
            members.append(
                .init(
                    name: "history",
                    value: .object([
                        .init(name: "header", value: .hex(history.header.encoded)),
                        .init(name: "path", value: .array(history.path.map { .hex($0) })),
                    ])))
        }
        members.append(.init(name: "content", value: Self.tree(content)))
        return JSONText.write(.object(members), indented: true) + "\n"
    }

    static func tree(_ change: MemberChange) -> JSONTree {
        .object([
            .init(name: "header", value: .hex(change.header.encoded)),
            .init(name: "attestations", value: .array(change.attestations.map(tree))),
            .init(name: "members", value: tree(change.members)),
        ])
    }

    static func tree(_ record: EpochRecord) -> JSONTree {
        var members: [JSONTree.Member] = [
            .init(name: "epoch", value: .string(String(record.epoch))),
            .init(name: "header", value: .hex(record.header.encoded)),
            .init(name: "attestations", value: .array(record.attestations.map(tree))),
        ]
        if let next = record.next {
            members += [
                .init(name: "members", value: tree(next.members)),
                .init(
                    name: "next_attestations", value: .array(next.attestations.map(tree))),
            ]
        }
        return .object(members)
    }

    static func tree(_ set: MemberSet) -> JSONTree {
        .array(
            set.members.map {
                .object([
                    .init(name: "id", value: .string($0.id.rawValue)),
                    .init(name: "node_key", value: .hex($0.nodeKey)),
                ])
            })
    }

    static func tree(_ attestation: Attestation) -> JSONTree {
        .object([
            .init(name: "member", value: .string(attestation.member.rawValue)),
            .init(name: "body", value: .hex(attestation.envelope.body)),
            .init(name: "public_key", value: .hex(attestation.envelope.publicKey)),
            .init(name: "signature", value: .hex(attestation.envelope.signature.bytes)),
        ])
    }

    private static func tree(_ content: Content) -> JSONTree {
        switch content {
        case .block:
            return .object([.init(name: "kind", value: .string("block"))])
        case .transaction(let proof):
            return .object([
                .init(name: "kind", value: .string("transaction")),
                .init(name: "id", value: .hex(proof.transaction.bodyHash)),
                .init(name: "transaction", value: .hex(proof.transaction.packed)),
                .init(name: "receipt", value: .hex(proof.receipt)),
                .init(name: "path", value: .array(proof.path.map(tree))),
            ])
        case .state(let key, let value, let siblings):
            return .object([
                .init(name: "kind", value: .string("state")),
                .init(name: "key", value: .hex(key)),
                .init(name: "value", value: .hex(value)),
                .init(name: "siblings", value: .array(siblings.map { .hex($0) })),
            ])
        case .absent(let key, let proof):
            var members: [JSONTree.Member] = [
                .init(name: "kind", value: .string("absent")),
                .init(name: "key", value: .hex(key)),
                .init(name: "siblings", value: .array(proof.siblings.map { .hex($0) })),
            ]
            if let leaf = proof.otherLeaf {
                members.append(
                    .init(
                        name: "other_leaf",
                        value: .object([
                            .init(name: "key_hash", value: .hex(leaf.keyHash)),
                            .init(name: "value_hash", value: .hex(leaf.valueHash)),
                        ])))
            }
            return .object(members)
        }
    }

    private static func tree(_ step: TransactionProof.Step) -> JSONTree {
        .object([
            .init(name: "side", value: .string(step.side.rawValue)),
            .init(name: "transactions", value: .hex(step.transactions)),
            .init(name: "receipts", value: .hex(step.receipts)),
        ])
    }
}

extension JSONTree {
    static func hex(_ bytes: [UInt8]) -> JSONTree { .string(Hex.encode(bytes)) }
    static func hex(_ value: some Bytes32) -> JSONTree { .string(value.hex) }
}
