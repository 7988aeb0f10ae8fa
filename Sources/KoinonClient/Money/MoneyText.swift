import KoinonProtocol

/// Why a text is no amount of money.
public enum MoneyTextFault: Error, Equatable, CustomStringConvertible {
    case form(String)
    case unknownUnit(String)
    case decimals(text: String, unit: String, scale: Int)
    case tooMuch(text: String)

    public var description: String {
        switch self {
        case .form(let text):
            "\"\(text.prefix(40))\" is no amount; write digits, a point for decimals and the "
                + "unit, for instance \"12.50 usd\""
        case .unknownUnit(let unit):
            "there is no unit \"\(unit)\" on this ledger; see `koinon query units`"
        case .decimals(let text, let unit, let scale):
            "\"\(text.prefix(40))\" is finer than \(unit), which has \(scale) decimal places"
        case .tooMuch(let text):
            "\"\(text.prefix(40))\" is more than the ledger counts; at most 2^63 − 1 of the "
                + "unit's smallest part"
        }
    }
}

/// Amounts as people write them: "12.50 usd" is 1250 of a unit with scale 2.
///
/// Exact both ways; never rounds, never a floating-point number. The decimal sign is a
/// point everywhere, whatever the language of the machine.
public enum MoneyText {
    /// - Parameter scale: decimal places of the unit.
    public static func format(_ amount: Amount, unit: String, scale: Int) -> String {
        "\(format(amount, scale: scale)) \(unit)"
    }

    /// Without the unit: "12.50".
    public static func format(_ amount: Amount, scale: Int) -> String {
        guard scale > 0 else { return String(amount.minor) }
        let digits = String(amount.minor)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return "\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    /// Reads an amount with its unit, apart by a space.
    ///
    /// - Parameter scale: decimal places of a unit, nil when there is none of that name.
    /// - Throws: ``MoneyTextFault``
    public static func parse(
        _ text: String, scale: (String) -> Int?
    ) throws(MoneyTextFault) -> (amount: Amount, unit: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .form(text) }
        let unit = String(parts[1])
        guard Slug.isValid(unit) else { throw .form(text) }
        guard let scale = scale(unit) else { throw .unknownUnit(unit) }
        return (try parse(String(parts[0]), unit: unit, scale: scale), unit)
    }

    /// Reads "12.50"; fewer decimals than the unit has are fine, more are refused.
    ///
    /// - Throws: ``MoneyTextFault``
    public static func parse(
        _ text: String, unit: String, scale: Int
    ) throws(MoneyTextFault) -> Amount {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let whole = Array(parts[0])
        let decimals = parts.count == 2 ? Array(parts[1]) : []
        let zero = UInt8(ascii: "0")
        let isNumber =
            !whole.isEmpty && (parts.count == 1 || !decimals.isEmpty)
            && (whole + decimals).allSatisfy { $0 >= zero && $0 <= UInt8(ascii: "9") }
        guard isNumber else { throw .form(text) }
        guard decimals.count <= scale else {
            throw .decimals(text: text, unit: unit, scale: scale)
        }
        var minor: UInt64 = 0
        let padding = repeatElement(zero, count: scale - decimals.count)
        for digit in whole + decimals + padding {
            let (product, overflow) = minor.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit - zero))
            guard !overflow, !carried, sum <= Amount.maximum.minor else {
                throw .tooMuch(text: text)
            }
            minor = sum
        }
        return Amount(minor: minor)
    }
}
