import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("A file of listings")
struct ListingFileTests {
    private static let header = "id,name,host,type,price,least,open,lat,lon"

    private func file(_ rows: String...) throws -> ListingFile {
        try ListingFile(
            csv: bytes(([Self.header] + rows).joined(separator: "\n")), name: "l.csv",
            mapping: listingMapping())
    }

    @Test("gives nights, prices and coarse places")
    func reading() throws {
        let read = try file(
            "7,A cottage,h1,Home,120,3,310,35.6067,-82.55563", "8,A room,h1,Room,19.5,1,1,,",
            "9,Another,h2,Flat,1,365,1,-0.005,179.995")
        #expect(read.refused.isEmpty && read.rows == 3)
        #expect(read.hosts == ["h1", "h2"])
        #expect(read.listings.map(\.price.minor) == [12_000, 1_950, 100])
        #expect(read.listings.map(\.minimumNights) == [3, 1, 365])
        #expect(read.listings.map(\.kind) == ["home", "room", "home"])
        #expect(read.listings[0].place?.latitudeE7 == 356_100_000)
        #expect(read.listings[0].place?.longitudeE7 == -825_600_000)
        #expect(read.listings[1].place == nil)
        #expect(read.listings[2].place?.latitudeE7 == -100_000)
        #expect(read.listings[2].place?.longitudeE7 == 1_800_000_000)
    }

    /// The row, the reason and the column.
    @Test(
        "refuses each row that cannot be offered, with its reason",
        arguments: [
            ("1,t,h,Home,1,1,1,0", ListingRefusal.wrongFieldCount, nil),
            (",t,h,Home,1,1,1,0,0", .missingField, "id"),
            ("1,,h,Home,1,1,1,0,0", .missingField, "name"),
            ("1,t,h,Home,1,,1,0,0", .missingField, "least"),
            ("\"1\n\",t,h,Home,1,1,1,0,0", .badIdentifier, "id"),
            ("1,t, ,Home,1,1,1,0,0", .badIdentifier, "host"),
            ("1,\"\n \t\",h,Home,1,1,1,0,0", .emptyTitle, "name"),
            ("1,t,h,Boat,1,1,1,0,0", .unknownKind, "type"),
            ("1,t,h,Home,1,1,1,90.1,0", .unreadablePlace, "lat"),
            ("1,t,h,Home,1,1,1,0,", .unreadablePlace, "lon"),
            ("1,t,h,Home,free,1,1,0,0", .unreadablePrice, "price"),
            ("1,t,h,Home,0,1,1,0,0", .unreadablePrice, "price"),
            ("1,t,h,Home,-1,1,1,0,0", .unreadablePrice, "price"),
            ("1,t,h,Home,1.005,1,1,0,0", .unreadablePrice, "price"),
            ("1,t,h,Home,10000000.01,1,1,0,0", .unreadablePrice, "price"),
            ("1,t,h,Home,1,0,1,0,0", .unreadableNights, "least"),
            ("1,t,h,Home,1,366,1,0,0", .unreadableNights, "least"),
            ("1,t,h,Home,1,1.5,1,0,0", .unreadableNights, "least"),
            ("1,t,h,Home,1,1,many,0,0", .unreadableNights, "open"),
            ("1,t,h,Home,1,1,0,0,0", .notAvailable, "open"),
            ("0,t,h2,Home,1,1,1,0,0", .duplicateListing, "id"),
        ])
    func refusals(row: String, reason: ListingRefusal, column: String?) throws {
        let read = try file("0,t,h,Home,1,1,1,0,0", row)
        #expect(read.rows == 2 && read.listings.count == 1)
        #expect(read.refused == [RefusedListing(line: 3, column: column, reason: reason)])
    }

    @Test("every reason has a row above")
    func reasonsAreTested() {
        #expect(ListingRefusal.allCases.count == 10)
    }

    @Test(
        "keeps the words of a title, without what steers a terminal and within 64 bytes",
        arguments: [
            ("Cozy  apt near\nAirport\r\n", "Cozy apt near Airport"),
            ("\u{1b}[31mred\u{202e} room", "[31mred room"),
            (String(repeating: "é", count: 40), String(repeating: "é", count: 32)),
            (String(repeating: "x", count: 63) + "👩‍👩‍👧", String(repeating: "x", count: 63)),
            (String(repeating: "x", count: 63) + " yz", String(repeating: "x", count: 63)),
            ("🏃‍♂️ Walkable", "🏃‍♂️ Walkable"),
        ])
    func titles(given: String, kept: String) throws {
        let read = try file("1,\"\(given)\",h,Home,1,1,1,0,0")
        #expect(read.listings.map(\.title) == [kept])
        #expect(read.changedTitles == (given == kept ? 0 : 1))
    }

    @Test("of Inside Airbnb's form is all offered or refused")
    func committedExcerpt() throws {
        let folder = packageFolder + "/Examples/Data/"
        let read = try ListingFile(
            path: folder + "asheville-listings-2022.csv",
            mapping: ListingMapping(path: folder + "asheville-listings.mapping.json"))
        let report = ListingReport(read)
        #expect(report.rows == 40 && report.listings + read.refused.count == 40)
        #expect(
            report.refused.map { "\($0.reason.rawValue) \($0.rows.count)" }
                == ["notAvailable 6", "duplicateListing 1"])
        #expect(report.hosts == 24)
        #expect(try report.json().contains("\"loaded\"") == false)
    }
}
