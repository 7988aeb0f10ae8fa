import KoinonProtocol
import Testing

@testable import KoinonReplay

@Suite("Mapping files")
struct MappingTests {
    @Test func `what is left out has its default`() throws {
        let mapping = try mapping()
        #expect(mapping.operator.member.rawValue == "cycles")
        #expect(mapping.delimiter == UInt8(ascii: ","))
        #expect(mapping.time == TimeReading(form: .unixSeconds))
        #expect(mapping.pooledRiders.isEmpty)
        #expect(mapping.resources.titlePrefix.isEmpty)
        #expect(mapping.resources.capacity == nil)
        #expect(mapping.stations == nil)
        #expect(mapping.lease.tariff.minimumSteps == 1)
        #expect(mapping.lease.reducedDeposit == nil)
        #expect(mapping.lease.platformFee.share(of: Amount(minor: 1_000)) == .zero)
    }

    @Test func `the demo's mapping says what the demo says`() throws {
        let mapping = try Mapping(
            path: packageFolder + "/Examples/Data/healthyride.mapping.json")
        #expect(mapping.lease.tariff.price == Amount(minor: 200))
        #expect(mapping.lease.tariff.stepMilliseconds == 1_800_000)
        #expect(mapping.lease.deposit == Amount(minor: 2_000))
        #expect(mapping.lease.reducedDeposit?.afterSettled == 25)
        #expect(mapping.lease.reducedDeposit?.deposit == Amount(minor: 500))
        #expect(mapping.lease.platformFee.share(of: Amount(minor: 219)) == Amount(minor: 10))
        #expect(mapping.time.localShiftMinutes == 360)
        #expect(mapping.pooledRiders == [.riderType, .startStation])
    }

    /// The key to change, its value (nil removes it), the place and part of the message.
    @Test(
        "a slip of the pen is named with its place and the remedy",
        arguments: [
            ("format", "koinon/mapping/v9", "format", "this program reads"),
            ("format", nil, "format", "it is missing"),
            ("tarif", 1, "tarif", "known are: format, note, operator,"),
            ("columns.strat", "x", "columns.strat", "known are: trip, start, end,"),
            ("columns.start", nil, "columns.start", "it is missing"),
            ("columns.start", 5, "columns.start", "String"),
            ("operator.member", "Not A Slug", "operator.member", "no short name"),
            ("operator.title", "", "operator.title", "1 to 64 bytes"),
            ("operator.title", "a\tb", "operator.title", "control characters"),
            ("delimiter", ";;", "delimiter", "one ASCII character"),
            ("delimiter", "\"", "delimiter", "one ASCII character"),
            ("delimiter", "ä", "delimiter", "one ASCII character"),
            ("time.form", "yyyy-MM-dd", "time.form", "must have one of H"),
            ("time.form", "yyyy-MM-dd HH:mm", "time.zone", "it is missing"),
            ("time.form", "unix_second", "time.form", "Give iso8601, unix_seconds,"),
            ("time.zone", "Europe/Berlin", "time.zone", "Remove it"),
            ("time.local_shift_minutes", 5, "time.local_shift_minutes", "Remove it"),
            ("time.shift_weeks", "two", "time.shift_weeks", "whole number"),
            ("time.shift_weeks", 521, "time.shift_weeks", "520"),
            ("time.shift_weeks", Int.max, "time.shift_weeks", "520"),
            ("time.local_shift_minutes", Int.min, "time.local_shift_minutes", "1440"),
            ("pooled_riders", ["start_station"], "pooled_riders", "Remove one of the two"),
            ("columns.rider", nil, "pooled_riders", "List what names"),
            ("columns.bike", nil, "columns.start_station", "stations are what is leased"),
            ("resources.capacity", 3, "resources.capacity", "Remove it"),
            ("resources.title_prefix", "\n", "resources.title_prefix", "control characters"),
            ("resources.kind", nil, "resources.kind", "it is missing"),
            (
                "resources.title_prefix", String(repeating: "x", count: 33),
                "resources.title_prefix", "32 bytes"
            ),
            (
                "stations", ["file": "f", "station": "s", "latitude": "l"],
                "stations.longitude", "both columns or neither"
            ),
            ("lease.unit.scale", 19, "lease.unit.scale", "0 to 18"),
            ("lease.tariff.step_ms", 999, "lease.tariff.step_ms", "1000"),
            ("lease.tariff.price_minor", -1, "lease.tariff.price_minor", "whole number"),
            ("lease.tariff.price_minor", 1.5, "lease.tariff.price_minor", "whole number"),
            ("lease.tariff.price_minor", 1_000_000_001, "lease.tariff.price_minor", "1000000000"),
            ("lease.tariff.minimum_steps", 1_000_001, "lease.tariff.minimum_steps", "1000000"),
            ("lease.deposit_minor", nil, "lease.deposit_minor", "it is missing"),
            ("lease.tariff.step_ms", nil, "lease.tariff.step_ms", "it is missing"),
            ("lease.tariff.step_ms", "60000", "lease.tariff.step_ms", "without quotes"),
            (
                "lease.reduced_deposit", ["after_settled": 0, "deposit_minor": 1],
                "lease.reduced_deposit.after_settled", "at least 1"
            ),
            (
                "lease.reduced_deposit", ["after_settled": 1, "deposit_minor": 1_001],
                "lease.reduced_deposit.deposit_minor", "at most 1000"
            ),
            (
                "lease.platform_fee", ["numerator": 1, "denominator": 0],
                "lease.platform_fee.denominator", "at least 1"
            ),
            (
                "lease.platform_fee", ["numerator": 3, "denominator": 2],
                "lease.platform_fee.numerator", "at most the whole"
            ),
            ("lease.top_up_minor", 0, "lease.top_up_minor", "at least 1"),
        ] as [(String, (any Sendable)?, String, String)])
    func faults(key: String, value: (any Sendable)?, path: String, message: String) throws {
        let json = try mappingJSON([key: value])
        let fault = #expect(throws: MappingFault.self) { try Mapping(json: json, name: "m.json") }
        #expect(fault?.file == "m.json")
        #expect(fault?.path == path)
        #expect(fault?.message.contains(message) == true, "\(fault as Any)")
    }

    @Test(
        "a pattern that cannot be read is refused",
        arguments: [
            ("yy-MM-dd HH:mm", "\"yy\" has no meaning"),
            ("yyyy-MM-dd'T HH:mm", "not closed"),
            ("MM-dd HH:mm", "lacks yyyy"),
            ("yyyy-dd HH:mm", "lacks M"),
            ("yyyy-MM HH:mm", "lacks d"),
            ("yyyy-MM-dd h:mm", "h and a belong together"),
            ("yyyy-MM-dd H:mm a", "h and a belong together"),
            ("yyyy-MM-dd H h:mm a", "must have one of H"),
            ("yyyy-MM-dd HH:mm:mm", "stands twice"),
        ])
    func patternFaults(pattern: String, message: String) throws {
        let json = try mappingJSON(["time": ["form": pattern, "zone": "Europe/Berlin"]])
        let fault = #expect(throws: MappingFault.self) { try Mapping(json: json, name: "m.json") }
        #expect(fault?.path == "time.form")
        #expect(fault?.message.contains(message) == true, "\(fault as Any)")
    }

    @Test func `a zone that nobody knows is refused`() throws {
        let json = try mappingJSON(
            ["time": ["form": "M/d/yyyy H:mm", "zone": "Europe/Atlantis"]])
        let fault = #expect(throws: MappingFault.self) { try Mapping(json: json, name: "m.json") }
        #expect(fault?.path == "time.zone")
    }

    @Test func `what is no JSON is refused`() {
        let fault = #expect(throws: MappingFault.self) {
            try Mapping(json: bytes("{ \"format\": "), name: "m.json")
        }
        #expect(fault?.file == "m.json")
        #expect(throws: MappingFault.self) { try Mapping(path: "/nowhere/m.json") }
    }

    @Test(
        "money is shown by its unit",
        arguments: [
            (0, 2, "0.00 USD"), (5, 2, "0.05 USD"), (99_900, 2, "999.00 USD"),
            (100_000, 2, "1,000.00 USD"), (123_456_789, 2, "1,234,567.89 USD"),
            (1_234, 0, "1,234 USD"), (1_234, 4, "0.1234 USD"),
        ] as [(UInt64, UInt32, String)])
    func money(minor: UInt64, scale: UInt32, text: String) {
        let unit = LeaseTerms.Unit(id: "usd", title: "US dollar", scale: scale)
        #expect(unit.text(Amount(minor: minor)) == text)
    }

    @Test(
        "every step begun is charged, at least the minimum",
        arguments: [
            (0, 1, 100), (0, 0, 0), (1, 0, 100), (60_000, 0, 100), (60_001, 0, 200),
            (60_001, 3, 300), (604_800_000, 1, 1_008_000),
        ] as [(UInt64, UInt32, UInt64)])
    func charges(duration: UInt64, minimum: UInt32, expected: UInt64) throws {
        let tariff = LeaseTerms.Tariff(
            price: Amount(minor: 100), stepMilliseconds: 60_000, minimumSteps: minimum)
        #expect(tariff.charge(forMilliseconds: duration) == Amount(minor: expected))
    }
}
