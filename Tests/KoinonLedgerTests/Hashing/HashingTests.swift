import CSHA256
import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct HashingTests {
    @Test func `SHA-256 gives the digests of FIPS 180-4`() {
        #expect(
            Hash256.sha256(Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        var hasher = SHA256Hasher()
        for _ in 0..<1000 { hasher.update([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
        #expect(
            hasher.finalize().hex
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// Elsewhere than on a processor that has the instructions, both are the same.
    @Test func `the processor's instructions and swift-crypto give the same digests`() {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 197) }
        let hasInstructions = koinon_sha256_is_available()
        for count in 0..<400 {
            // In one piece, and in two of every size that meets a block's end.
            for split in [0, count / 2, min(count, 55), min(count, 64), min(count, 65)] {
                var own = SHA256Hasher(byInstructions: hasInstructions)
                var other = SHA256Hasher(byInstructions: false)
                for part in [bytes[..<split], bytes[split..<count]] {
                    own.update(Array(part))
                    other.update(Array(part))
                }
                #expect(own.finalize() == other.finalize(), "\(count) bytes, split at \(split)")
                own.update(1 as UInt8)
                other.update(1 as UInt8)
                #expect(own.finalize() == other.finalize(), "and one more")
            }
        }
    }

    @Test func `parts, tags and integers are hashed as documented`() {
        let chain = ChainID([UInt8](repeating: 1, count: 32))!
        let key = PublicKey([UInt8](repeating: 2, count: 32))!
        #expect(
            Hash256.sha256(tag: "t", [[1], [2, 3]]) == .sha256([0x74, 0, 1, 2, 3]))
        let sender = AccountID(chain: chain, firstKey: key)
        #expect(
            sender.bytes
                == Array(
                    Hash256.sha256(
                        Array("koinon/account/v1".utf8) + [0] + chain.bytes + key.bytes
                    ).bytes.prefix(20)))
        let offer = OfferID(chain: chain, sender: sender, key: key, nonce: 0x0102, actionIndex: 3)
        #expect(
            offer.bytes
                == Array(
                    Hash256.sha256(
                        Array("koinon/offer/v1".utf8) + [0] + chain.bytes + sender.bytes
                            + key.bytes + [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3]
                    ).bytes.prefix(20)))
    }
}
