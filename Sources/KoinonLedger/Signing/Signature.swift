import KoinonProtocol

/// An Ed25519 signature: R ‖ S, 64 bytes (RFC 8032 §5.1.6).
public struct Signature: Hashable, Sendable, CustomStringConvertible {
    /// The encoded point R.
    public var r: Storage32
    /// The scalar S, little endian as RFC 8032 has it.
    public var s: Storage32

    public static let byteCount = 64

    /// Fails unless there are exactly 64 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self = Array(bytes).withUnsafeBytes { Signature(reading: $0) }
    }

    /// Reads the first 64 bytes.
    init(reading bytes: UnsafeRawBufferPointer) {
        r = Storage32(reading: bytes)
        s = Storage32(reading: UnsafeRawBufferPointer(rebasing: bytes[32...]))
    }

    public var bytes: [UInt8] { withBytes { Array($0) } }
    public var description: String { Hex.encode(bytes) }

    /// Calls `body` with the 64 bytes in order.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        let words = (
            r.word0.bigEndian, r.word1.bigEndian, r.word2.bigEndian, r.word3.bigEndian,
            s.word0.bigEndian, s.word1.bigEndian, s.word2.bigEndian, s.word3.bigEndian
        )
        return try withUnsafeBytes(of: words, body)
    }
}
