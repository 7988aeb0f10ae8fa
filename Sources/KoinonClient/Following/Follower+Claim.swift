import KoinonLedger
import KoinonProtocol

extension Follower {
    /// Proves or refuses what a proof file claims, by the chain that is trusted: an older block
    /// is looked up in the history of the trusted header, whoever's signatures the file has.
    ///
    /// - Throws: `ProofFault` when the claim does not hold.
    public func check(_ proof: ProofFile, by trusted: TrustedChain) async throws -> CheckedProof {
        guard let header = trusted.header, proof.contentHeader.height < header.height else {
            return try proof.check(trusted: trusted)
        }
        var last: (any Error)?
        for source in sources {
            let ancestry: Ancestry
            do {
                ancestry = try Ancestry(
                    json: try await source.history(
                        of: proof.contentHeader.height, in: header.height))
            } catch {
                last = error
                continue
            }
            guard ancestry.holds(in: header),
                ancestry.header.height == proof.contentHeader.height
            else { continue }
            return try proof.check(trusted: trusted, ancestry: ancestry)
        }
        // Perhaps the file shows by itself how it stands to what is trusted.
        do { return try proof.check(trusted: trusted) } catch { throw last ?? error }
    }
}
