import KoinonProtocol
import Testing

@testable import KoinonReplay

/// A mapping of listings as people write one, with one text replaced.
func listingMapping(
    _ old: String = "", _ new: String = ""
) throws(MappingFault) -> ListingMapping {
    let text = """
        {"format": "koinon/listings/v1",
         "columns": {"listing": "id", "title": "name", "host": "host", "kind": "type",
                     "price": "price", "minimum_nights": "least", "available_nights": "open",
                     "latitude": "lat", "longitude": "lon"},
         "kinds": [{"value": "Home", "kind": "home", "title": "Whole home"},
                   {"value": "Flat", "kind": "home", "title": "Whole home"},
                   {"value": "Room", "kind": "room", "title": "Room"}],
         "terms": {"unit": {"id": "usd", "title": "US dollar", "scale": 2},
                   "deposit_minor": 20000,
                   "reduced_deposit": {"after_settled": 5, "deposit_minor": 5000},
                   "platform_fee": {"numerator": 10, "denominator": 100}}}
        """
    return try ListingMapping(
        json: bytes(old.isEmpty ? text : text.replacing(old, with: new)), name: "m.json")
}

@Suite("A mapping of listings")
struct ListingMappingTests {
    @Test("is read key by key")
    func everything() throws {
        let mapping = try listingMapping()
        #expect(mapping.delimiter == UInt8(ascii: ","))
        #expect(mapping.placeDecimals == 2)
        #expect(mapping.columns.minimumNights == "least")
        #expect(mapping.kinds.map(\.kind) == ["home", "home", "room"])
        #expect(mapping.terms.deposit == Amount(minor: 20_000))
        #expect(mapping.terms.reducedDeposit?.afterSettled == 5)
        #expect(mapping.terms.platformFee.share(of: Amount(minor: 105)) == Amount(minor: 10))
    }

    /// The text to replace, by what, and the place and part of the message.
    @Test(
        "is refused with the place and the remedy",
        arguments: [
            ("listings/v1", "listings/v2", "format", "this program reads"),
            ("\"kinds\"", "\"kind\"", "kind", "known are: format, note,"),
            ("\"price\": \"price\",", "", "columns.price", "docs/listings.md"),
            ("\"price\": \"price\"", "\"price\": 5", "columns.price", "docs/listings.md"),
            ("\"lon\"}", "\"lon\", \"zip\": \"z\"}", "columns.zip", "known are: listing,"),
            (", \"longitude\": \"lon\"", "", "columns.longitude", "both columns or neither"),
            ("\"Flat\"", "\"Home\"", "kinds", "stands there twice"),
            ("\"kind\": \"room\"", "\"kind\": \"home\"", "kinds", "two titles"),
            ("\"kind\": \"room\"", "\"kind\": \"A room\"", "kinds.Index 2.kind", "no short name"),
            ("\"scale\": 2", "\"scale\": 7", "terms.unit.scale", "0 to 6"),
            ("20000", "-1", "terms.deposit_minor", "whole number"),
            ("20000", "4999", "terms.reduced_deposit.deposit_minor", "larger than"),
            ("10, \"den", "101, \"den", "terms.platform_fee.numerator", "at most the whole"),
            ("\"terms\"", "\"place_decimals\": 4, \"terms\"", "place_decimals", "0 to 3"),
            ("\"terms\"", "\"delimiter\": \"\\t\\t\", \"terms\"", "delimiter", "one ASCII"),
        ])
    func refused(old: String, new: String, path: String, message: String) throws {
        let fault = try #require(throws: MappingFault.self) { try listingMapping(old, new) }
        #expect(fault.path == path)
        #expect(fault.description.contains(message), "\(fault)")
        #expect(fault.file == "m.json")
    }
}
