import KoinonLedger
import KoinonProtocol
import KoinonStore

extension StoredEpochRecord {
    /// Whether its epoch could begin on a block: signed in it by a quorum of those who judge the
    /// block and, where it names others, of those.
    ///
    /// - Returns: how many signatures were checked.
    /// - Throws: `Verification.Finding`
    func check(
        base hash: Hash256, chain: ChainID, judges: MemberSet, next: MemberSet
    ) throws -> Int {
        func finding(_ what: String) -> Verification.Finding {
            Verification.Finding(height: height, what: "the record of epoch \(epoch) \(what)")
        }
        guard let beginning = try? RecoveryRecord(strict: bytes).beginning,
            beginning.epoch == epoch
        else { throw finding("does not decode") }
        let base: CheckedHeader
        do { base = try CheckedHeader(beginning.base, epoch: epoch, chain: chain) } catch {
            throw finding("does not hold: \(error.what)")
        }
        guard base.header.hash == hash else { throw finding("begins on another block") }
        for set in judges == next ? [judges] : [judges, next] where !base.hasQuorum(of: set) {
            throw finding(
                "lacks signatures: \(set.quorum) of \(set.members.count) members are needed")
        }
        return base.attestations.count
    }
}
