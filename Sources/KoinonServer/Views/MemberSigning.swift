import KoinonNode
import KoinonProtocol
import KoinonStore

extension LedgerReader {
    /// Signatures are looked for in so many of the last blocks.
    static let signingBlocks: UInt64 = 1_024

    /// The highest block that each member is seen to have signed; one is missing that has signed
    /// none of the last ``signingBlocks``.
    func lastSigned() throws -> [MemberID: Height] {
        let tip = try tip().header.height.rawValue
        return try lastAttested(above: Height(tip - min(tip, Self.signingBlocks)))
    }
}

extension Node {
    /// Members hosted here that sign nothing, and why.
    var silentMembers: [MemberID: FollowingReason] {
        var silent: [MemberID: FollowingReason] = [:]
        for standing in standings where isCurrent(standing) {
            guard case .follows(let reason) = standing.standing else { continue }
            silent[standing.member] = reason
        }
        return silent
    }
}
