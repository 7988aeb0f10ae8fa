import Foundation
import Testing

@testable import KoinonReplay

@Suite("Reading times")
struct TimeReadingTests {
    private func read(_ text: String, _ reading: TimeReading) throws -> Int64? {
        try TimeReader(reading).milliseconds(bytes(text)[...])
    }

    /// Expected moments are those of `date -u -d TEXT +%s`.
    @Test(
        "ISO 8601 names its moment by itself",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2018-03-25T01:00:00Z", 1_521_939_600_000),
            ("2018-03-25T03:00:00+02:00", 1_521_939_600_000),
            ("2018-03-24 21:00:00-0400", 1_521_939_600_000),
            ("2018-03-25t01:00z", 1_521_939_600_000),
            ("2018-03-25T01:00:00.25Z", 1_521_939_600_250),
            ("2018-03-25T01:00:00,123987Z", 1_521_939_600_123),
            ("2020-02-29T23:59:59Z", 1_583_020_799_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("1969-12-31T23:59:59Z", -1_000),
            ("2018-03-25T01:00:00", nil),
            ("2018-03-25", nil),
            ("2018-02-29T00:00:00Z", nil),
            ("1900-02-29T00:00:00Z", nil),
            ("2018-13-01T00:00:00Z", nil),
            ("2018-00-01T00:00:00Z", nil),
            ("2018-04-31T00:00:00Z", nil),
            ("2018-03-25T24:00:00Z", nil),
            ("2018-03-25T01:60:00Z", nil),
            ("2018-03-25T01:00:60Z", nil),
            ("2018-03-25T01:00:00.Z", nil),
            ("2018-03-25T01:00:00+25:00", nil),
            ("2018-03-25T01:00:00+02:60", nil),
            ("2018-03-25T01:00:00Z ", nil),
            ("0000-01-01T00:00:00Z", nil),
            ("", nil),
        ] as [(String, Int64?)])
    func iso8601(text: String, expected: Int64?) throws {
        #expect(try read(text, TimeReading(form: .iso8601)) == expected)
    }

    @Test(
        "Unix time may have a fraction",
        arguments: [
            ("1606797135", 1_606_797_135_000), ("1606797135.5", 1_606_797_135_500),
            ("1606797135.1239", 1_606_797_135_123), ("-1", -1_000), ("1606797135.", nil),
            ("", nil), ("12a", nil), ("1e9", nil), ("9999999999999", nil),
        ] as [(String, Int64?)])
    func unix(text: String, expected: Int64?) throws {
        #expect(try read(text, TimeReading(form: .unixSeconds)) == expected)
    }

    @Test func `Unix milliseconds are whole`() throws {
        let reading = TimeReading(form: .unixMilliseconds)
        #expect(try read("160679713512", reading) == 160_679_713_512)
        #expect(try read("160679713512.5", reading) == nil)
    }

    /// Expected moments are those of `TZ=Europe/Berlin date -d TEXT +%s`, but for the
    /// times skipped, which it refuses, and those shown twice, where it takes the later.
    @Test(
        "a zone's clock is read on both sides of its changes",
        arguments: [
            ("1/1/2018 17:19", 1_514_823_540),
            ("3/25/2018 1:59", 1_521_939_540),
            ("3/25/2018 3:00", 1_521_939_600),
            // Skipped: read by the offset before the change, as far after it as it says.
            ("3/25/2018 2:00", 1_521_939_600),
            ("3/25/2018 2:30", 1_521_941_400),
            ("3/25/2018 12:00", 1_521_972_000),
            ("10/28/2018 1:59", 1_540_684_740),
            // Shown twice: the earlier.
            ("10/28/2018 2:00", 1_540_684_800),
            ("10/28/2018 2:59", 1_540_688_340),
            ("10/28/2018 3:00", 1_540_692_000),
            ("10/28/2018 12:00", 1_540_724_400),
            ("10/29/2018 1:00", 1_540_771_200),
        ])
    func berlin(text: String, seconds: Int64) throws {
        let reading = TimeReading(form: .local(pattern: "M/d/yyyy H:mm", zone: "Europe/Berlin"))
        #expect(try read(text, reading) == seconds * 1_000)
    }

    @Test func `the local shift comes before the zone, the weeks after it`() throws {
        var reading = TimeReading(form: .local(pattern: "M/d/yyyy H:mm", zone: "Europe/Berlin"))
        // Six hours on, the clock skips from 2:00 to 3:00.
        reading.localShiftMinutes = 360
        #expect(try read("3/24/2018 20:59", reading) == 1_521_943_140_000)
        #expect(try read("3/24/2018 21:00", reading) == 1_521_939_600_000)
        reading.shiftWeeks = -152
        #expect(try read("3/24/2018 21:00", reading) == 1_521_939_600_000 - 152 * 604_800_000)
    }

    @Test(
        "patterns",
        arguments: [
            ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2018-03-25T01:00:00.5", 1_521_939_600_500),
            ("yyyy-MM-dd'T'HH:mm:ss.SSS", "2018-3-25T01:00:00.5", nil),
            ("dd.MM.yyyy, HH:mm", "25.03.2018, 01:00", 1_521_939_600_000),
            ("dd.MM.yyyy, HH:mm", "25.03.2018 01:00", nil),
            ("M/d/yyyy h:mm a", "3/25/2018 1:00 AM", 1_521_939_600_000),
            ("M/d/yyyy h:mm a", "3/25/2018 1:00 pm", 1_521_982_800_000),
            ("M/d/yyyy h:mm a", "3/25/2018 12:00 AM", 1_521_936_000_000),
            ("M/d/yyyy h:mm a", "3/25/2018 12:00 PM", 1_521_979_200_000),
            ("M/d/yyyy h:mm a", "3/25/2018 13:00 PM", nil),
            ("M/d/yyyy h:mm a", "3/25/2018 1:00 XM", nil),
            ("M/d/yyyy H:mm", "3/25/2018 1:0", nil),
            ("M/d/yyyy H:mm", "3/25/2018 1:000", nil),
            ("M/d/yyyy H:mm", "2/30/2018 1:00", nil),
        ] as [(String, String, Int64?)])
    func patterns(pattern: String, text: String, expected: Int64?) throws {
        #expect(
            try read(text, TimeReading(form: .local(pattern: pattern, zone: "UTC"))) == expected)
    }

    @Test func `days are counted as Foundation counts them`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for year in [1970, 1972, 1999, 2000, 2001, 2100, 2400, 9999] {
            for (month, day) in [(1, 1), (2, 28), (3, 1), (6, 30), (12, 31)] {
                let date = calendar.date(
                    from: DateComponents(year: year, month: month, day: day, hour: 5))
                #expect(
                    CivilTime(year: year, month: month, day: day, hour: 5).milliseconds
                        == date.map { Int64($0.timeIntervalSince1970) * 1_000 })
            }
        }
    }
}
