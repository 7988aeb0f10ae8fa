import KoinonMachine
import KoinonReplay

/// What holds of any file of listings read through any mapping.
enum ListingProperties {
    /// Columns of the seeds; the title stands where trips have their start.
    static let mapping: ListingMapping = {
        let text = """
            {"format": "koinon/listings/v1",
             "columns": {"listing": "trip", "title": "start", "host": "rider", "kind": "bike",
                         "price": "seconds"},
             "kinds": [{"value": "b1", "kind": "home", "title": "Home"}],
             "terms": {"unit": {"id": "usd", "title": "US dollar", "scale": 2},
                       "deposit_minor": 500}}
            """
        do { return try ListingMapping(json: Array(text.utf8), name: "fuzz.listings.json") } catch {
            preconditionFailure("the mapping of the fuzz targets is none: \(error)")
        }
    }()

    /// Each row is a listing that the ledger can take, or refused.
    static func check(csv: [UInt8], mapping: ListingMapping) throws(Violation) {
        let file = try taken { () throws(CSVFault) in
            try ListingFile(csv: csv, name: "fuzz.csv", mapping: mapping)
        }
        guard let file else { return }
        try hold(
            file.listings.count + file.refused.count == file.rows, "a row is counted otherwise")
        for listing in file.listings {
            try hold(
                TextCheck.isTitle(listing.title) && (1...365).contains(listing.minimumNights)
                    && (1...1_000_000_000).contains(listing.price.minor)
                    && abs(listing.place?.latitudeE7 ?? 0) <= 900_000_000
                    && abs(listing.place?.longitudeE7 ?? 0) <= 1_800_000_000,
                "a listing that the ledger would refuse")
        }
        try hold(!ListingReport(file).text().isEmpty, "a report without a text")
    }
}
