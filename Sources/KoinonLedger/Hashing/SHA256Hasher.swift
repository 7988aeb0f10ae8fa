import Crypto
import KoinonProtocol

/// SHA-256 (FIPS 180-4) over bytes that arrive in parts.
public struct SHA256Hasher: Sendable {
    private var digest = Crypto.SHA256()

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        digest.update(bufferPointer: bytes)
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { digest.update(bufferPointer: $0) }
    }

    public mutating func update(_ byte: UInt8) {
        withUnsafeBytes(of: byte) { digest.update(bufferPointer: $0) }
    }

    /// The 32 bytes of a hash, key or chain id.
    public mutating func update(_ value: some Bytes32) {
        value.storage.withBytes { digest.update(bufferPointer: $0) }
    }

    public mutating func update(_ value: Hash256) {
        value.storage.withBytes { digest.update(bufferPointer: $0) }
    }

    /// Big endian, as every integer that Koinon hashes.
    public mutating func update(bigEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { digest.update(bufferPointer: $0) }
    }

    /// The hash of everything so far; the hasher may go on.
    public func finalize() -> Hash256 {
        digest.finalize().withUnsafeBytes { Hash256(storage: Storage32(reading: $0)) }
    }
}

extension SHA256Hasher {
    /// Begins with  tag ‖ 0x00,  which keeps hashes of different kinds apart.
    public init(tag: String) {
        self.init()
        var tag = tag
        tag.withUTF8 { digest.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        update(0 as UInt8)
    }
}
