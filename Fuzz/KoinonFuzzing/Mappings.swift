import KoinonReplay

extension FuzzTarget {
    /// A mapping file of trips or of listings, and some rows read through it.
    public static let mapping = FuzzTarget("mapping", maximumBytes: 16_384) { bytes in
        try MappingProperties.checkTrips(bytes)
        try MappingProperties.checkListings(bytes)
    }
}

private enum MappingProperties {
    static func checkTrips(_ bytes: [UInt8]) throws {
        func read() throws(Violation) -> Mapping? {
            try taken { () throws(MappingFault) in try Mapping(json: bytes, name: "fuzz.json") }
        }
        guard let mapping = try read() else { return }
        try hold(try read() == mapping, "one text is read in two ways")
        let tariff = mapping.lease.tariff
        try hold(
            mapping.delimiter < 0x80 && (1_000...31_536_000_000).contains(tariff.stepMilliseconds)
                && tariff.price.minor <= 1_000_000_000 && mapping.lease.topUp > .zero
                && mapping.lease.platformFee.numerator <= mapping.lease.platformFee.denominator
                && mapping.lease.unit.scale <= 18 && mapping.operator.title.utf8.count <= 64,
            "taken beyond a limit")
        // Prices of the longest bookings, and shares of the largest amounts.
        for duration in [0, 1, 604_800_000] as [UInt64] {
            let charge = tariff.charge(forMilliseconds: duration)
            try hold(
                mapping.lease.platformFee.share(of: charge) <= charge
                    && !mapping.lease.unit.text(charge).isEmpty, "a fee above the charge")
        }
        try TripProperties.check(csv: rows(for: mapping), mapping: mapping)
    }

    static func checkListings(_ bytes: [UInt8]) throws(Violation) {
        func read() throws(Violation) -> ListingMapping? {
            try taken { () throws(MappingFault) in
                try ListingMapping(json: bytes, name: "fuzz.json")
            }
        }
        guard let mapping = try read() else { return }
        try hold(try read() == mapping, "one text is read in two ways")
        try hold(
            mapping.delimiter < 0x80 && (0...3).contains(mapping.placeDecimals)
                && mapping.terms.unit.scale <= 6 && !mapping.kinds.isEmpty
                && mapping.terms.deposit.minor <= 1_000_000_000
                && mapping.terms.platformFee.numerator <= mapping.terms.platformFee.denominator,
            "taken beyond a limit")
        let columns = mapping.columns
        let kind = mapping.kinds.first?.value ?? ""
        let csv = rows(
            of: [
                columns.listing, columns.title, columns.host, columns.kind, columns.price,
                columns.minimumNights, columns.availableNights, columns.latitude,
                columns.longitude,
            ], delimiter: mapping.delimiter
        ) { name, index in
            name == columns.kind ? kind : name == columns.price ? "\(index).5" : "\(index)"
        }
        try ListingProperties.check(csv: csv, mapping: mapping)
    }

    /// A file with the mapping's own columns and one line for each form of time.
    private static func rows(for mapping: Mapping) -> [UInt8] {
        let columns = mapping.columns
        let times = [
            "2026-05-01T08:00:00+02:00", "1772409600", "1772409600000", "5/1/2026 8:00",
            "01.05.2026 08:00:00", "2026-05-01 08:00:00", "99999999999", "-1",
        ]
        return rows(
            of: [
                columns.trip, columns.start, columns.end, columns.bike, columns.rider,
                columns.riderType, columns.startStation, columns.endStation,
                columns.durationSeconds,
            ], delimiter: mapping.delimiter
        ) { name, index in
            name == columns.start || name == columns.end ? times[index] : "\(index)"
        }
    }

    /// Eight rows below the names that there are, each once; every field in quotes.
    private static func rows(
        of columns: [String?], delimiter: UInt8, _ field: (String, Int) -> String
    ) -> [UInt8] {
        var names: [String] = []
        for case let name? in columns where !names.contains(name) { names.append(name) }
        let lines = [names] + (0..<8).map { index in names.map { field($0, index) } }
        let quote = UInt8(ascii: "\"")
        let text = lines.map { line in
            line.map { [quote] + $0.utf8.flatMap { $0 == quote ? [$0, $0] : [$0] } + [quote] }
                .joined(separator: [delimiter])
        }
        return Array(text.joined(separator: [UInt8(ascii: "\n")]))
    }
}
