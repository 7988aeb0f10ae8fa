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
