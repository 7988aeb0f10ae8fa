import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct EnvelopeTests {
    let key = SigningKey(seed: [UInt8](repeating: 7, count: 32))!

    @Test func `a signature holds for its own kind only`() {
        for tag in SigningTag.allCases {
            let envelope = key.sign([1, 2, 3], as: tag)
            for other in SigningTag.allCases {
                #expect(envelope.isAuthentic(as: other) == (other == tag), "\(tag) as \(other)")
            }
        }
    }

    @Test(arguments: [0, 1, 1000, 100_000])
    func `bodies of any length are signed and checked`(count: Int) {
        let envelope = key.sign([UInt8](repeating: 9, count: count), as: .entry)
        #expect(envelope.isAuthentic(as: .entry))
    }

    @Test func `every changed byte of the packed form is noticed`() throws {
        let packed = key.sign([1, 2, 3], as: .transaction).packed
        #expect(try Envelope(packed: packed).isAuthentic(as: .transaction))
        for index in packed.indices {
            var changed = packed
            changed[index] ^= 1
            #expect(try !Envelope(packed: changed).isAuthentic(as: .transaction), "byte \(index)")
        }
    }

    @Test func `packed and protobuf forms give the envelope back`() throws {
        let envelope = key.sign(Array(0...200), as: .transaction)
        #expect(try Envelope(packed: envelope.packed) == envelope)
        #expect(try Envelope(envelope.message) == envelope)
        #expect(envelope.packed.count == 96 + 201)
        #expect(envelope.bodyHash == .sha256(Array(0...200)))
    }

    @Test func `wrong lengths are named`() {
        var signed = key.sign([1], as: .entry).message
        signed.publicKey.removeLast()
        #expect(throws: EnvelopeFault.publicKeyLength(31)) { try Envelope(signed) }
        signed = key.sign([1], as: .entry).message
        signed.signature.append(0)
        #expect(throws: EnvelopeFault.signatureLength(65)) { try Envelope(signed) }
        #expect(throws: EnvelopeFault.packedLength(95)) {
            try Envelope(packed: [UInt8](repeating: 0, count: 95))
        }
    }

    @Test func `a signing key shows its public half only`() throws {
        #expect(SigningKey(seed: [1]) == nil)
        #expect(SigningKey(seed: key.seed)?.publicKey == key.publicKey)
        #expect(SigningKey.generate().publicKey != SigningKey.generate().publicKey)
        var shown = "\(key)"
        dump(key, to: &shown)
        debugPrint(key, to: &shown)
        #expect(shown.contains(key.publicKey.hex))
        #expect(!shown.contains(Hex.encode(key.seed)))
        #expect(!shown.contains("word0: 506381209866536711"))
    }

    @Test func `the key pair of RFC 8032 test 1`() {
        let key = SigningKey(
            seed: Hex.decode(
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")!)
        #expect(
            key?.publicKey.hex
                == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    }

    @Test func `a message put together by hand has the bytes that protobuf writes`() {
        let key = SigningKey(seed: [UInt8](repeating: 9, count: 32))!
        for count in [0, 1, 31, 127, 128, 200, 16_383, 16_384] {
            let envelope = key.sign([UInt8](repeating: 7, count: count), as: .transaction)
            var entry = EntryBody()
            entry.author = "alfa"
            var bytes = entry.encoded
            entry.transactions = [envelope.message, envelope.message]
            for _ in 0..<2 { envelope.appendMessage(asField: 7, to: &bytes) }
            #expect(bytes == entry.encoded)
        }
    }
}
