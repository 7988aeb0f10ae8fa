/// Agreements as a calendar that other programs subscribe to (RFC 5545).
struct ICalendar {
    struct Event {
        var id: String
        var title: String
        var description: String
        var start: TimeView
        var end: TimeView
        var url: String
        var isCancelled: Bool
    }

    var name: String
    /// The ledger's time, so that the same ledger gives the same bytes.
    var stamp: TimeView
    var events: [Event]

    func text() -> String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Koinon//Bookings//EN",
            "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "X-WR-CALNAME:\(Self.escape(name))",
        ]
        for event in events {
            lines += [
                "BEGIN:VEVENT", "UID:\(event.id)", "DTSTAMP:\(Self.moment(stamp))",
                "DTSTART:\(Self.moment(event.start))", "DTEND:\(Self.moment(event.end))",
                "SUMMARY:\(Self.escape(event.title))",
                "DESCRIPTION:\(Self.escape(event.description))", "URL:\(event.url)",
                "STATUS:\(event.isCancelled ? "CANCELLED" : "CONFIRMED")", "END:VEVENT",
            ]
        }
        lines.append("END:VCALENDAR")
        return lines.map { Self.folded($0) + "\r\n" }.joined()
    }

    /// "20180101T123000Z".
    static func moment(_ time: TimeView) -> String {
        time.text.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f: break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Lines of at most 75 bytes; no character is cut apart.
    static func folded(_ line: String) -> String {
        var result = ""
        var length = 0
        for character in line.unicodeScalars {
            let bytes = String(character).utf8.count
            if length + bytes > 75 {
                result += "\r\n "
                length = 1
            }
            result.unicodeScalars.append(character)
            length += bytes
        }
        return result
    }
}
