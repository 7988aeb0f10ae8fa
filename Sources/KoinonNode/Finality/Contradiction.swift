import Foundation
import KoinonLedger
import KoinonProtocol

/// Two attestations by one node key in one epoch that no honest member makes: of two blocks of
/// one height, or of blocks on two branches.
///
/// Anyone can check it with nothing else at hand.
public struct Contradiction: Hashable, Sendable {
    /// Of one height, in the order of their hashes, so that the same two make the same evidence;
    /// of two, the lower one first.
    public let first: Attestation
    public let second: Attestation
    /// Of two heights: what shows that they are on two branches.
    private let history: History?

    private struct History: Hashable, Sendable {
        var header: BlockHeader
        var ancestry: Ancestry
    }

    /// Nil when an honest member may have signed both; signatures are not looked at.
    public init?(_ one: Attestation, _ other: Attestation) {
        guard one.publicKey == other.publicKey, one.epoch == other.epoch,
            one.height == other.height, one.blockHash != other.blockHash
        else { return nil }
        (first, second) = one.blockHash < other.blockHash ? (one, other) : (other, one)
        history = nil
    }

    /// - Parameters:
    ///   - header: of the higher block.
    ///   - ancestry: what its chain has at the height of the other.
    package init(_ branches: TwoBranches, header: BlockHeader, ancestry: Ancestry) {
        first = branches.aside
        second = branches.onChain
        history = History(header: header, ancestry: ancestry)
    }

    public var publicKey: PublicKey { first.publicKey }

    /// As it travels in an entry.
    public var message: ContradictingPair {
        var pair = ContradictingPair()
        pair.first = first.envelope.message
        pair.second = second.envelope.message
        if let history {
            pair.header = Data(history.header.encoded)
            pair.ancestor = Data(history.ancestry.header.hash.bytes)
            pair.path = history.ancestry.path.map { Data($0.bytes) }
        }
        return pair
    }

    /// Whether both were signed with the key.
    public var isAuthentic: Bool {
        first.envelope.isAuthentic(as: .attestation)
            && second.envelope.isAuthentic(as: .attestation)
    }
}
