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
