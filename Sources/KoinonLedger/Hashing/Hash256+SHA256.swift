import KoinonProtocol

extension Hash256 {
    public static func sha256(_ bytes: [UInt8]) -> Hash256 {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// SHA-256(tag ‖ 0x00 ‖ parts one after the other).
    ///
    /// Parts carry no lengths: give each a fixed length, or only the last a free one.
    public static func sha256(tag: String, _ parts: [[UInt8]]) -> Hash256 {
        var hasher = SHA256Hasher(tag: tag)
        for part in parts { hasher.update(part) }
        return hasher.finalize()
    }

    /// SHA-256(prefix ‖ left ‖ right): a node of either kind of tree.
    ///
    /// One update over 65 bytes on the stack: trees spend their time here.
    @usableFromInline
    static func sha256(prefix: UInt8, _ left: Hash256, _ right: Hash256) -> Hash256 {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 1) { buffer in
            buffer[0] = prefix
            left.storage.copyBytes(to: buffer, at: 1)
            right.storage.copyBytes(to: buffer, at: 33)
            var hasher = SHA256Hasher()
            hasher.update(UnsafeRawBufferPointer(buffer))
            return hasher.finalize()
        }
    }
}

extension Storage32 {
    /// Writes the 32 bytes, most significant first. The buffer must reach that far.
    func copyBytes(to buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        buffer.storeBytes(of: word0.bigEndian, toByteOffset: offset, as: UInt64.self)
        buffer.storeBytes(of: word1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        buffer.storeBytes(of: word2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        buffer.storeBytes(of: word3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }
}
