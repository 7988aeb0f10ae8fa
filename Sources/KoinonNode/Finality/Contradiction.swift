import KoinonLedger
import KoinonProtocol

/// Two attestations by one node key that no honest member makes: of two blocks of one epoch
/// and height.
///
/// Anyone can check it with nothing else at hand.
public struct Contradiction: Hashable, Sendable {
    /// In the order of their hashes, so that the same two make the same evidence.
    public let first: Attestation
    public let second: Attestation

    /// Nil when an honest member may have signed both; signatures are not looked at.
    public init?(_ one: Attestation, _ other: Attestation) {
        guard one.publicKey == other.publicKey, one.epoch == other.epoch,
            one.height == other.height, one.blockHash != other.blockHash
        else { return nil }
        (first, second) = one.blockHash < other.blockHash ? (one, other) : (other, one)
    }

    public var publicKey: PublicKey { first.publicKey }

    /// As it travels in an entry.
    public var message: ContradictingPair {
        var pair = ContradictingPair()
        pair.first = first.envelope.message
        pair.second = second.envelope.message
        return pair
    }

    /// Whether both were signed with the key.
    public var isAuthentic: Bool {
        first.envelope.isAuthentic(as: .attestation)
            && second.envelope.isAuthentic(as: .attestation)
    }
}
