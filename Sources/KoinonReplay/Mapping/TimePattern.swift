/// How local times are written, by the letters of Unicode Technical Standard 35 that
/// such files need:
///
/// | letters | meaning |
/// |---|---|
/// | `yyyy` | year, four digits |
/// | `M`, `MM` | month, 1 or 2 digits; exactly 2 |
/// | `d`, `dd` | day |
/// | `H`, `HH` | hour, 0 to 23 |
/// | `h`, `hh` | hour, 1 to 12, with `a` |
/// | `a` | AM or PM |
/// | `m`, `mm` | minute |
/// | `s`, `ss` | second |
/// | `SSS` | thousandths, from any number of digits |
///
/// Text in single quotes and everything that is not a letter stands for itself.
struct TimePattern: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case literal(UInt8)
        case number(Field, minimum: Int, maximum: Int)
        case thousandths
        case halfOfDay
    }

    private enum Field: Hashable, Sendable { case year, month, day, hour, hour12, minute, second }

    private var parts: [Part] = []

    /// Why a text is no pattern.
    struct Fault: Error { var message: String }

    init(_ text: String) throws(Fault) {
        var letters = Array(text.utf8)[...]
        while let letter = letters.first {
            let run = letters.prefix { $0 == letter }
            if letter == UInt8(ascii: "'") {
                parts += try Self.quoted(&letters)
            } else if Self.isLetter(letter) {
                parts.append(try Self.part(letter, run.count))
                letters.removeFirst(run.count)
            } else {
                parts.append(.literal(letters.removeFirst()))
            }
        }
        try check()
    }

    /// The time that a field holds; nil when it is not written this way.
    func read(_ bytes: ArraySlice<UInt8>) -> CivilTime? {
        var scanner = TextScanner(bytes)
        var time = CivilTime()
        var isAfternoon: Bool?
        for part in parts {
            switch part {
            case .literal(let byte):
                guard scanner.take(byte) else { return nil }
            case .thousandths:
                guard let value = scanner.takeThousandths() else { return nil }
                time.millisecond = value
            case .halfOfDay:
                guard let value = scanner.takeHalfOfDay() else { return nil }
                isAfternoon = value
            case .number(let field, let minimum, let maximum):
                guard let value = scanner.takeDigits(minimum, maximum) else { return nil }
                switch field {
                case .year: time.year = value
                case .month: time.month = value
                case .day: time.day = value
                case .hour, .hour12: time.hour = value
                case .minute: time.minute = value
                case .second: time.second = value
                }
            }
        }
        if let isAfternoon {
            guard (1...12).contains(time.hour) else { return nil }
            time.hour = time.hour % 12 + (isAfternoon ? 12 : 0)
        }
        return scanner.isAtEnd ? time : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func quoted(_ letters: inout ArraySlice<UInt8>) throws(Fault) -> [Part] {
        letters.removeFirst()
        let text = letters.prefix { $0 != UInt8(ascii: "'") }
        letters.removeFirst(text.count)
        guard !letters.isEmpty else {
            throw Fault(message: "a single quote is not closed")
        }
        letters.removeFirst()
        return text.map { .literal($0) }
    }

    private static func part(_ letter: UInt8, _ count: Int) throws(Fault) -> Part {
        let field: Field
        switch (Character(UnicodeScalar(letter)), count) {
        case ("y", 4): return .number(.year, minimum: 4, maximum: 4)
        case ("S", 3): return .thousandths
        case ("a", 1): return .halfOfDay
        case ("M", 1...2): field = .month
        case ("d", 1...2): field = .day
        case ("H", 1...2): field = .hour
        case ("h", 1...2): field = .hour12
        case ("m", 1...2): field = .minute
        case ("s", 1...2): field = .second
        default:
            let run = String(repeating: Character(UnicodeScalar(letter)), count: count)
            throw Fault(message: "\"\(run)\" has no meaning in a pattern")
        }
        return .number(field, minimum: count, maximum: 2)
    }

    private func check() throws(Fault) {
        let fields: [Field] = parts.compactMap {
            if case .number(let field, _, _) = $0 { field } else { nil }
        }
        for (field, letters) in [(Field.year, "yyyy"), (.month, "M"), (.day, "d")]
        where !fields.contains(field) {
            throw Fault(message: "the pattern lacks \(letters)")
        }
        guard fields.contains(.hour) != fields.contains(.hour12) else {
            throw Fault(message: "the pattern must have one of H, and h with a")
        }
        guard fields.contains(.hour12) == parts.contains(.halfOfDay) else {
            throw Fault(message: "h and a belong together")
        }
        guard Set(fields).count == fields.count else {
            throw Fault(message: "a part of the time stands twice in the pattern")
        }
    }
}
