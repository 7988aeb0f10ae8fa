import KoinonProtocol

extension ProofFile {
    /// Judges the file from the genesis document alone; reads no clock, file or network.
    ///
    /// - Throws: ``ProofFault`` with the first part that does not hold.
    public func check(genesis: GenesisDocument) throws(ProofFault) -> CheckedProof {
        guard chain == genesis.chain else {
            throw ProofFault(
                path: "chain", problem: "is \(chain); the genesis document makes \(genesis.chain)")
        }
        let members = try walkMembers(from: genesis.memberSet)
        try Self.checkFinal(header, attestations, judgedBy: members, chain: chain, path: "")
        if let history { try check(history) }
        return CheckedProof(
            chain: chain, header: contentHeader, attestedHeader: header, members: members,
            attesters: attestations.map(\.member), memberChanges: memberChanges.count,
            content: try checkContent())
    }

    /// From the members of genesis to those that judge ``header``; each set is believed
    /// because the set before it made the block final that names it.
    private func walkMembers(from first: MemberSet) throws(ProofFault) -> MemberSet {
        var members = first
        var least = Height.genesis
        for (index, change) in memberChanges.enumerated() {
            let path = "member_changes[\(index)]."
            guard change.header.height >= least else {
                throw ProofFault(
                    path: path + "header", problem: "has a height not above the change before")
            }
            try Self.checkFinal(
                change.header, change.attestations, judgedBy: members, chain: chain, path: path)
            guard change.members.hash == change.header.nextMembersHash else {
                throw ProofFault(
                    path: path + "members",
                    problem: "are not those whose hash the header names as next")
            }
            guard change.members != members else {
                throw ProofFault(path: path + "members", problem: "are those before: no change")
            }
            members = change.members
            least = change.header.height.next
        }
        guard header.height >= least else {
            throw ProofFault(path: "header", problem: "has a height not above the last change")
        }
        return members
    }

    /// Final by its own quorum: everyone in `attestations` is one of the members that
    /// the header names as its judges, and signed this header.
    private static func checkFinal(
        _ header: BlockHeader, _ attestations: [Attestation], judgedBy members: MemberSet,
        chain: ChainID, path: String
    ) throws(ProofFault) {
        try checkHeader(header, chain: chain, path: path + "header")
        guard header.membersHash == members.hash else {
            throw ProofFault(
                path: path + "header",
                problem: "is judged by other members than the file leads to")
        }
        let hash = header.hash
        for (index, attestation) in attestations.enumerated() {
            let path = path + "attestations[\(index)]"
            if index > 0, attestations[index - 1].member >= attestation.member {
                throw ProofFault(
                    path: path + ".member", problem: "is not above the one before: each once")
            }
            try check(attestation, of: header, hash: hash, members: members, path: path)
        }
        guard attestations.count >= members.quorum else {
            throw ProofFault(
                path: path + "attestations",
                problem: "has \(attestations.count) of \(members.members.count) members; "
                    + "\(members.quorum) make a block final")
        }
    }

    static func checkHeader(
        _ header: BlockHeader, chain: ChainID, path: String
    ) throws(ProofFault) {
        guard header.chain == chain else {
            throw ProofFault(path: path, problem: "is of another chain, \(header.chain)")
        }
        guard header.epoch == 0 else {
            throw ProofFault(
                path: path,
                problem: "has epoch \(header.epoch), whose record this version of the proof file "
                    + "cannot hold")
        }
    }

    private static func check(
        _ attestation: Attestation, of header: BlockHeader, hash: Hash256, members: MemberSet,
        path: String
    ) throws(ProofFault) {
        guard let nodeKey = members.nodeKey(of: attestation.member) else {
            throw ProofFault(
                path: path + ".member",
                problem: "\"\(attestation.member)\" is none of those who judge this block")
        }
        guard attestation.envelope.publicKey == nodeKey else {
            throw ProofFault(path: path + ".public_key", problem: "is not this member's node key")
        }
        let body: AttestationBody
        do {
            body = try AttestationBody(strict: attestation.envelope.body)
        } catch {
            throw ProofFault(path: path + ".body", problem: "is no attestation: \(error)")
        }
        guard ChainID(body.chain) == header.chain, body.epoch == header.epoch,
            body.height == header.height.rawValue, Hash256(body.blockHash) == hash
        else {
            throw ProofFault(path: path + ".body", problem: "attests something else")
        }
        guard attestation.envelope.isAuthentic(as: .attestation) else {
            throw ProofFault(path: path + ".signature", problem: "is not the member's")
        }
    }

    private func check(_ history: History) throws(ProofFault) {
        try Self.checkHeader(history.header, chain: chain, path: "history.header")
        guard history.header.height < header.height else {
            throw ProofFault(
                path: "history.header", problem: "has a height not below the attested header's")
        }
        let isAncestor = MerkleTree.verifyInclusion(
            leafHash: MerkleTree.leafHash(history.header.hash),
            index: history.header.height.rawValue, size: header.height.rawValue,
            path: history.path, root: header.historyRoot)
        guard isAncestor else {
            throw ProofFault(
                path: "history.path", problem: "does not lead to the attested history")
        }
    }
}
