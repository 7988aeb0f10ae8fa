import CSHA256
import Crypto
import KoinonProtocol

/// SHA-256 (FIPS 180-4) over bytes that arrive in parts.
///
/// By the processor's own instructions where there are any, without allocating; by
/// swift-crypto elsewhere. Both give the same bytes.
public struct SHA256Hasher: Sendable {
    private static let hasInstructions = koinon_sha256_is_available()

    private var own = koinon_sha256()
    /// Nil where the processor does it.
    private var digest: Crypto.SHA256?

    public init() {
        self.init(byInstructions: Self.hasInstructions)
    }

    /// - Precondition: where `byInstructions` is true, the processor has them.
    init(byInstructions: Bool) {
        if byInstructions {
            koinon_sha256_begin(&own)
        } else {
            digest = Crypto.SHA256()
        }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if digest == nil {
            guard let address = bytes.baseAddress else { return }
            koinon_sha256_update(&own, address, bytes.count)
        } else {
            digest?.update(bufferPointer: bytes)
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    public mutating func update(_ byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// The 32 bytes of a hash, key or chain id.
    public mutating func update(_ value: some Bytes32) {
        value.storage.withBytes { update($0) }
    }

    public mutating func update(_ value: Hash256) {
        value.storage.withBytes { update($0) }
    }

    /// Big endian, as every integer that Koinon hashes.
    public mutating func update(bigEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { update($0) }
    }

    /// The hash of everything so far; the hasher may go on.
    public func finalize() -> Hash256 {
        if let digest {
            return digest.finalize().withUnsafeBytes { Hash256(storage: Storage32(reading: $0)) }
        }
        return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
            withUnsafePointer(to: own) { koinon_sha256_finish($0, buffer.bytePointer) }
            return Hash256(storage: Storage32(reading: UnsafeRawBufferPointer(buffer)))
        }
    }
}

extension SHA256Hasher {
    /// Begins with  tag ‖ 0x00,  which keeps hashes of different kinds apart.
    public init(tag: String) {
        self.init()
        var tag = tag
        tag.withUTF8 { update(UnsafeRawBufferPointer($0)) }
        update(0 as UInt8)
    }
}
