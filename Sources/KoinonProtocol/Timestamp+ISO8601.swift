extension Timestamp {
    /// Reads an ISO 8601 time with its zone, as RFC 3339 profiles it:
    /// "2018-01-01T22:19:00Z", "2018-01-01T22:19:00.250+01:00"; seconds may be left out.
    ///
    /// Nil for anything else: no zone, a day that the month does not have, a leap second,
    /// more than three decimals, a moment before 1970 or after ``maximum``.
    public init?(iso8601 text: String) {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2), reader.take("T") || reader.take("t"),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2)
        else { return nil }
        var second = 0
        var milliseconds = 0
        if reader.take(":") {
            guard let number = reader.number(2) else { return nil }
            second = number
            if reader.take(".") {
                guard let fraction = reader.milliseconds() else { return nil }
                milliseconds = fraction
            }
        }
        guard let offset = reader.zoneMinutes(), reader.rest.isEmpty,
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let minutes = (Self.day(year, month, day) * 24 + hour) * 60 + minute - offset
        let total = (minutes * 60 + second) * 1000 + milliseconds
        guard total >= 0, UInt64(total) <= Self.maximum.milliseconds else { return nil }
        self.init(milliseconds: UInt64(total))
    }

    /// In UTC with "Z"; milliseconds only when there are any. Beyond ``maximum`` the number.
    public var iso8601: String {
        guard self <= Self.maximum else { return String(milliseconds) }
        let (year, month, day) = Self.civil(day: Int(utcDay))
        let rest = Int(milliseconds % 86_400_000)
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
        let seconds = rest / 1000
        let time =
            "\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
        let fraction = rest % 1000 == 0 ? "" : ".\(digits(rest % 1000, 3))"
        return "\(date)T\(time)\(fraction)Z"
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970-01-01 in the Gregorian calendar. Counts years from March, so that
    /// the leap day is the last (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    /// The inverse, for days from 1970 on.
    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard let byte = rest.first, UInt32(byte) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        /// Exactly so many digits.
        mutating func number(_ count: Int) -> Int? {
            guard rest.count >= count else { return nil }
            var value = 0
            for byte in rest.prefix(count) {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            rest.removeFirst(count)
            return value
        }

        /// One to three decimals.
        mutating func milliseconds() -> Int? {
            var value = 0
            var weight = 100
            while weight > 0, let digit = number(1) {
                value += digit * weight
                weight /= 10
            }
            return weight == 100 ? nil : value
        }

        mutating func zoneMinutes() -> Int? {
            if take("Z") || take("z") { return 0 }
            let sign: Int
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = number(2), take(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}
