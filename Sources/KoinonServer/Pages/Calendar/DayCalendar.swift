/// An offer's free time by days, five weeks from the Monday of the present one, in UTC.
struct DayCalendar {
    static let weeks: UInt64 = 5
    private static let day: UInt64 = 86_400_000

    let texts: Texts
    /// The ledger's time.
    let now: UInt64

    /// Where the calendar begins: 1970-01-01 was a Thursday.
    var from: UInt64 {
        let today = now / Self.day
        return (today - (today + 3) % 7) * Self.day
    }

    var until: UInt64 { from + 7 * Self.weeks * Self.day }

    func weekdays() -> [PageModel] {
        (1...7).map { ["name": texts("weekday.\($0)")] }
    }

    func days(_ calendar: CalendarView) -> [PageModel] {
        (0..<7 * Self.weeks).map { index in
            let begin = from + index * Self.day
            let state = state(of: begin, in: calendar)
            let date = TimeView(ms: begin).text.prefix(10)
            let words = texts("offer.day_\(state)")
            let number = Int(date.suffix(2)) ?? 0
            var day: PageModel = [
                "state": state, "day": String(number), "words": words,
                "label": "\(date): \(words)",
            ]
            if index == 0 || number == 1, let month = Int(date.prefix(7).suffix(2)) {
                day["month"] = texts("month.\(month)")
            }
            return day
        }
    }

    private func state(of begin: UInt64, in calendar: CalendarView) -> String {
        let end = begin + Self.day
        guard end > now else { return "closed" }
        let parts = calendar.stretches.filter { $0.from.ms < end && $0.until.ms > max(begin, now) }
        if parts.isEmpty || parts.allSatisfy({ $0.quantity == 0 }) { return "taken" }
        return parts.contains { $0.quantity == 0 } ? "partly" : "free"
    }

    /// Stretches in which nothing is left, from now on.
    func busy(_ calendar: CalendarView) -> [PageModel] {
        let taken = calendar.stretches.filter { $0.quantity == 0 && $0.until.ms > now }
        return taken.prefix(12).map { stretch -> PageModel in
            ["from": texts.time(stretch.from), "to": texts.time(stretch.until)]
        }
    }
}
