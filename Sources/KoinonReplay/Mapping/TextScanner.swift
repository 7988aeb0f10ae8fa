/// Walks over the bytes of one field.
struct TextScanner {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }
    var next: UInt8? { rest.first }

    /// Takes one byte if it is this one.
    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    /// Takes as many decimal digits as there are, between `minimum` and `maximum`.
    mutating func takeDigits(_ minimum: Int, _ maximum: Int) -> Int? {
        var value = 0
        var count = 0
        while count < maximum, let byte = rest.first, (0x30...0x39).contains(byte) {
            value = value * 10 + Int(byte - 0x30)
            rest.removeFirst()
            count += 1
        }
        return count >= minimum ? value : nil
    }

    /// Takes a fraction's digits, any number of them, and gives thousandths, rounded down.
    mutating func takeThousandths() -> Int? {
        guard var value = takeDigits(1, 1) else { return nil }
        for _ in 0..<2 { value = value * 10 + (takeDigits(1, 1) ?? 0) }
        while takeDigits(1, 1) != nil {}
        return value
    }

    /// Takes one of "AM" and "PM", in letters of any size: true for the second.
    mutating func takeHalfOfDay() -> Bool? {
        guard let first = rest.first, rest.count >= 2 else { return nil }
        let second = rest[rest.startIndex + 1]
        guard second | 0x20 == UInt8(ascii: "m") else { return nil }
        switch first | 0x20 {
        case UInt8(ascii: "a"): rest.removeFirst(2); return false
        case UInt8(ascii: "p"): rest.removeFirst(2); return true
        default: return nil
        }
    }
}

extension TextScanner {
    /// A decimal number with a sign and a fraction if it likes, as a whole number of
    /// `10^-digits`; further digits are dropped, but a whole number
    /// (`digits` 0) has no fraction. Nil when the text is anything else.
    static func fixedPoint(_ bytes: ArraySlice<UInt8>, digits: Int) -> Int64? {
        var scanner = TextScanner(bytes)
        let isNegative = scanner.take(UInt8(ascii: "-"))
        guard var value = scanner.takeDigits(1, 12) else { return nil }
        let hasFraction = scanner.take(UInt8(ascii: "."))
        if hasFraction && (digits == 0 || scanner.isAtEnd) { return nil }
        for _ in 0..<digits {
            // 12 digits before the point and at most 6 or 7 after: within 63 bits.
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = scaled + (hasFraction ? scanner.takeDigits(1, 1) ?? 0 : 0)
        }
        if hasFraction { while scanner.takeDigits(1, 1) != nil {} }
        return scanner.isAtEnd ? Int64(isNegative ? -value : value) : nil
    }
}
