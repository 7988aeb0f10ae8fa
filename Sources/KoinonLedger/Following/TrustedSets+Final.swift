import KoinonProtocol

extension TrustedSets {
    /// Whether the block is one that ``members`` judge in ``epoch`` and a quorum of them, and
    /// nobody else, signed it.
    ///
    /// - Parameter path: where the parts stand in the file, with its last point.
    /// - Throws: ``ProofFault`` with the first part that does not hold.
    public func checkFinal(
        _ header: BlockHeader, _ attestations: [ProofFile.Attestation], path: String = ""
    ) throws(ProofFault) {
        try ProofFile.checkChain(of: header, is: chain, path: path + "header")
        guard header.epoch == epoch else {
            throw ProofFault(
                path: path + "header",
                problem: header.epoch > epoch
                    ? "has epoch \(header.epoch), whose record is not shown"
                    : "has epoch \(header.epoch), which is over: \(epoch) has begun")
        }
        guard header.height >= least else {
            throw ProofFault(
                path: path + "header", problem: "has a height not above the change before")
        }
        try Self.check(
            attestations, of: header, in: epoch, by: members, chain: chain, path: path)
    }

    /// A quorum of the set attested the block in that epoch; each of them once, ascending.
    static func check(
        _ attestations: [ProofFile.Attestation], named list: String = "attestations",
        of header: BlockHeader, in epoch: UInt64, by members: MemberSet, chain: ChainID,
        path: String
    ) throws(ProofFault) {
        let isJudge = list == "attestations"
        guard (isJudge ? header.membersHash : header.nextMembersHash) == members.hash else {
            throw ProofFault(
                path: path + "header",
                problem: "is judged by other members than the file leads to")
        }
        let block = AttestedBlock(header, epoch: epoch)
        for (index, attestation) in attestations.enumerated() {
            let path = path + "\(list)[\(index)]"
            if index > 0, attestations[index - 1].member >= attestation.member {
                throw ProofFault(
                    path: path + ".member", problem: "is not above the one before: each once")
            }
            try check(attestation, of: block, members: members, path: path)
        }
        guard attestations.count >= members.quorum else {
            throw ProofFault(
                path: path + list,
                problem: "has \(attestations.count) of \(members.members.count) members; "
                    + "\(members.quorum) make a block final")
        }
    }

    /// What an attestation must name.
    private struct AttestedBlock {
        var chain: ChainID
        var epoch: UInt64
        var height: Height
        var hash: Hash256

        init(_ header: BlockHeader, epoch: UInt64) {
            chain = header.chain
            self.epoch = epoch
            height = header.height
            hash = header.hash
        }
    }

    private static func check(
        _ attestation: ProofFile.Attestation, of block: AttestedBlock, members: MemberSet,
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
        guard ChainID(body.chain) == block.chain, body.epoch == block.epoch,
            body.height == block.height.rawValue, Hash256(body.blockHash) == block.hash
        else {
            throw ProofFault(path: path + ".body", problem: "attests something else")
        }
        guard attestation.envelope.isAuthentic(as: .attestation) else {
            throw ProofFault(path: path + ".signature", problem: "is not the member's")
        }
    }
}
