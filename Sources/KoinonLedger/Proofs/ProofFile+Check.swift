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
        var sets = TrustedSets(genesis: genesis)
        try sets.take(memberChanges, epochRecords)
        try sets.checkFinal(header, attestations)
        return try checked(by: sets)
    }

    /// What the content proves, once ``header`` is known to be final.
    func checked(by sets: TrustedSets) throws(ProofFault) -> CheckedProof {
        if let history { try check(history) }
        return CheckedProof(
            chain: chain, header: contentHeader, attestedHeader: header, members: sets.members,
            attesters: attestations.map(\.member), memberChanges: sets.memberChanges,
            content: try checkContent())
    }

    static func checkChain(
        of header: BlockHeader, is chain: ChainID, path: String
    ) throws(ProofFault) {
        guard header.chain == chain else {
            throw ProofFault(path: path, problem: "is of another chain, \(header.chain)")
        }
    }

    private func check(_ history: History) throws(ProofFault) {
        try Self.checkChain(of: history.header, is: chain, path: "history.header")
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
