import KoinonProtocol

/// The file in which a follower keeps what it trusts (docs/formats/trust.md). Whoever can
/// write it decides what is believed: it is kept like a key, not taken from others.
extension TrustedChain {
    public static let format = "koinon/trusted/v1"
    public static let bytesMaximum = 1 << 20

    public var json: String {
        var members: [JSONTree.Member] = [
            .init(name: "format", value: .string(Self.format)),
            .init(name: "chain", value: .hex(chain)),
            .init(name: "epoch", value: .string(String(sets.epoch))),
            .init(name: "least", value: .string(String(sets.least.rawValue))),
            .init(name: "member_changes", value: .string(String(sets.memberChanges))),
            .init(name: "members", value: ProofFile.tree(sets.members)),
        ]
        if let turn = sets.turn {
            members.append(
                .init(
                    name: "turn",
                    value: .object([
                        .init(name: "block", value: .hex(turn.block)),
                        .init(name: "judges", value: ProofFile.tree(turn.judges)),
                    ])))
        }
        if let header {
            members += [
                .init(name: "header", value: .hex(header.encoded)),
                .init(name: "judges", value: ProofFile.tree(judges)),
                .init(
                    name: "attestations", value: .array(attestations.map { ProofFile.tree($0) })),
            ]
        }
        return JSONText.write(.object(members), indented: true) + "\n"
    }

    /// Reads the file, and checks once more that the header has its quorum.
    ///
    /// - Throws: ``ProofFault``
    public init(json bytes: [UInt8]) throws(ProofFault) {
        let file = try ProofJSON.parse(bytes, maximumBytes: Self.bytesMaximum).object(
            ["format", "chain", "epoch", "least", "member_changes", "members"],
            optional: ["turn", "header", "judges", "attestations"])
        guard try file["format"].text() == Self.format else {
            throw ProofFault(path: "format", problem: "is not \"\(Self.format)\"")
        }
        let chain = try file["chain"].value(ChainID.self)
        let members = try ProofFile.memberSet(try file["members"])
        let epoch = try file["epoch"].number()
        var turn: TrustedSets.Turn?
        if let json = file.values["turn"] {
            let object = try json.object(["block", "judges"])
            turn = TrustedSets.Turn(
                block: try object["block"].value(Hash256.self),
                judges: try ProofFile.memberSet(try object["judges"]))
        }
        guard let count = Int(exactly: try file["member_changes"].number()) else {
            throw ProofFault(path: "member_changes", problem: "is too large")
        }
        let sets = TrustedSets(
            chain: chain, members: members, epoch: epoch,
            least: Height(try file["least"].number()), memberChanges: count, turn: turn)
        guard let json = file.values["header"] else {
            self.init(sets: sets, header: nil, attestations: [], judges: members)
            return
        }
        let header = try json.header()
        let judges = try ProofFile.memberSet(try file["judges"])
        let attestations = try file["attestations"].array(ProofFile.attestation)
        try ProofFile.checkChain(of: header, is: chain, path: "header")
        try TrustedSets.check(
            attestations, of: header, in: header.epoch, by: judges, chain: chain, path: "")
        guard header.height.next >= sets.least, header.epoch <= epoch,
            header.nextMembersHash == members.hash
        else {
            throw ProofFault(path: "header", problem: "does not lead to the members of the file")
        }
        self.init(sets: sets, header: header, attestations: attestations, judges: judges)
    }
}
