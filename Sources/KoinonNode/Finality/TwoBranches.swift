import KoinonLedger
import KoinonProtocol

/// Two attestations by one node key in one epoch that no honest member makes: of blocks on two
/// branches, at different heights.
///
/// The header of the higher block, with the path to what stood before it at the other height,
/// shows it to anyone.
public struct TwoBranches: Hashable, Sendable {
    /// Of a block that this chain does not have.
    public let aside: Attestation
    /// Of a higher block of this chain.
    public let onChain: Attestation

    /// Nil when an honest member may have signed both; what is this chain's is not looked at.
    init?(aside: Attestation, onChain: Attestation) {
        guard aside.publicKey == onChain.publicKey, aside.epoch == onChain.epoch,
            aside.height < onChain.height
        else { return nil }
        self.aside = aside
        self.onChain = onChain
    }

    public var publicKey: PublicKey { aside.publicKey }
}
