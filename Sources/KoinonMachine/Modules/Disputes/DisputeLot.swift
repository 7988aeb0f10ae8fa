import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Which members decide: those whose hash comes first.
///
/// The rank of a member is SHA-256("koinon/lot/v1" ‖ 0x00 ‖ parent ‖ agreement ‖ round u32
/// ‖ member id), ascending by bytes. The parent is the hash of the header before the block
/// that draws. When the evidence ended, or the appeal came, that header did not exist.
struct DisputeLot {
    static let tag = "koinon/lot/v1"

    var parent: Hash256
    var agreement: AgreementID
    var round: UInt32
    /// Accounts; a member that acts through one of them decides nothing of its own.
    var parties: [Data]
    /// Members that sat in the first round; they come last.
    var earlier: [String]

    /// At most as many as the alliance's parameter says, in the order of their ranks.
    func draw(in state: some StateReader) -> [MemberID] {
        let size = Int(Alliance.parameters(in: state).disputePanelSize)
        let eligible = Alliance.members.rows(in: state).filter { row in
            !parties.contains(row.value.account)
        }.map(\.key)
        let fresh = ranked(eligible.filter { !earlier.contains($0.rawValue) })
        let again = ranked(eligible.filter { earlier.contains($0.rawValue) })
        return Array((fresh + again).prefix(size))
    }

    private func ranked(_ members: [MemberID]) -> [MemberID] {
        members.map { (rank: rank(of: $0), member: $0) }.sorted { $0.rank < $1.rank }
            .map(\.member)
    }

    func rank(of member: MemberID) -> Hash256 {
        var hasher = SHA256Hasher(tag: Self.tag)
        hasher.update(parent)
        hasher.update(agreement.bytes)
        hasher.update(bigEndian: round)
        hasher.update(Array(member.rawValue.utf8))
        return hasher.finalize()
    }
}
