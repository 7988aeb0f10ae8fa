import KoinonLedger
import KoinonProtocol

/// The order has shown attestations of more members than may lie, and not the blocks that they
/// are of.
///
/// An honest member attests a block after it has read the entry that closed it, so every entry
/// that carries this attestation stands behind that one. A node that has taken up all that stands
/// before such an entry, and has not closed the block, was given another order than the member.
public struct AttestedAhead: Error, Equatable, Sendable, CustomStringConvertible {
    /// The last block of this chain.
    public let tip: Height
    /// Of later blocks, one of each member; ascending by member.
    public let attestations: [QuorumElsewhere.MemberAttestation]
    /// How many members the set has that they belong to.
    public let judges: Int
    /// The lowest block here beside which more members have signed another than may lie, as far as
    /// was seen: one of them had other entries, so this node had closed it without some.
    public internal(set) var parted: Height?

    public var description: String {
        let names = attestations.map(\.member.rawValue).joined(separator: ", ")
        let height = attestations.map(\.attestation.height).max() ?? tip
        return
            "\(attestations.count) of \(judges) members (\(names)) signed blocks up to \(height), and the order does not show this node how it goes on behind block \(tip): it is shown another order than the others, and stops. What stands between it and the servers of etcd hides entries from it: put that right first\(next) (docs/operate.md, \"A node was shown another order\")"
    }

    private var next: String {
        if let parted {
            return
                ". It has closed block \(parted) without some of them, and they have another one: keep this home as evidence, and start anew from a snapshot in another home"
        }
        return
            ", then start it again; it reads the order anew from its last block on. If it stops so again with nothing hidden from it, compare that block with another node's"
    }
}

/// Attestations that the order has shown before their blocks, of each key as many as it takes for
/// that to say something.
struct AheadInOrder: Sendable {
    private var ahead: [PublicKey: [Height: Attestation]] = [:]

    /// Of so many different blocks a key has to have signed. Behind a ceremony one says nothing: it
    /// may be the base of a record that did not come about, which its signer has not read.
    private static func needed(in epoch: UInt64) -> Int { epoch == 0 ? 1 : 2 }

    /// - Parameters:
    ///   - attestation: in the epoch of the order, from an entry of it; all entries before that one
    ///     are taken up in the chain that ends with `tip`.
    ///   - judges: a set that judges at the chain's end. At most f of it lie, whoever takes its
    ///     place later; so more than f, and more than one, are one at least that has executed what it
    ///     signed.
    /// - Returns: what it comes to, if more have signed than may lie.
    mutating func note(
        _ attestation: Attestation, tip: Height, judges: MemberSet, rules: AllianceRules
    ) -> AttestedAhead? {
        let (key, height) = (attestation.publicKey, attestation.height)
        let needed = Self.needed(in: attestation.epoch)
        guard height > tip, judges.member(signingWith: key) != nil else { return nil }
        var own = (ahead[key] ?? [:]).filter { $0.key > tip }
        guard own.count < needed, own[height] == nil,
            attestation.envelope.isAuthentic(as: .attestation)
        else { return nil }
        own[height] = attestation
        ahead[key] = own
        let signed = judges.members.compactMap { member in
            let own = (ahead[member.nodeKey] ?? [:]).filter { $0.key > tip }
            return own.count < needed
                ? nil
                : own.values.max { $0.height < $1.height }.map {
                    QuorumElsewhere.MemberAttestation(member: member.id, attestation: $0)
                }
        }
        // One at least: where nobody may lie, a single false signature would stop every node for ever.
        let mayLie = max(1, judges.members.count - rules.quorum(judges))
        guard rules.showsOtherOrder(signed.count, mayLie) else { return nil }
        return AttestedAhead(tip: tip, attestations: signed, judges: judges.members.count)
    }
}
