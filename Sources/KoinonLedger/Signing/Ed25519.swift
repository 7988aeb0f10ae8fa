import CSodium
import KoinonProtocol
import Synchronization

/// The one judgement of Ed25519 signatures on which all nodes must agree
/// (docs/formats/signing.md):
///
/// - the key is a canonically encoded point of the prime-order group, not the identity;
/// - S < L, and R is none of the small-order points;
/// - [S]B = R + [h]A, without cofactor, R compared by its bytes.
///
/// libsodium 1.0.18 judges so; other libraries and versions differ on crafted
/// signatures, which is why ``selfTest()`` runs before a node does anything.
public enum Ed25519 {
    /// libsodium chooses its implementation for this processor once; thread-safe.
    private static let isReady: Bool = sodium_init() >= 0

    /// Keys that passed ``isValidPublicKey(_:)``, which costs as much as a signature
    /// check. Only keys with an authentic signature come in, so that nobody can push
    /// others out for nothing. It changes no verdict.
    private static let validKeys = Mutex<Set<PublicKey>>([])
    private static let validKeysMaximum = 1 << 20

    /// Whether the key is the canonical encoding of a point, not the identity, of
    /// the prime-order group: `crypto_core_ed25519_is_valid_point`.
    public static func isValidPublicKey(_ key: PublicKey) -> Bool {
        guard isReady else { return false }
        return key.storage.withBytes { bytes in
            crypto_core_ed25519_is_valid_point(bytes.bytePointer) == 1
        }
    }

    /// Judges a signature over exactly `message`; about 50 µs.
    static func isAuthentic(
        _ signature: Signature, of message: UnsafeRawBufferPointer, by key: PublicKey
    ) -> Bool {
        guard isReady else { return false }
        let equationHolds = signature.withBytes { signature in
            key.storage.withBytes { key in
                crypto_sign_verify_detached(
                    signature.bytePointer, message.bytePointer, UInt64(message.count),
                    key.bytePointer) == 0
            }
        }
        return equationHolds && isKnownValid(key)
    }

    private static func isKnownValid(_ key: PublicKey) -> Bool {
        if validKeys.withLock({ $0.contains(key) }) { return true }
        guard isValidPublicKey(key) else { return false }
        validKeys.withLock { keys in
            if keys.count >= validKeysMaximum { keys.removeAll(keepingCapacity: true) }
            keys.insert(key)
        }
        return true
    }

    /// Signs `message` with the key made from a seed (RFC 8032 §5.1.6).
    static func sign(_ message: UnsafeRawBufferPointer, seed: Storage32, publicKey: PublicKey)
        -> Signature
    {
        precondition(isReady, "libsodium starts")
        // libsodium's secret key is the seed followed by the public key.
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { secret in
            seed.copyBytes(to: secret, at: 0)
            publicKey.storage.copyBytes(to: secret, at: 32)
            defer { sodium_memzero(secret.bytePointer, 64) }
            return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { signature in
                crypto_sign_detached(
                    signature.bytePointer, nil, message.bytePointer, UInt64(message.count),
                    UnsafeRawBufferPointer(secret).bytePointer)
                return Signature(reading: UnsafeRawBufferPointer(signature))
            }
        }
    }

    /// The public key of a seed (RFC 8032 §5.1.5).
    static func publicKey(ofSeed seed: Storage32) -> PublicKey {
        precondition(isReady, "libsodium starts")
        return withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { buffer in
            defer { sodium_memzero(buffer.bytePointer, 96) }
            let secret = UnsafeMutableRawBufferPointer(rebasing: buffer[32...])
            _ = seed.withBytes { seed in
                crypto_sign_seed_keypair(buffer.bytePointer, secret.bytePointer, seed.bytePointer)
            }
            return PublicKey(storage: Storage32(reading: UnsafeRawBufferPointer(buffer)))
        }
    }

    /// 32 bytes from the system's generator.
    static func randomSeed() -> Storage32 {
        precondition(isReady, "libsodium starts")
        return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            defer { sodium_memzero(buffer.bytePointer, 32) }
            randombytes_buf(buffer.bytePointer, 32)
            return Storage32(reading: UnsafeRawBufferPointer(buffer))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// For C; the buffer must have an address, as those of keys, signatures and tagged
    /// messages do.
    var bytePointer: UnsafePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("the buffer has an address") }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    var bytePointer: UnsafeMutablePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("the buffer has an address") }
        return baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}
