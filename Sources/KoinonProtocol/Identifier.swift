/// What an ``Identifier`` names; gives its text form a prefix of its own, so that
/// an offer's id is never taken for an account's.
public protocol IdentifierKind: Sendable {
    /// Human-readable part of the bech32m text.
    static var textPrefix: String { get }
    /// Domain tag of the hash that the id is cut from.
    static var tag: String { get }
}

/// The first 20 bytes of a domain-separated SHA-256; text form bech32m.
public struct Identifier<Kind: IdentifierKind>: Hashable, Comparable, Sendable,
    CustomStringConvertible
{
    @usableFromInline var high: UInt64
    @usableFromInline var middle: UInt64
    @usableFromInline var low: UInt32

    public static var byteCount: Int { 20 }

    /// Fails unless there are exactly 20 bytes.
    @inlinable
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 20 else { return nil }
        if let id = bytes.withContiguousStorageIfAvailable({
            Self(reading: UnsafeRawBufferPointer($0))
        }) {
            self = id
        } else {
            self = Array(bytes).withUnsafeBytes { Self(reading: $0) }
        }
    }

    /// Reads 20 bytes, which must be there.
    @usableFromInline
    init(reading bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        middle = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        low = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// The first 20 of a hash's bytes.
    public init(truncating hash: Hash256) {
        high = hash.storage.word0
        middle = hash.storage.word1
        low = UInt32(truncatingIfNeeded: hash.storage.word2 >> 32)
    }

    /// Reads the bech32m text; nil when the prefix, length or checksum is wrong.
    public init?(text: String) {
        guard let (prefix, bytes) = Bech32m.decode(text), prefix == Kind.textPrefix else {
            return nil
        }
        self.init(bytes)
    }

    @inlinable
    public var bytes: [UInt8] {
        let words = (high.bigEndian, middle.bigEndian)
        var result = withUnsafeBytes(of: words) { Array($0) }
        withUnsafeBytes(of: low.bigEndian) { result.append(contentsOf: $0) }
        return result
    }

    /// The same as ``bytes``, without an array of their own.
    @inlinable
    public func append(to bytes: inout [UInt8]) {
        let words = (high.bigEndian, middle.bigEndian)
        withUnsafeBytes(of: words) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
    }

    public var text: String { Bech32m.encode(prefix: Kind.textPrefix, bytes) }
    public var description: String { text }

    @inlinable
    public static func < (a: Self, b: Self) -> Bool {
        if a.high != b.high { return a.high < b.high }
        if a.middle != b.middle { return a.middle < b.middle }
        return a.low < b.low
    }
}

public enum AccountKind: IdentifierKind {
    public static let textPrefix = "koi"
    public static let tag = "koinon/account/v1"
}
public enum ResourceKind: IdentifierKind {
    public static let textPrefix = "koires"
    public static let tag = "koinon/resource/v1"
}
public enum OfferKind: IdentifierKind {
    public static let textPrefix = "koioff"
    public static let tag = "koinon/offer/v1"
}
public enum AgreementKind: IdentifierKind {
    public static let textPrefix = "koiagr"
    public static let tag = "koinon/agreement/v1"
}
public enum ProposalKind: IdentifierKind {
    public static let textPrefix = "koiprop"
    public static let tag = "koinon/proposal/v1"
}
public enum RequestKind: IdentifierKind {
    public static let textPrefix = "koireq"
    public static let tag = "koinon/request/v1"
}

public enum FlagKind: IdentifierKind {
    public static let textPrefix = "koiflag"
    public static let tag = "koinon/flag/v1"
}

public typealias AccountID = Identifier<AccountKind>
public typealias ResourceID = Identifier<ResourceKind>
public typealias OfferID = Identifier<OfferKind>
public typealias AgreementID = Identifier<AgreementKind>
public typealias ProposalID = Identifier<ProposalKind>
public typealias RequestID = Identifier<RequestKind>
public typealias FlagID = Identifier<FlagKind>
