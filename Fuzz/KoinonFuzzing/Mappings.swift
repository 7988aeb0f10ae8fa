import KoinonReplay

extension FuzzTarget {
    /// A mapping file, and some trips read through it.
    public static let mapping = FuzzTarget("mapping", maximumBytes: 16_384) { bytes in
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
        try TripProperties.check(csv: MappingProperties.trips(for: mapping), mapping: mapping)
    }
}

private enum MappingProperties {
    /// A file with the mapping's own columns and one line for each form of time.
    static func trips(for mapping: Mapping) -> [UInt8] {
        let columns = mapping.columns
        var names: [String] = []
        for name in [
            columns.trip, columns.start, columns.end, columns.bike, columns.rider,
            columns.riderType, columns.startStation, columns.endStation, columns.durationSeconds,
        ] {
            if let name, !names.contains(name) { names.append(name) }
        }
        let times = [
            "2026-05-01T08:00:00+02:00", "1772409600", "1772409600000", "5/1/2026 8:00",
            "01.05.2026 08:00:00", "2026-05-01 08:00:00", "99999999999", "-1",
        ]
        var lines = [names]
        for (index, time) in times.enumerated() {
            lines.append(
                names.map { name in
                    name == columns.start || name == columns.end ? time : "\(index)"
                })
        }
        let quote = UInt8(ascii: "\"")
        let text = lines.map { line in
            line.map { [quote] + $0.utf8.flatMap { $0 == quote ? [$0, $0] : [$0] } + [quote] }
                .joined(separator: [mapping.delimiter])
        }
        return Array(text.joined(separator: [UInt8(ascii: "\n")]))
    }
}
