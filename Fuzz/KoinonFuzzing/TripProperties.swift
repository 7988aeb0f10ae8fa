import KoinonReplay

/// What holds of any file of trips read through any mapping.
enum TripProperties {
    /// The columns of the seeds.
    static let mapping: Mapping = {
        let text = """
            {"format": "koinon/mapping/v1",
             "operator": {"member": "fuzz", "title": "Fuzz"},
             "columns": {"trip": "trip", "start": "start", "end": "end", "bike": "bike",
                         "rider": "rider", "start_station": "from", "duration_s": "seconds"},
             "time": {"form": "M/d/yyyy H:mm", "zone": "America/New_York"},
             "resources": {"kind": "bicycle", "kind_title": "Bicycle"},
             "lease": {"unit": {"id": "usd", "title": "US dollar", "scale": 2},
                       "tariff": {"price_minor": 100, "step_ms": 1800000},
                       "deposit_minor": 500, "top_up_minor": 1000}}
            """
        do { return try Mapping(json: Array(text.utf8), name: "fuzz.mapping.json") } catch {
            preconditionFailure("the mapping of the fuzz targets is none: \(error)")
        }
    }()

    /// Each row is settled or refused, and the money of the report adds up.
    static func check(csv: [UInt8], mapping: Mapping) throws {
        let report: CheckReport
        do {
            let file = try TripFile(csv: csv, name: "fuzz.csv", mapping: mapping)
            report = try TripPlan([file]).check()
        } catch let fault as CSVFault {
            return try hold(!fault.description.isEmpty, "a fault without a text")
        } catch let fault as MappingFault {
            return try hold(!fault.description.isEmpty, "a fault without a text")
        } catch let fault as PlanFault {
            return try hold(!fault.description.isEmpty, "a fault without a text")
        }
        try hold(!report.text().isEmpty, "a report without a text")
        _ = try report.json()
        for side in report.operators {
            try hold(side.settled + side.refusedCount == side.rows, "a row is counted otherwise")
            try hold(side.platformFeeMinor <= side.chargedMinor, "a fee above the charge")
            try hold(
                side.busiest.reduce(0) { $0 + $1.settled } <= side.settled,
                "the busiest have more trips than there are")
        }
    }
}
