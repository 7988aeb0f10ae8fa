import Foundation
import KoinonProtocol

/// How listings of rooms and homes are read from CSV, and on which terms `koinon load
/// listings` offers them: the file that `--mapping` names. docs/listings.md describes it.
public struct ListingMapping: Hashable, Sendable {
    public static let format = "koinon/listings/v1"
    /// The step of every tariff.
    public static let nightMilliseconds: UInt64 = 86_400_000

    /// For people; not read by the program.
    public var note: String?
    /// What separates fields; one ASCII character.
    public var delimiter: UInt8
    public var columns: Columns
    /// What the column of kinds may hold; anything else is refused.
    public var kinds: [KindName]
    /// Decimals of a degree that an offer's place is rounded to: homes are not shown to
    /// the metre.
    public var placeDecimals: Int
    public var terms: Terms

    /// The names of the file's columns.
    public struct Columns: Hashable, Sendable {
        public var listing: String
        public var title: String
        public var host: String
        public var kind: String
        /// A night's, in whole units with decimals if it likes.
        public var price: String
        public var minimumNights: String?
        /// For how many nights it is to be had; none of them: it is not on offer.
        public var availableNights: String?
        public var latitude: String?
        public var longitude: String?
    }

    /// One value of the column of kinds, and the kind of resource that it means.
    public struct KindName: Hashable, Sendable {
        public var value: String
        public var kind: String
        /// The kind's name for people.
        public var title: String
    }

    public struct Terms: Hashable, Sendable {
        public var unit: LeaseTerms.Unit
        public var deposit: Amount
        public var reducedDeposit: LeaseTerms.ReducedDeposit?
        /// The platform's share of the charge, rounded down.
        public var platformFee: LeaseTerms.Fraction
    }
}

extension ListingMapping {
    /// Reads a mapping file.
    /// - Throws: ``MappingFault`` naming the key and the remedy.
    public init(path: String) throws(MappingFault) {
        try self.init(json: MappingFile.read(path), name: path)
    }

    /// Decodes a mapping; `name` is what faults call it.
    /// - Throws: ``MappingFault`` naming the key and the remedy.
    public init(json: [UInt8], name: String) throws(MappingFault) {
        self = try MappingFile.decode(
            ListingMapping.self, json, name: name, document: "docs/listings.md")
    }
}
