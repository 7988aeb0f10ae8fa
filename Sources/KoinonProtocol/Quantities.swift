/// Position of a block in the chain; block 0 comes from the genesis document.
public struct Height: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    public static let genesis = Height(0)
    public var next: Height { Height(rawValue + 1) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }
}

/// A moment: milliseconds since 1970-01-01 00:00 UTC, leap seconds not counted.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(milliseconds: UInt64) { rawValue = milliseconds }
    public var milliseconds: UInt64 { rawValue }
    /// Days since 1970-01-01 UTC.
    public var utcDay: UInt64 { rawValue / 86_400_000 }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }

    /// The last moment that any timestamp on the ledger may name: the end of the year 9999.
    public static let maximum = Timestamp(milliseconds: 253_402_300_799_999)
}

/// Money in the smallest part of its unit; never negative, never beyond 2^63 − 1,
/// so that signed arithmetic on amounts cannot lose one.
public struct Amount: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(minor: UInt64) { rawValue = minor }
    public var minor: UInt64 { rawValue }
    public static let zero = Amount(minor: 0)
    public static let maximum = Amount(minor: UInt64(Int64.max))

    /// Nil when the sum passes ``maximum``.
    public func adding(_ other: Amount) -> Amount? {
        let (sum, overflow) = rawValue.addingReportingOverflow(other.rawValue)
        return overflow || sum > Self.maximum.rawValue ? nil : Amount(minor: sum)
    }

    /// Nil when `other` is larger.
    public func subtracting(_ other: Amount) -> Amount? {
        other.rawValue > rawValue ? nil : Amount(minor: rawValue - other.rawValue)
    }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }
}
