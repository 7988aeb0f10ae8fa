import Foundation
import KoinonProtocol

/// What to look for among open offers.
public struct OfferQuery: Sendable, Equatable {
    public enum Sort: String, Sendable, CaseIterable {
        /// With text: those with all words in the title first; within that, and without
        /// text, the newest first.
        case relevance
        /// Least charge, lowest first; needs a unit, since prices of different units do not
        /// compare.
        case price
        /// Nearest first; needs a place.
        case distance
        /// Of the provider in the kind of the resource, highest first.
        case standing
    }
    public struct Circle: Sendable, Equatable {
        /// Degrees.
        public var latitude: Double
        public var longitude: Double
        /// Metres; nil: any distance.
        public var radius: Double?

        public init(latitude: Double, longitude: Double, radius: Double? = nil) {
            self.latitude = latitude
            self.longitude = longitude
            self.radius = radius
        }

        /// Nil when nothing is given.
        ///
        /// - Throws: when a coordinate is missing.
        init?(
            latitude: Double?, longitude: Double?, radius: Double?
        ) throws(Contradiction) {
            guard latitude != nil || longitude != nil else {
                guard radius == nil else { throw .radiusWithoutPlace }
                return nil
            }
            guard let latitude else { throw .onlyHalfAPlace(missing: "lat") }
            guard let longitude else { throw .onlyHalfAPlace(missing: "lon") }
            self.init(latitude: latitude, longitude: longitude, radius: radius)
        }
    }

    public var text: String?
    public var kind: String?
    public var unit: String?
    public var process: String?
    /// Id of the member on whose platform it is offered.
    public var platform: String?
    public var near: Circle?
    /// Free throughout [from, until), in milliseconds since 1970.
    public var window: Range<UInt64>?
    public var quantity: UInt64 = 1
    /// Of the least charge, in the smallest part of the unit.
    public var maximumPrice: UInt64?
    public var minimumStandingPpm: UInt32?
    public var sort = Sort.relevance
    public var cursor: Cursor?
    public var limit = PageLimits.standard

    public init() {}

    /// What of a search does not go together.
    enum Contradiction: Error, Equatable {
        /// A price, as a bound or an order, without its unit.
        case priceWithoutUnit
        /// An order by distance without a place.
        case distanceWithoutPlace
        case radiusWithoutPlace
        /// One of the two coordinates without this other one.
        case onlyHalfAPlace(missing: String)
        /// A time without a beginning and a later end; with the parameter that is to blame.
        case noWindow(String)
    }

    /// - Throws: what does not go together.
    func check() throws(Contradiction) {
        if unit == nil, maximumPrice != nil || sort == .price { throw .priceWithoutUnit }
        if sort == .distance, near == nil { throw .distanceWithoutPlace }
    }

    /// Nil when neither is given.
    ///
    /// - Throws: when only one is, or the end is not later.
    static func window(
        from: UInt64?, until: UInt64?
    ) throws(Contradiction) -> Range<UInt64>? {
        switch (from, until) {
        case (nil, nil): return nil
        case (let from?, let until?) where from < until: return from..<until
        default: throw .noWindow(until == nil ? "to" : "from")
        }
    }

    /// Where a page ended: by what it is sorted, and the offer's number.
    public struct Cursor: Sendable, Equatable {
        var sort: Sort
        /// Tier, price, millimetres or standing.
        var value: Int64
        var number: Int64

        /// Nil for text that no answer has given.
        public init?(text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let sort = Sort(rawValue: String(parts[0])),
                let value = Int64(parts[1]), let number = Int64(parts[2]), value >= 0, number >= 0
            else { return nil }
            self.init(sort: sort, value: value, number: number)
        }

        init(sort: Sort, value: Int64, number: Int64) {
            self.sort = sort
            self.value = value
            self.number = number
        }

        public var text: String { "\(sort.rawValue).\(value).\(number)" }
    }
}

/// An offer that a search found.
struct OfferHit: Sendable, Equatable {
    var id: Data
    var cursor: OfferQuery.Cursor
    var millimetres: Int64?
}
