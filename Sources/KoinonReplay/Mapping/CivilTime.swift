/// A date and time of day of the Gregorian calendar, with no zone.
struct CivilTime: Hashable, Sendable {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var millisecond = 0

    /// Milliseconds since 1970-01-01 00:00 of the same clock; nil when there is no such
    /// day or time, or the year is not within 1…9999. Leap seconds are not counted.
    var milliseconds: Int64? {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...Self.days(inMonth: month, of: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            (0...999).contains(millisecond)
        else { return nil }
        let seconds = daysSince1970 * 86_400 + hour * 3_600 + minute * 60 + second
        return Int64(seconds) * 1_000 + Int64(millisecond)
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil:
    /// years are counted from March, so that the leap day is a year's last.
    private var daysSince1970: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
