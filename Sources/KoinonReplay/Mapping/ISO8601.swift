/// Times of ISO 8601 with their own offset, in the profile of RFC 3339 §5.6 widened by
/// what operators' files hold: a space for the `T`, seconds left out, an offset without
/// colon.
enum ISO8601 {
    /// Milliseconds since 1970-01-01 00:00 UTC; nil when the text is no such time, above
    /// all when it has no offset.
    static func milliseconds(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var scanner = TextScanner(bytes)
        guard let time = civilTime(&scanner), let local = time.milliseconds,
            let offset = offsetMinutes(&scanner), scanner.isAtEnd
        else { return nil }
        return local - Int64(offset) * 60_000
    }

    private static func civilTime(_ scanner: inout TextScanner) -> CivilTime? {
        var time = CivilTime()
        guard let year = scanner.takeDigits(4, 4), scanner.take(UInt8(ascii: "-")),
            let month = scanner.takeDigits(2, 2), scanner.take(UInt8(ascii: "-")),
            let day = scanner.takeDigits(2, 2),
            scanner.take(UInt8(ascii: "T")) || scanner.take(UInt8(ascii: "t"))
                || scanner.take(UInt8(ascii: " ")),
            let hour = scanner.takeDigits(2, 2), scanner.take(UInt8(ascii: ":")),
            let minute = scanner.takeDigits(2, 2)
        else { return nil }
        (time.year, time.month, time.day, time.hour, time.minute) = (year, month, day, hour, minute)
        if scanner.take(UInt8(ascii: ":")) {
            guard let second = scanner.takeDigits(2, 2) else { return nil }
            time.second = second
            if scanner.take(UInt8(ascii: ".")) || scanner.take(UInt8(ascii: ",")) {
                guard let thousandths = scanner.takeThousandths() else { return nil }
                time.millisecond = thousandths
            }
        }
        return time
    }

    private static func offsetMinutes(_ scanner: inout TextScanner) -> Int? {
        if scanner.take(UInt8(ascii: "Z")) || scanner.take(UInt8(ascii: "z")) { return 0 }
        let isWest = scanner.take(UInt8(ascii: "-"))
        guard isWest || scanner.take(UInt8(ascii: "+")),
            let hours = scanner.takeDigits(2, 2), hours <= 23
        else { return nil }
        _ = scanner.take(UInt8(ascii: ":"))
        guard let minutes = scanner.takeDigits(2, 2), minutes <= 59 else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }
}
