import KoinonProtocol
import Testing

@Suite("Amounts and times")
struct QuantitiesTests {
    @Test("sums end at 2^63 − 1, whatever the summands")
    func sums() {
        let maximum = Amount.maximum
        #expect(maximum.minor == 9_223_372_036_854_775_807)
        #expect(Amount(minor: 2).adding(Amount(minor: 3)) == Amount(minor: 5))
        #expect(maximum.adding(.zero) == maximum)
        #expect(maximum.adding(Amount(minor: 1)) == nil)
        #expect(Amount(minor: maximum.minor - 1).adding(Amount(minor: 1)) == maximum)
        #expect(Amount(minor: .max).adding(Amount(minor: 1)) == nil, "wraps in 64 bits")
        #expect(Amount(minor: .max).adding(Amount(minor: .max)) == nil)
    }

    @Test("nothing goes below zero")
    func differences() {
        #expect(Amount(minor: 5).subtracting(Amount(minor: 5)) == .zero)
        #expect(Amount(minor: 5).subtracting(Amount(minor: 6)) == nil)
        #expect(Amount.zero.subtracting(.maximum) == nil)
    }

    @Test(
        "ISO 8601 times with a zone are read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2018-01-01T22:19:00Z", 1_514_845_140_000),
            ("2018-01-01T22:19Z", 1_514_845_140_000),
            ("2018-01-01T23:19:00+01:00", 1_514_845_140_000),
            ("2018-01-01T16:19:00-06:00", 1_514_845_140_000),
            ("2018-01-01t22:19:00.25z", 1_514_845_140_250),
            ("2018-01-01T22:19:00.007Z", 1_514_845_140_007),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2100-02-28T23:59:59.999Z", 4_107_542_399_999),
            ("1970-01-01T01:00:00+01:00", 0), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, UInt64)])
    func readsTimes(text: String, milliseconds: UInt64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "2018-01-01", "2018-01-01T22:19:00", "2018-01-01 22:19:00Z", "2018-1-1T22:19:00Z",
            "2018-13-01T00:00:00Z", "2018-00-01T00:00:00Z", "2018-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "2018-04-31T00:00:00Z", "2018-01-00T00:00:00Z",
            "2018-01-01T24:00:00Z", "2018-01-01T23:60:00Z", "2018-12-31T23:59:60Z",
            "2018-01-01T22:19:00.Z", "2018-01-01T22:19:00.1234Z", "2018-01-01T22:19:00+24:00",
            "2018-01-01T22:19:00+01:60", "2018-01-01T22:19:00+0100", "2018-01-01T22:19:00Zx",
            "1969-12-31T23:59:59Z", "1970-01-01T00:30:00+01:00", "9999-12-31T23:59:59-01:00",
            "+018-01-01T22:19:00Z", "２018-01-01T22:19:00Z",
        ])
    func refusesTimes(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("every day of 1970 to 2400 is written and read as the calendar counts it")
    func calendar() {
        var year = 1970
        var month = 1
        var day = 1
        for index in UInt64(0)..<157_000 {
            let text = Timestamp(milliseconds: index * 86_400_000).iso8601
            let wanted = [year, month, day].map { $0 < 10 ? "0\($0)" : "\($0)" }
                .joined(separator: "-")
            guard text == wanted + "T00:00:00Z", Timestamp(iso8601: text)?.utcDay == index else {
                Issue.record("day \(index) is \(text), not \(wanted)")
                return
            }
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(year == 2399)
    }

    @Test("milliseconds are written only when there are any")
    func writesTimes() {
        #expect(Timestamp(milliseconds: 1_514_845_140_000).iso8601 == "2018-01-01T22:19:00Z")
        #expect(Timestamp(milliseconds: 1_514_845_140_007).iso8601 == "2018-01-01T22:19:00.007Z")
        #expect(Timestamp.maximum.iso8601 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 253_402_300_800_000).iso8601 == "253402300800000")
    }
}
