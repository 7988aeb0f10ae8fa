import KoinonProtocol

extension ProofFile {
    /// Judges the file by what a follower trusts instead of the genesis document; changes of
    /// members before that need not be in it, and are not looked at.
    ///
    /// A block that former members judged is taken only from the history of the header that
    /// is trusted: their keys may have come into anybody's hands since.
    ///
    /// - Parameter ancestry: shows the content's block in the history of the trusted header,
    ///   where a node was asked for it.
    /// - Throws: ``ProofFault`` with the first part that does not hold.
    public func check(
        trusted: TrustedChain, ancestry: Ancestry? = nil
    ) throws(ProofFault) -> CheckedProof {
        guard chain == trusted.chain else {
            throw ProofFault(path: "chain", problem: "is \(chain); \(trusted.chain) is trusted")
        }
        if let known = trusted.header {
            if known == header || known == contentHeader || ancestry != nil {
                return try check(inHistoryOf: known, of: trusted, ancestry)
            }
            if known.height == header.height {
                throw ProofFault(
                    path: "header", problem: "is not the block that is trusted at its height")
            }
        }
        guard header.height >= trusted.sets.least else {
            throw ProofFault(
                path: "header",
                problem: "was judged by former members; `koinon follow --claim` looks the block "
                    + "up in a node's history")
        }
        var sets = trusted.sets
        let least = sets.least
        let epoch = sets.epoch
        try sets.take(
            memberChanges.filter { $0.header.height >= least },
            epochRecords.filter { $0.epoch > epoch })
        try sets.checkFinal(header, attestations)
        return try checked(by: sets)
    }

    /// The content's block is the trusted one, or stands in its history.
    private func check(
        inHistoryOf known: BlockHeader, of trusted: TrustedChain, _ ancestry: Ancestry?
    ) throws(ProofFault) -> CheckedProof {
        if known != contentHeader {
            let shown = ancestry ?? history.map { Ancestry(header: $0.header, path: $0.path) }
            guard let shown, shown.holds(in: known) else {
                throw ProofFault(
                    path: "history", problem: "does not lead to the history that is trusted")
            }
            guard shown.header == contentHeader else {
                throw ProofFault(
                    path: "header",
                    problem: "is not the block that the trusted chain has at height "
                        + "\(contentHeader.height)")
            }
        }
        return CheckedProof(
            chain: chain, header: contentHeader, attestedHeader: known, members: trusted.judges,
            attesters: trusted.attestations.map(\.member),
            memberChanges: trusted.sets.memberChanges, content: try checkContent())
    }
}
