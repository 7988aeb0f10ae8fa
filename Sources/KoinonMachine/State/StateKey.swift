import KoinonProtocol

/// A value that can be part of a state key.
///
/// Encodings are prefix-free, so that parts put one behind the other are
/// unambiguous and rows sort by their parts: integers are big endian, ids are
/// their bytes, text has its length in front.
public protocol StateKey {
    func append(to key: inout [UInt8])
    /// Reads the part from the front and drops it.
    static func take(from key: inout ArraySlice<UInt8>) -> Self?
}

extension UInt64: StateKey {
    public func append(to key: inout [UInt8]) {
        withUnsafeBytes(of: bigEndian) { key.append(contentsOf: $0) }
    }

    public static func take(from key: inout ArraySlice<UInt8>) -> UInt64? {
        guard key.count >= 8 else { return nil }
        let value = key.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        key = key.dropFirst(8)
        return value
    }
}

extension UInt32: StateKey {
    public func append(to key: inout [UInt8]) {
        withUnsafeBytes(of: bigEndian) { key.append(contentsOf: $0) }
    }

    public static func take(from key: inout ArraySlice<UInt8>) -> UInt32? {
        guard key.count >= 4 else { return nil }
        let value = key.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        key = key.dropFirst(4)
        return value
    }
}

extension Identifier: StateKey {
    public static func take(from key: inout ArraySlice<UInt8>) -> Self? {
        guard key.count >= 20, let id = Self(key.prefix(20)) else { return nil }
        key = key.dropFirst(20)
        return id
    }
}

extension Bytes32 {
    public func append(to key: inout [UInt8]) {
        storage.withBytes { key.append(contentsOf: $0) }
    }

    public static func take(from key: inout ArraySlice<UInt8>) -> Self? {
        guard key.count >= 32, let value = Self(key.prefix(32)) else { return nil }
        key = key.dropFirst(32)
        return value
    }
}

extension Hash256: StateKey {}
extension PublicKey: StateKey {}

/// Text of at most 255 bytes; longer text never reaches a key, modules check first.
extension String: StateKey {
    public func append(to key: inout [UInt8]) {
        var text = self
        text.withUTF8 { bytes in
            key.append(UInt8(min(bytes.count, 255)))
            key.append(contentsOf: bytes.prefix(255))
        }
    }

    public static func take(from key: inout ArraySlice<UInt8>) -> String? {
        guard let count = key.first, key.count > Int(count) else { return nil }
        let text = String(decoding: key.dropFirst().prefix(Int(count)), as: UTF8.self)
        key = key.dropFirst(1 + Int(count))
        return text
    }
}

/// Bytes of any length up to 255, with the length in front.
public struct ByteString: StateKey {
    public var bytes: [UInt8]
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public func append(to key: inout [UInt8]) {
        key.append(UInt8(min(bytes.count, 255)))
        key.append(contentsOf: bytes.prefix(255))
    }
    public static func take(from key: inout ArraySlice<UInt8>) -> ByteString? {
        guard let count = key.first, key.count > Int(count) else { return nil }
        let bytes = Array(key.dropFirst().prefix(Int(count)))
        key = key.dropFirst(1 + Int(count))
        return ByteString(bytes)
    }
}

extension MemberID: StateKey {
    public func append(to key: inout [UInt8]) { rawValue.append(to: &key) }

    public static func take(from key: inout ArraySlice<UInt8>) -> MemberID? {
        String.take(from: &key).flatMap(MemberID.init(rawValue:))
    }
}

/// Two parts, the first one leading.
public struct Key2<A: StateKey, B: StateKey>: StateKey {
    public var a: A
    public var b: B
    public init(_ a: A, _ b: B) {
        self.a = a
        self.b = b
    }
    public func append(to key: inout [UInt8]) {
        a.append(to: &key)
        b.append(to: &key)
    }
    public static func take(from key: inout ArraySlice<UInt8>) -> Self? {
        guard let a = A.take(from: &key), let b = B.take(from: &key) else { return nil }
        return Self(a, b)
    }
}

/// Three parts, the first one leading.
public struct Key3<A: StateKey, B: StateKey, C: StateKey>: StateKey {
    public var a: A
    public var b: B
    public var c: C
    public init(_ a: A, _ b: B, _ c: C) {
        self.a = a
        self.b = b
        self.c = c
    }
    public func append(to key: inout [UInt8]) {
        a.append(to: &key)
        b.append(to: &key)
        c.append(to: &key)
    }
    public static func take(from key: inout ArraySlice<UInt8>) -> Self? {
        guard let a = A.take(from: &key), let b = B.take(from: &key), let c = C.take(from: &key)
        else { return nil }
        return Self(a, b, c)
    }
}

/// The key of a table that has one row.
public struct NoKey: StateKey {
    public init() {}
    public func append(to key: inout [UInt8]) {}
    public static func take(from key: inout ArraySlice<UInt8>) -> NoKey? { NoKey() }
}
