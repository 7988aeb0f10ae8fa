import Foundation
import KoinonProtocol

/// Why a signed message has no valid form, whatever its signature is worth.
public enum EnvelopeFault: Error, Equatable, CustomStringConvertible {
    case publicKeyLength(Int)
    case signatureLength(Int)
    /// The packed form ends before its body begins.
    case packedLength(Int)

    public var description: String {
        switch self {
        case .publicKeyLength(let count): "public_key has \(count) bytes; give 32"
        case .signatureLength(let count): "signature has \(count) bytes; give 64"
        case .packedLength(let count):
            "the packed form has \(count) bytes; give public_key 32, signature 64, then the body"
        }
    }
}

/// A body and a signature over it: the form of transactions, entries,
/// attestations and consents (docs/formats/signing.md).
///
/// The body is kept exactly as it came; nothing is ever signed or hashed again
/// from decoded fields.
public struct Envelope: Hashable, Sendable {
    public let body: [UInt8]
    public let publicKey: PublicKey
    public let signature: Signature

    public init(body: [UInt8], publicKey: PublicKey, signature: Signature) {
        self.body = body
        self.publicKey = publicKey
        self.signature = signature
    }

    public init(_ signed: Signed) throws(EnvelopeFault) {
        guard let publicKey = PublicKey(signed.publicKey) else {
            throw .publicKeyLength(signed.publicKey.count)
        }
        guard let signature = Signature(signed.signature) else {
            throw .signatureLength(signed.signature.count)
        }
        self.init(body: Array(signed.body), publicKey: publicKey, signature: signature)
    }

    /// The protobuf form, as it travels.
    public var message: Signed {
        var signed = Signed()
        signed.body = Data(body)
        signed.publicKey = Data(publicKey.bytes)
        signed.signature = Data(signature.bytes)
        return signed
    }

    /// Appends ``message`` as a field of the message that `bytes` encode so far: the same
    /// bytes as protobuf writes, without making it.
    public func appendMessage(asField field: Int, to bytes: inout [UInt8]) {
        // Body, 32-byte key and 64-byte signature, each with one byte of tag and its length.
        var inner = 2 + PublicKey.byteCount + 2 + Signature.byteCount
        if !body.isEmpty { inner += 1 + [UInt8].varintByteCount(UInt64(body.count)) + body.count }
        bytes.append(varint: UInt64(field << 3 | 2))
        bytes.append(varint: UInt64(inner))
        if !body.isEmpty { bytes.append(field: 1, body) }
        bytes.append(2 << 3 | 2)
        bytes.append(UInt8(PublicKey.byteCount))
        publicKey.storage.withBytes { bytes.append(contentsOf: $0) }
        bytes.append(3 << 3 | 2)
        bytes.append(UInt8(Signature.byteCount))
        signature.withBytes { bytes.append(contentsOf: $0) }
    }

    static let packedHeadCount = 96

    /// public key 32 ‖ signature 64 ‖ body: the form that is stored and put in trees.
    public var packed: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.packedHeadCount + body.count)
        publicKey.storage.withBytes { bytes.append(contentsOf: $0) }
        signature.withBytes { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: body)
        return bytes
    }

    public init(packed bytes: [UInt8]) throws(EnvelopeFault) {
        guard bytes.count >= Self.packedHeadCount else { throw .packedLength(bytes.count) }
        (publicKey, signature) = bytes.withUnsafeBytes { bytes in
            (
                PublicKey(storage: Storage32(reading: bytes)),
                Signature(reading: UnsafeRawBufferPointer(rebasing: bytes[32...]))
            )
        }
        body = Array(bytes[Self.packedHeadCount...])
    }

    /// Whether the key signed  tag ‖ 0x00 ‖ body;  pure, safe from any thread,
    /// about 50 µs (twice that for a key never seen).
    public func isAuthentic(as tag: SigningTag) -> Bool {
        tag.withMessage(body) { Ed25519.isAuthentic(signature, of: $0, by: publicKey) }
    }

    /// SHA-256 of the body bytes: the id of a transaction.
    public var bodyHash: Hash256 { .sha256(body) }
}

extension SHA256Hasher {
    /// The bytes of ``Envelope/packed``.
    public mutating func update(packed envelope: Envelope) {
        update(envelope.publicKey)
        envelope.signature.withBytes { update($0) }
        update(envelope.body)
    }
}
