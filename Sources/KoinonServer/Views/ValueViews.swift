import KoinonClient
import KoinonProtocol

/// An amount of money as answers write it.
///
/// `minor` is text because programs that read numbers as floating point lose what lies
/// above 2^53.
public struct MoneyView: Codable, Sendable, Equatable {
    /// In the smallest part of the unit.
    public var minor: String
    public var unit: String
    /// With the unit's decimal places and a point, whatever the language: "1.23".
    public var text: String

    public init(minor: UInt64, unit: String, scale: Int) {
        self.minor = String(minor)
        self.unit = unit
        text = MoneyText.format(Amount(minor: minor), scale: scale)
    }
}

/// A moment as answers write it.
public struct TimeView: Codable, Sendable, Equatable {
    /// Milliseconds since 1970-01-01 UTC.
    public var ms: UInt64
    /// RFC 3339 in UTC.
    public var text: String

    public init(_ time: Timestamp) {
        ms = time.milliseconds
        text = time.iso8601
    }

    public init(ms: UInt64) { self.init(Timestamp(milliseconds: ms)) }

    /// Nil for 0, which on the ledger means "not said".
    public init?(unlessZero ms: UInt64) {
        guard ms > 0 else { return nil }
        self.init(ms: ms)
    }
}

/// A place in degrees, and exactly as on the ledger: degrees times 10,000,000.
public struct PlaceView: Codable, Sendable, Equatable {
    public var latitude: Double
    public var longitude: Double
    public var latitudeE7: Int32
    public var longitudeE7: Int32

    public init(_ place: Place) {
        latitudeE7 = place.latitudeE7
        longitudeE7 = place.longitudeE7
        latitude = Double(place.latitudeE7) / 1e7
        longitude = Double(place.longitudeE7) / 1e7
    }
}

/// numerator / denominator.
public struct FractionView: Codable, Sendable, Equatable {
    public var numerator: UInt32
    public var denominator: UInt32
}

/// An id together with what people call it.
public struct NamedView: Codable, Sendable, Equatable {
    public var id: String
    public var title: String
}

/// One thing and the block after which it is so.
public struct Reading<Value: Codable & Sendable>: Codable, Sendable {
    public var height: UInt64
    /// The highest block that a quorum has signed.
    public var finalHeight: UInt64
    public var time: TimeView
    public var value: Value
}

/// Part of a list and the block after which it is so.
public struct ListPage<Row: Codable & Sendable>: Codable, Sendable {
    public var height: UInt64
    /// The highest block that a quorum has signed.
    public var finalHeight: UInt64
    public var time: TimeView
    public var rows: [Row]
    /// Ask again with it as `cursor` for what follows; absent at the end.
    public var next: String?
}

/// Limits of lists.
public enum PageLimits {
    public static let standard = 50
    public static let maximum = 200
}
