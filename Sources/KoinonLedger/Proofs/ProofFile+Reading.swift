import KoinonProtocol

extension ProofFile {
    /// Reads the JSON text; at most 8 MiB. Says nothing yet about what it proves:
    /// ``check(genesis:)`` does.
    ///
    /// - Throws: ``ProofFault`` for anything unknown, missing, repeated or malformed.
    public init(json bytes: [UInt8]) throws(ProofFault) {
        let file = try ProofJSON.parse(bytes).object(
            ["format", "chain", "member_changes", "header", "attestations", "content"],
            optional: ["epoch_records", "history"])
        guard try file["format"].text() == Self.format else {
            throw ProofFault(path: "format", problem: "is not \"\(Self.format)\"")
        }
        chain = try file["chain"].value(ChainID.self)
        memberChanges = try file["member_changes"].array(Self.memberChange)
        epochRecords = try file.values["epoch_records"]?.array(Self.epochRecord) ?? []
        header = try file["header"].header()
        attestations = try file["attestations"].array(Self.attestation)
        history = nil
        if let json = file.values["history"] {
            let object = try json.object(["header", "path"])
            history = History(
                header: try object["header"].header(), path: try object["path"].hashes())
        }
        content = try Self.content(try file["content"])
    }

    static func memberChange(_ json: ProofJSON) throws(ProofFault) -> MemberChange {
        let object = try json.object(["header", "attestations", "members"])
        var change = MemberChange(
            header: try object["header"].header(), attestations: [],
            members: try memberSet(try object["members"]))
        // As they stand in the file: checking wants them ascending.
        change.attestations = try object["attestations"].array(attestation)
        return change
    }

    static func epochRecord(_ json: ProofJSON) throws(ProofFault) -> EpochRecord {
        let object = try json.object(
            ["epoch", "header", "attestations"], optional: ["members", "next_attestations"])
        var record = EpochRecord(
            epoch: try object["epoch"].number(), header: try object["header"].header(),
            attestations: [])
        record.attestations = try object["attestations"].array(attestation)
        guard object.values["members"] != nil || object.values["next_attestations"] != nil else {
            return record
        }
        var next = EpochRecord.Next(
            members: try memberSet(try object["members"]), attestations: [])
        next.attestations = try object["next_attestations"].array(attestation)
        record.next = next
        return record
    }

    static func memberSet(_ members: ProofJSON) throws(ProofFault) -> MemberSet {
        let entries = try members.array { (json) throws(ProofFault) in
            let object = try json.object(["id", "node_key"])
            return MemberSet.Entry(
                id: try object["id"].member(),
                nodeKey: try object["node_key"].value(PublicKey.self))
        }
        for (one, next) in zip(entries, entries.dropFirst()) where one.id >= next.id {
            throw members.fault("are not ascending by id, each once")
        }
        return MemberSet(entries)
    }

    static func attestation(_ json: ProofJSON) throws(ProofFault) -> Attestation {
        let object = try json.object(["member", "body", "public_key", "signature"])
        return Attestation(
            member: try object["member"].member(),
            envelope: Envelope(
                body: try object["body"].bytes(),
                publicKey: try object["public_key"].value(PublicKey.self),
                signature: try signature(try object["signature"])))
    }

    private static func signature(_ json: ProofJSON) throws(ProofFault) -> Signature {
        let bytes = try json.bytes()
        guard let signature = Signature(bytes) else {
            throw json.fault("has \(bytes.count) bytes, not 64")
        }
        return signature
    }

    private static func content(_ json: ProofJSON) throws(ProofFault) -> Content {
        guard case .object(let members) = json.tree,
            case .string(let kind)? = members.first(where: { $0.name == "kind" })?.value
        else { throw json.fault("is no object with a kind") }
        switch kind {
        case "block":
            _ = try json.object(["kind"])
            return .block
        case "transaction":
            return .transaction(try transaction(json))
        case "state":
            let object = try json.object(["kind", "key", "value", "siblings"])
            return .state(
                key: try object["key"].bytes(), value: try object["value"].bytes(),
                siblings: try object["siblings"].hashes())
        case "absent":
            let object = try json.object(["kind", "key", "siblings"], optional: ["other_leaf"])
            var proof = StateProof(siblings: try object["siblings"].hashes(), otherLeaf: nil)
            if let json = object.values["other_leaf"] {
                let leaf = try json.object(["key_hash", "value_hash"])
                proof.otherLeaf = StateProof.OtherLeaf(
                    keyHash: try leaf["key_hash"].value(Hash256.self),
                    valueHash: try leaf["value_hash"].value(Hash256.self))
            }
            return .absent(key: try object["key"].bytes(), proof: proof)
        default:
            throw ProofFault(
                path: json.path + ".kind", problem: "is none of block, transaction, state, absent")
        }
    }

    private static func transaction(_ json: ProofJSON) throws(ProofFault) -> TransactionProof {
        let object = try json.object(["kind", "id", "transaction", "receipt", "path"])
        let packed = try object["transaction"]
        let packedBytes = try packed.bytes()
        let envelope: Envelope
        do {
            envelope = try Envelope(packed: packedBytes)
        } catch {
            throw packed.fault("is none: \(error)")
        }
        guard try object["id"].value(Hash256.self) == envelope.bodyHash else {
            throw try object["id"].fault("is not that of the transaction")
        }
        return TransactionProof(
            transaction: envelope, receipt: try object["receipt"].bytes(),
            path: try object["path"].array(step))
    }

    private static func step(_ json: ProofJSON) throws(ProofFault) -> TransactionProof.Step {
        let object = try json.object(["side", "transactions", "receipts"])
        guard let side = MerkleTree.Side(rawValue: try object["side"].text()) else {
            throw try object["side"].fault("is neither \"left\" nor \"right\"")
        }
        return TransactionProof.Step(
            side: side, transactions: try object["transactions"].value(Hash256.self),
            receipts: try object["receipts"].value(Hash256.self))
    }
}
