import KoinonLedger
import KoinonProtocol

/// Keys of the hosts of loaded listings. They come from one secret of the home, so that a
/// second run finds the same accounts, and nobody without the secret can tell which host of
/// the file an account belongs to, or sign for it.
public enum ListingHostKey {
    /// Seed: SHA-256("koinon/listings/host/v1" ‖ 0x00 ‖ the secret's 32 bytes ‖ the host's id).
    public static func of(_ host: String, secret: SigningKey) -> SigningKey {
        let seed = Hash256.sha256(tag: "koinon/listings/host/v1", [secret.seed, Array(host.utf8)])
        guard let key = SigningKey(seed: seed.bytes) else {
            preconditionFailure("a digest has the length of a seed")
        }
        return key
    }
}
