/// A value of exactly 32 bytes without heap storage: hashes, public keys, chain ids.
///
/// Ordered as the bytes are, so that sorting needs no conversion.
public protocol Bytes32: Hashable, Comparable, Sendable, CustomStringConvertible {
    var storage: Storage32 { get }
    init(storage: Storage32)
}

/// Four big-endian words; comparing words compares bytes.
public struct Storage32: Hashable, Comparable, Sendable {
    public var word0: UInt64
    public var word1: UInt64
    public var word2: UInt64
    public var word3: UInt64

    @inlinable
    public init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        self.word0 = word0
        self.word1 = word1
        self.word2 = word2
        self.word3 = word3
    }

    @inlinable
    public init(reading bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= 32, "32 bytes are needed")
        word0 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        word1 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        word2 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        word3 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    @inlinable
    public static func < (a: Self, b: Self) -> Bool {
        if a.word0 != b.word0 { return a.word0 < b.word0 }
        if a.word1 != b.word1 { return a.word1 < b.word1 }
        if a.word2 != b.word2 { return a.word2 < b.word2 }
        return a.word3 < b.word3
    }

    /// Calls `body` with the 32 bytes in order.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let words = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
        return try withUnsafeBytes(of: words, body)
    }
}

extension Bytes32 {
    public static var byteCount: Int { 32 }

    /// Fails unless there are exactly 32 bytes.
    @inlinable
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        if let value = bytes.withContiguousStorageIfAvailable({
            Storage32(reading: UnsafeRawBufferPointer($0))
        }) {
            self.init(storage: value)
        } else {
            self.init(storage: Array(bytes).withUnsafeBytes { Storage32(reading: $0) })
        }
    }

    /// From 64 hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    @inlinable
    public var bytes: [UInt8] { storage.withBytes { Array($0) } }

    public var hex: String { Hex.encode(bytes) }
    public var description: String { hex }

    @inlinable
    public static func < (a: Self, b: Self) -> Bool { a.storage < b.storage }
}

/// A SHA-256 hash.
public struct Hash256: Bytes32 {
    public var storage: Storage32
    @inlinable
    public init(storage: Storage32) { self.storage = storage }
    /// 32 zero bytes: the parent of block 0, and "no hash".
    public static let zero = Hash256(storage: Storage32(0, 0, 0, 0))
}

/// An Ed25519 public key in its encoded form (RFC 8032 §5.1.2).
public struct PublicKey: Bytes32 {
    public var storage: Storage32
    @inlinable
    public init(storage: Storage32) { self.storage = storage }
}

/// Names one alliance: the hash of its genesis document.
public struct ChainID: Bytes32 {
    public var storage: Storage32
    @inlinable
    public init(storage: Storage32) { self.storage = storage }
}

/// Hexadecimal text, lower case.
public enum Hex {
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for an odd count or anything that is no digit. Takes both cases.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
